import NIfTI
import Volumes

/// A CT of the abdomen as far as its numbers go: a body of 0 to 80 HU with noise, ellipsoids for organs, bone and air, in
/// 512 x 512 x 200 voxels. It compresses about as well as a real one (105 MB to about 55).
struct SyntheticCT {
    let image: Volume<Int16>
    let labels: LabelMap

    /// - Parameter inPlane: the spacing along i and j in mm; 2.5 mm along k.
    init(inPlane: Double) throws {
        let shape = try GridShape(512, 512, 200)
        let grid = Grid(
            shape: shape, affine: Affine(spacing: try Spacing(inPlane, inPlane, 2.5), origin: SIMD3(-190, -190, -250)))
        // Centre and half axes as fractions of the sizes, HU, label.
        let ellipsoids: [(centre: SIMD3<Double>, axes: SIMD3<Double>, value: Int, label: UInt8)] = [
            (SIMD3(0.5, 0.5, 0.5), SIMD3(0.40, 0.30, 2), 40, 0),
            (SIMD3(0.64, 0.52, 0.55), SIMD3(0.16, 0.18, 0.28), 105, 6),
            (SIMD3(0.30, 0.40, 0.60), SIMD3(0.07, 0.09, 0.15), 120, 1),
            (SIMD3(0.62, 0.34, 0.35), SIMD3(0.05, 0.06, 0.13), 160, 2),
            (SIMD3(0.38, 0.34, 0.35), SIMD3(0.05, 0.06, 0.13), 160, 3),
            (SIMD3(0.5, 0.31, 0.5), SIMD3(0.045, 0.05, 2), 400, 0),
            (SIMD3(0.42, 0.62, 0.5), SIMD3(0.09, 0.07, 0.12), -80, 9),
            (SIMD3(0.52, 0.44, 0.5), SIMD3(0.025, 0.025, 2), 180, 8),
        ]
        var voxels = [Int16](repeating: -1000, count: shape.count)
        var labels = [UInt8](repeating: 0, count: shape.count)
        for ellipsoid in ellipsoids {
            let size = SIMD3<Double>(shape.components)
            let centre = ellipsoid.centre * size, axes = ellipsoid.axes * size
            let lower = pointwiseMax(centre - axes, .zero), upper = pointwiseMin(centre + axes, size - 1)
            for k in Int(lower.z)...Int(upper.z) {
                for j in Int(lower.y)...Int(upper.y) {
                    let y = (Double(j) - centre.y) / axes.y, z = (Double(k) - centre.z) / axes.z
                    let rest = 1 - y * y - z * z
                    guard rest > 0 else { continue }
                    let half = rest.squareRoot() * axes.x
                    let row = shape.offset(0, j, k)
                    for i in max(0, Int(centre.x - half))...min(shape.i - 1, Int(centre.x + half)) {
                        voxels[row + i] = Int16(ellipsoid.value)
                        labels[row + i] = ellipsoid.label
                    }
                }
            }
        }
        // The sum of four uniform numbers is nearly normal; the deviation is about 12 HU.
        var state: UInt32 = 12345
        for n in voxels.indices {
            state = state &* 1_664_525 &+ 1_013_904_223
            let sum = Int(state >> 24) + Int(state >> 16 & 255) + Int(state >> 8 & 255) + Int(state & 255)
            voxels[n] = max(-1024, voxels[n] + Int16((sum - 510) / 12))
        }
        image = try Volume(grid: grid, voxels: voxels)
        self.labels = try LabelMap(grid: grid, voxels: labels)
    }
}
