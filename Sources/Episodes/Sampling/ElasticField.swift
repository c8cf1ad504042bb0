import Glibc
import Volumes

/// The displacement of an ``ElasticDeformation``, place by place, in double precision.
///
/// The renderer computes the same field with faster arithmetic; the two agree to about 1e-5 voxel.
struct ElasticField {
    private let points: SIMD3<Int>
    private let values: [Float]
    private let scale: SIMD3<Double>

    init(_ deformation: ElasticDeformation, shape: GridShape) {
        points = deformation.controlPoints
        values = deformation.displacements()
        scale = SIMD3<Double>(deformation.controlPoints &- 3) / SIMD3<Double>(shape.components)
    }

    /// The displacement at a patch place, in source voxels. Outside the patch it is that of the nearest place on its edge.
    func displacement(at patch: SIMD3<Double>) -> SIMD3<Double> {
        let u = (patch + 0.5) * scale
        var first = SIMD3<Int>.zero
        var weights: (SIMD4<Double>, SIMD4<Double>, SIMD4<Double>) = (.zero, .zero, .zero)
        (first.x, weights.0) = Self.weights(u.x, points.x)
        (first.y, weights.1) = Self.weights(u.y, points.y)
        (first.z, weights.2) = Self.weights(u.z, points.z)
        let count = points.x * points.y * points.z
        var sum = SIMD3<Double>.zero
        values.withUnsafeBufferPointer { values in
            for c in 0..<4 {
                for b in 0..<4 {
                    let row = first.x + points.x * (first.y + b + points.y * (first.z + c))
                    let weight = weights.1[b] * weights.2[c]
                    for a in 0..<4 {
                        let w = weights.0[a] * weight
                        sum.x += w * Double(values[row + a])
                        sum.y += w * Double(values[count + row + a])
                        sum.z += w * Double(values[2 * count + row + a])
                    }
                }
            }
        }
        return sum
    }

    /// The first of the four control points around `u` and their uniform cubic B-spline weights.
    private static func weights(_ u: Double, _ points: Int) -> (Int, SIMD4<Double>) {
        let inside = min(max(u, 0), Double(points - 3))
        let cell = min(Int(inside), points - 4)
        let t = inside - Double(cell)
        let s = 1 - t
        let a = s * s * s, b = 3 * t * t * t - 6 * t * t + 4
        let c = 3 * s * s * s - 6 * s * s + 4, d = t * t * t
        return (cell, SIMD4(a, b, c, d) / 6)
    }
}
