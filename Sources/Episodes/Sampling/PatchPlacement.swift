import RandomNumbers
import Volumes

/// Where a patch may lie in a source volume, before augmentation.
///
/// Centres are such that patch voxels fall on source voxels: an unaugmented patch is a copy, not an interpolation.
struct PatchPlacement {
    private let size, source: SIMD3<Double>
    private let keepsInside: Bool

    init(_ settings: EpisodeConfiguration.PatchSettings, source: Grid) {
        size = SIMD3<Double>(settings.size.components)
        self.source = SIMD3<Double>(source.shape.components)
        keepsInside = settings.keepInside
    }

    /// A centre about a voxel, moved off it by up to `jitter` half sizes along each axis.
    func centre(near voxel: SIMD3<Int>, jitter: Double, using generator: inout Philox) -> SIMD3<Double> {
        let shift = SIMD3(generator.uniform(), generator.uniform(), generator.uniform()) * 2 - 1
        var corner = (SIMD3<Double>(voxel) - (size - 1) / 2 + shift * jitter * size / 2).rounded(.down)
        // The voxel itself stays in the patch.
        corner = pointwiseMin(pointwiseMax(corner, SIMD3<Double>(voxel) - size + 1), SIMD3<Double>(voxel))
        if keepsInside { corner = pointwiseMin(pointwiseMax(corner, lowest), highest) }
        return corner + (size - 1) / 2
    }

    /// A centre such that the patch lies inside the volume, or the volume inside the patch, uniformly.
    func centreAnywhere(using generator: inout Philox) -> SIMD3<Double> {
        var corner = SIMD3<Double>.zero
        for axis in 0..<3 {
            corner[axis] = lowest[axis] + Double(generator.index(below: Int(highest[axis] - lowest[axis]) + 1))
        }
        return corner + (size - 1) / 2
    }

    private var lowest: SIMD3<Double> { pointwiseMin(.zero, source - size) }
    private var highest: SIMD3<Double> { pointwiseMax(.zero, source - size) }
}
