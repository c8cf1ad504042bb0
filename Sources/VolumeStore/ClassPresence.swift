import Volumes

/// Where one class lies in one case.
public struct ClassPresence: Hashable, Sendable {
    /// The label value.
    public let value: UInt8
    /// The number of voxels, at least 1.
    public let voxels: Int
    /// The smallest box that holds the class, in voxels.
    public let box: VoxelBox
    /// The mean voxel index along i, j and k.
    public let centroid: SIMD3<Double>

    public init(value: UInt8, voxels: Int, box: VoxelBox, centroid: SIMD3<Double>) {
        (self.value, self.voxels, self.box, self.centroid) = (value, voxels, box, centroid)
    }
}
