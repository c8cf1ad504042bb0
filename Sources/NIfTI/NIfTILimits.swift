/// What a reader accepts before it allocates anything, so that a hostile or broken header cannot exhaust memory.
public struct NIfTILimits: Hashable, Sendable {
    /// The largest number of voxels, all frames together.
    public var voxels: Int
    /// The largest number of bytes that the voxels occupy once decoded.
    public var bytes: Int
    /// The largest `vox_offset`, which bounds header extensions.
    public var voxelOffset: Int

    public init(voxels: Int = 1 << 32, bytes: Int = 1 << 34, voxelOffset: Int = 1 << 26) {
        (self.voxels, self.bytes, self.voxelOffset) = (voxels, bytes, voxelOffset)
    }

    /// 4 Gi voxels, 16 GiB of voxels, 64 MiB of header with extensions.
    public static let standard = NIfTILimits()
}
