import RandomNumbers

/// One patient's abdomen as shapes: the body, bones, lungs and bowel around the organs, all in mm from the centre of the
/// first lumbar vertebra, x to the right, y to the front, z to the head.
struct AbdomenAnatomy: Sendable {
    /// One shape with its intensity in CT (HU) and in MR (of 1000).
    struct Part: Sendable {
        /// The canonical structure; `nil` for what no dataset labels.
        let structure: String?
        let shape: PhantomShape
        let ct, mr: Float
    }

    /// In the order of painting; later parts cover earlier ones.
    let parts: [Part]

    /// - Parameters:
    ///   - tumours: structures of tumours to add, of `liver-tumour` and `kidney-tumour`.
    ///   - absent: structures that this patient lacks.
    init(tumours: Set<String> = [], absent: Set<String> = [], using generator: inout Philox) {
        let scale = SIMD3<Float>(
            Float(generator.uniform(in: 0.90...1.12)), Float(generator.uniform(in: 0.90...1.12)),
            Float(generator.uniform(in: 0.93...1.07)))
        func varied(_ part: Part, shift: SIMD3<Float> = .zero, thickness: Float = 1) -> Part {
            let shape = part.shape.varied(scale: scale, shift: shift, thickness: thickness)
            return Part(structure: part.structure, shape: shape, ct: part.ct, mr: part.mr)
        }
        var parts = [varied(Self.skin, thickness: Float(generator.uniform(in: 0.97...1.14)))]
        parts += Self.surroundings.map { varied($0) }
        let slack = SIMD3<Float>(0, Float(generator.uniform(in: -8...8)), Float(generator.uniform(in: -22...12)))
        parts += Self.colon.map { varied($0, shift: slack) }
        parts.append(varied(Self.smallBowel(using: &generator)))
        for organ in Self.organs {
            // Vessels and glands move with their neighbours, large organs a little more on their own.
            let reach = organ.isLarge ? 5.0 : 2.0
            let shift = SIMD3<Float>(
                Float(generator.uniform(in: -reach...reach)), Float(generator.uniform(in: -reach...reach)),
                Float(generator.uniform(in: -reach...reach)))
            let thickness = Float(generator.uniform(in: 0.93...1.07))
            let contrast = Float(generator.uniform(in: 0.92...1.08))
            if let structure = organ.structure, absent.contains(structure) { continue }
            parts.append(
                Part(
                    structure: organ.structure,
                    shape: organ.shape.varied(scale: scale, shift: shift, thickness: thickness),
                    ct: organ.ct * contrast, mr: organ.mr * contrast))
        }
        if tumours.contains("liver-tumour") { parts += Self.liverTumours(scale: scale, using: &generator) }
        if tumours.contains("kidney-tumour") { parts.append(Self.kidneyTumour(scale: scale, using: &generator)) }
        self.parts = parts
    }

    /// Paints everything. Structures that `values` names get their label; an organ that the dataset does not label takes its
    /// place from its neighbours' labels, gas and the vein inside an organ do not.
    func paint(on canvas: inout PhantomCanvas, values: [String: UInt8], isCT: Bool) {
        for part in parts {
            let isOrgan = part.structure != nil && part.structure != "portal-and-splenic-vein"
            let label = part.structure.flatMap { values[$0] } ?? (isOrgan ? 0 : nil)
            canvas.paint(part.shape, intensity: isCT ? part.ct : part.mr, label: label)
        }
    }

    /// Loops of the small bowel, in nobody the same.
    private static func smallBowel(using generator: inout Philox) -> Part {
        let loops = (0..<10).map { n in
            let side: Double = n % 2 == 0 ? 1 : -1
            let point = SIMD3<Float>(
                Float(side * generator.uniform(in: 15...62)), Float(generator.uniform(in: 38...72)),
                Float(-92 - 11 * Double(n) + generator.uniform(in: -8...8)))
            return (point, Float(generator.uniform(in: 11...15)))
        }
        return Part(structure: nil, shape: PhantomShape([.tube(loops)]), ct: 34, mr: 520)
    }

    private static func liverTumours(scale: SIMD3<Float>, using generator: inout Philox) -> [Part] {
        (0..<1 + generator.index(below: 3)).map { _ in
            let radius = Float(generator.uniform(in: 9...19))
            let place = SIMD3<Float>(
                Float(generator.uniform(in: 52...90)), Float(generator.uniform(in: 5...45)),
                Float(generator.uniform(in: 20...70)))
            let shape = PhantomShape.ellipsoid(place * scale, SIMD3(radius, radius * 0.9, radius * 1.1))
            return Part(structure: "liver-tumour", shape: shape, ct: 55, mr: 620)
        }
    }

    private static func kidneyTumour(scale: SIMD3<Float>, using generator: inout Philox) -> Part {
        let isRight = generator.index(below: 2) == 0
        let radius = Float(generator.uniform(in: 12...22))
        let place = SIMD3<Float>(
            isRight ? 74 : -74, Float(generator.uniform(in: -30...(-14))), Float(generator.uniform(in: -32...10)))
        return Part(
            structure: "kidney-tumour", shape: .ellipsoid(place * scale, SIMD3(radius, radius, radius * 0.9)), ct: 75,
            mr: 560)
    }
}
