import NIfTI
import Volumes

/// Where the voxels of a prepared volume are taken from the source, in RAS order.
struct PreparedSampling {
    /// The RAS-ordered source grid.
    let source: Grid
    /// The whole prepared grid, before it is cropped.
    let target: Grid
    /// Whether the target runs along the world's axes while the source does not.
    let turns: Bool
    private let configuration: PreparationConfiguration

    /// - Throws: `GeometryError` when the prepared grid does not fit in memory.
    init(of source: Grid, _ configuration: PreparationConfiguration) throws(GeometryError) {
        (self.source, self.configuration) = (source, configuration)
        turns = configuration.oblique == .resample && Self.isOblique(source)
        target =
            turns
            ? try source.alongWorldAxes(spacing: configuration.spacing)
            : try source.resampled(to: configuration.spacing)
    }

    /// Whether an axis leaves its world axis by more than rounding explains.
    static func isOblique(_ grid: Grid) -> Bool {
        let axes = grid.affine.nearestRotation
        return (0..<3).contains { abs(abs(axes[$0][$0]) - 1) > 1e-6 }
    }

    /// - Throws: `NIfTIError.outOfMemory` that names `file`.
    func image(_ voxels: consuming SourceVoxels, box: VoxelBox, file: String) throws(NIfTIError) -> VolumeBuffer<Float>
    {
        let grid = target.cropped(to: box)
        return try VolumeBuffer(grid: grid, file: file) { places in
            if turns {
                voxels.resample(onto: grid, configuration.resampling.inPlane, into: places)
            } else {
                // The initialiser has made sure that the grid fits in memory.
                voxels.resample(to: configuration.spacing, rule: configuration.resampling, box: box, into: places)
            }
        }
    }

    func labels(_ voxels: VolumeBuffer<UInt8>, box: VoxelBox) throws(GeometryError) -> LabelMap {
        try voxels.withView { (view) throws(GeometryError) in
            turns
                ? view.resampledNearest(onto: target.cropped(to: box))
                : try view.resampledNearest(to: configuration.spacing, box: box)
        }
    }

    /// The part of the prepared grid that can hold labels of a box of the source: its corners and a voxel around.
    func reach(of box: VoxelBox) -> VoxelBox {
        let (low, high) = (SIMD3<Double>(box.lower) - 0.5, SIMD3<Double>(box.upper) - 0.5)
        let corners = (0..<8).map { corner in
            let place = SIMD3(
                corner & 1 > 0 ? high.x : low.x, corner & 2 > 0 ? high.y : low.y, corner & 4 > 0 ? high.z : low.z)
            return target.affine.voxel(source.affine.world(place))
        }
        let lower = corners.dropFirst().reduce(corners[0]) { pointwiseMin($0, $1) }
        let upper = corners.dropFirst().reduce(corners[0]) { pointwiseMax($0, $1) }
        return VoxelBox(
            lower: pointwiseMin(
                pointwiseMax(SIMD3<Int>(lower.rounded(.down)) &- 1, .zero), target.shape.components &- 1),
            upper: pointwiseMax(
                pointwiseMin(SIMD3<Int>(upper.rounded(.up)) &+ 2, target.shape.components), SIMD3(1, 1, 1)))
    }
}
