/// Voxels on a grid in memory that belongs to somebody else, i fastest. Valid inside the closure that got it.
public struct VolumeView<Voxel: VoxelScalar> {
    /// Shape and place of the volume.
    public let grid: Grid
    /// `grid.shape.count` values, voxel (i, j, k) at `grid.shape.offset(i, j, k)`.
    public let voxels: UnsafeBufferPointer<Voxel>

    /// - Precondition: the voxels fill the grid.
    public init(grid: Grid, voxels: UnsafeBufferPointer<Voxel>) {
        precondition(
            voxels.count == grid.shape.count, "\(voxels.count) voxels for the shape \(grid.shape.components)")
        (self.grid, self.voxels) = (grid, voxels)
    }
}

extension Volume {
    /// Hands the volume's voxels to `body` without copying them.
    public func withView<Result, Failure>(_ body: (VolumeView<Voxel>) throws(Failure) -> Result) throws(Failure)
        -> Result
    {
        try voxels.withUnsafeBufferPointer { (voxels) throws(Failure) in
            try body(VolumeView(grid: grid, voxels: voxels))
        }
    }
}
