import Volumes

/// The voxels of a volume file of the store, mapped into memory.
///
/// The pointer is valid while this object lives. Reading up to 4096 bytes past the last voxel or 352 bytes before the
/// first is safe.
public final class MappedVolume<Voxel: VoxelScalar>: @unchecked Sendable {
    public let shape: GridShape
    /// `shape.count` voxels, i fastest.
    public let voxels: UnsafePointer<Voxel>
    private let mapping: FileMapping

    /// - Throws: `StoreError` when the file is absent, has another size than the shape needs, or carries another token.
    init(path: String, shape: GridShape, token: String, key: CaseKey) throws(StoreError) {
        mapping = try FileMapping(path: path)
        let expected = StoredVolumeHeader.byteCount + shape.count * MemoryLayout<Voxel>.stride
        guard mapping.count == expected else {
            throw .damagedFile(path, expected: "\(expected) bytes", found: "\(mapping.count)")
        }
        guard StoredVolumeHeader.token(in: mapping.bytes) == token else { throw .changedSinceOpened("\(key)") }
        self.shape = shape
        voxels = (mapping.base + StoredVolumeHeader.byteCount).assumingMemoryBound(to: Voxel.self)
    }

    public var buffer: UnsafeBufferPointer<Voxel> { UnsafeBufferPointer(start: voxels, count: shape.count) }

    public subscript(i: Int, j: Int, k: Int) -> Voxel { voxels[shape.offset(i, j, k)] }

    /// Asks the system to read the whole file ahead.
    public func willNeed() { mapping.willNeed() }
}

/// A prepared case with its voxels: image and, for labelled cases, label map on the same RAS grid.
public final class PreparedCase: Sendable {
    public let key: CaseKey
    public let grid: Grid
    public let quantisation: Quantisation
    public let normalisation: IntensityNormalisation
    public let image: MappedVolume<Int16>
    public let labels: MappedVolume<UInt8>?

    init(
        key: CaseKey, grid: Grid, quantisation: Quantisation, normalisation: IntensityNormalisation,
        imagePath: String, labelPath: String?, token: String
    ) throws(StoreError) {
        (self.key, self.grid, self.quantisation, self.normalisation) = (key, grid, quantisation, normalisation)
        image = try MappedVolume(path: imagePath, shape: grid.shape, token: token, key: key)
        labels =
            if let labelPath { try MappedVolume(path: labelPath, shape: grid.shape, token: token, key: key) } else {
                nil
            }
    }
}
