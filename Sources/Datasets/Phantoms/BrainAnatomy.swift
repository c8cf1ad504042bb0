import Glibc
import RandomNumbers

/// One subject's brain as tissue shares: grey matter, white matter and CSF at any place, in mm from the brain's centre.
struct BrainAnatomy: Sendable {
    private let radii: SIMD3<Float>
    private let cortex, ventricles: Float
    private let folds: (frequency: SIMD3<Float>, phase: SIMD3<Float>)

    init(using generator: inout Philox) {
        let size = Float(generator.uniform(in: 0.94...1.06))
        radii = SIMD3(66, 84, 62) * size
        cortex = Float(generator.uniform(in: 3.2...4.4))
        ventricles = Float(generator.uniform(in: 0.85...1.35))
        func three(_ range: ClosedRange<Double>) -> SIMD3<Float> {
            SIMD3(
                Float(generator.uniform(in: range)), Float(generator.uniform(in: range)),
                Float(generator.uniform(in: range)))
        }
        folds = (three(0.28...0.36), three(0...6.28))
    }

    /// The half-axes of the fluid's outer surface, in mm.
    var halfAxes: SIMD3<Float> { radii + 3 }

    /// The shares of the three tissues at a place; their sum is at most 1.
    ///
    /// - Parameter softness: the width in mm over which neighbouring tissues mix.
    func shares(at place: SIMD3<Float>, softness: Float) -> (gray: Float, white: Float, csf: Float) {
        func inside(_ distance: Float) -> Float { 1 / (1 + exp(distance / (softness * 0.35))) }
        func ellipsoid(_ center: SIMD3<Float>, _ radii: SIMD3<Float>) -> Float {
            PhantomShape.Primitive.ellipsoid(center: center, radii: radii).distance(place)
        }
        let q = folds.frequency * place + folds.phase
        let fold = sin(q.x) + sin(q.y) + sin(q.z) + 0.6 * sin(q.x + q.z)
        // Both halves are parted by a cleft that reaches down to the great connection.
        let cleft = max(abs(place.x) - 1.6, 14 - place.z)
        let head = ellipsoid([0, 0, 0], radii + 3)
        let surface = ellipsoid([0, 0, 0], radii)
        let brain = max(surface + 3 * max(0, fold - 0.3), -cleft)
        let core = max(surface + cortex + 6 + 4.5 * fold, -cleft + cortex)
        let horns = min(
            ellipsoid([11, -4, 8], SIMD3(5, 27, 9) * ventricles),
            ellipsoid([-11, -4, 8], SIMD3(5, 27, 9) * ventricles),
            ellipsoid([0, -8, -4], SIMD3(2.5, 12, 9) * ventricles))
        let nuclei = min(
            min(ellipsoid([24, 6, 2], [8, 15, 10]), ellipsoid([-24, 6, 2], [8, 15, 10])),
            min(ellipsoid([10, -12, 0], [8, 13, 8]), ellipsoid([-10, -12, 0], [8, 13, 8])))
        let inHead = inside(head), inBrain = inside(brain), inCore = inside(core) * (1 - inside(nuclei)),
            inHorns = inside(horns)
        let tissue = inBrain * (1 - inHorns)
        return (tissue * (1 - inCore), tissue * inCore, max(0, inHead * (1 - tissue)))
    }
}
