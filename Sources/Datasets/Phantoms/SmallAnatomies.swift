import RandomNumbers

/// The region around one hippocampus in a T1 image: head and body in front (`anterior-hippocampus`), body and tail behind
/// (`posterior-hippocampus`), in mm from its centre.
struct HippocampusAnatomy: Sendable {
    private let parts: [(structure: String?, shape: PhantomShape, intensity: Float)]

    init(using generator: inout Philox) {
        let scale = SIMD3<Float>(
            Float(generator.uniform(in: 0.9...1.1)), Float(generator.uniform(in: 0.9...1.12)),
            Float(generator.uniform(in: 0.9...1.1)))
        let tilt = Float(generator.uniform(in: 0.1...0.4))
        func at(_ x: Float, _ y: Float) -> SIMD3<Float> { SIMD3(x, y, -tilt * y) * scale }
        let thickness = Float(generator.uniform(in: 0.9...1.1))
        let front = at(-1, 3), parting = at(0, 0), back = at(3, -16)
        parts = [
            (nil, .ellipsoid([0, 0, 0], [60, 60, 60]), 640),
            (nil, .ellipsoid([-16, 4, -16], [12, 34, 9]), 430), (nil, .ellipsoid([14, -4, 15], [10, 32, 9]), 440),
            (nil, .tube([at(8, 16), at(8, -2), at(11, -22)], radii: [4, 3, 4]), 170),
            (nil, .ellipsoid(at(-2, 20) + [0, 0, 3], [8, 7, 7]), 450),
            (
                "posterior-hippocampus",
                .tube([back, at(1, -8), parting], radii: [3.6 * thickness, 4.4 * thickness, 4.8 * thickness]), 480
            ),
            (
                "anterior-hippocampus",
                .tube(
                    [parting + [0, 1.5, 0], front, at(-2, 12)],
                    radii: [4.9 * thickness, 6 * thickness, 6.2 * thickness]), 490
            ),
        ]
    }

    func paint(on canvas: inout PhantomCanvas, values: [String: UInt8]) {
        for part in parts {
            canvas.paint(part.shape, intensity: part.intensity, label: part.structure.flatMap { values[$0] })
        }
    }
}

/// The prostate and what lies around it in two MR sequences, in mm from its centre.
struct ProstateAnatomy: Sendable {
    private let parts: [(structure: String?, shape: PhantomShape, t2: Float, adc: Float)]

    init(using generator: inout Philox) {
        func number(_ range: ClosedRange<Double>) -> Float { Float(generator.uniform(in: range)) }
        let gland = SIMD3<Float>(25, 18, 20) * SIMD3(number(0.85...1.35), number(0.85...1.35), number(0.85...1.35))
        let zone = gland * SIMD3(number(0.6...0.75), number(0.55...0.68), number(0.7...0.82))
        let bladder = SIMD3<Float>(number(26...40), number(20...32), number(16...28))
        let gap = number(60...76), fat = number(460...700), rectum = number(11...17)
        parts = [
            (
                nil,
                PhantomShape([.column(x: 0, y: number(-8...8), radiusX: number(125...165), radiusY: number(85...110))]),
                fat, 300
            ),
            (nil, .tube([[gap, -5, -60], [gap - 6, 20, 60]], radii: [number(20...30), number(24...32)]), 160, 520),
            (nil, .tube([[-gap, -5, -60], [6 - gap, 20, 60]], radii: [number(20...30), number(24...32)]), 160, 520),
            (nil, .tube([[0, 38, -60], [0, 62, 10]], radii: [number(6...14), number(6...12)]), 240, 420),
            (nil, .ellipsoid([0, 14, gland.z + bladder.z], bladder), 980, 960),
            (
                nil,
                .tube(
                    [[0, -gland.y - rectum, -60], [number(-9...9), -gland.y - rectum, 60]], radii: [rectum, rectum]),
                380, number(200...800)
            ),
            ("prostate-peripheral-zone", .ellipsoid([0, 0, 0], gland), number(680...820), number(740...880)),
            (
                "prostate-transition-zone", .ellipsoid([0, gland.y * 0.30, gland.z * 0.12], zone), number(380...480),
                number(520...660)
            ),
        ]
    }

    func paint(on canvas: inout PhantomCanvas, values: [String: UInt8], isT2: Bool) {
        for part in parts {
            canvas.paint(
                part.shape, intensity: isT2 ? part.t2 : part.adc, label: part.structure.flatMap { values[$0] })
        }
    }
}
