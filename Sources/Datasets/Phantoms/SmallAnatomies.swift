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
        let growth = Float(generator.uniform(in: 0.85...1.35))
        let gland = SIMD3<Float>(25, 18, 20) * growth
        parts = [
            (nil, PhantomShape([.column(x: 0, y: 0, radiusX: 160, radiusY: 105)]), 620, 300),
            (nil, .tube([[70, -5, -60], [64, 20, 60]], radii: [26, 30]), 160, 520),
            (nil, .tube([[-70, -5, -60], [-64, 20, 60]], radii: [26, 30]), 160, 520),
            (nil, .ellipsoid([0, 14, gland.z + 24], [34, 28, 24]), 980, 960),
            (nil, .tube([[0, -gland.y - 16, -60], [0, -gland.y - 18, 60]], radii: [13, 15]), 380, 610),
            ("prostate-peripheral-zone", .ellipsoid([0, 0, 0], gland), 760, 820),
            (
                "prostate-transition-zone",
                .ellipsoid([0, gland.y * 0.30, gland.z * 0.12], gland * SIMD3(0.70, 0.62, 0.78)), 430, 600
            ),
        ]
    }

    func paint(on canvas: inout PhantomCanvas, values: [String: UInt8], isT2: Bool) {
        for part in parts {
            canvas.paint(part.shape, intensity: isT2 ? part.t2 : part.adc, label: part.structure.flatMap { values[$0] })
        }
    }
}
