import Volumes

/// The voxels of a volume file of the store, mapped into memory.
///
/// The pointer is valid while this object lives. Reading up to 4096 bytes past the last voxel or 352 bytes before the
/// first is safe.
public final class MappedVolume<Voxel: VoxelScalar>: @unchecked Sendable {
    /// Voxels along i, j and k.
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

    /// All voxels, i fastest; valid as long as this object lives.
    public var buffer: UnsafeBufferPointer<Voxel> { UnsafeBufferPointer(start: voxels, count: shape.count) }

    /// The voxel at an index. Indices are not checked.
    public subscript(i: Int, j: Int, k: Int) -> Voxel { voxels[shape.offset(i, j, k)] }

    /// Asks the system to read the whole file ahead.
    public func willNeed() { mapping.willNeed() }
}

/// A prepared case with its voxels: image and, for labelled cases, label map on the same RAS grid.
public final class PreparedCase: Sendable {
    /// The case's key.
    public let key: CaseKey
    /// Shape and place of the volumes.
    public let grid: Grid
    /// How stored integers become intensities.
    public let quantisation: Quantisation
    /// How intensities are clipped and scaled.
    public let normalisation: IntensityNormalisation
    /// The image as stored integers.
    public let image: MappedVolume<Int16>
    /// The labels on the same grid; `nil` without labels.
    public let labels: MappedVolume<UInt8>?
    /// The same voxels in bricks, where the store has them.
    public let bricks: MappedBricks?

    init(
        key: CaseKey, grid: Grid, quantisation: Quantisation, normalisation: IntensityNormalisation,
        imagePath: String, labelPath: String?, brickPath: String, token: String
    ) throws(StoreError) {
        (self.key, self.grid, self.quantisation, self.normalisation) = (key, grid, quantisation, normalisation)
        image = try MappedVolume(path: imagePath, shape: grid.shape, token: token, key: key)
        labels =
            if let labelPath { try MappedVolume(path: labelPath, shape: grid.shape, token: token, key: key) } else {
                nil
            }
        let file = BrickFile(shape: grid.shape, isLabelled: labelPath != nil, token: token)
        bricks = MappedBricks(path: brickPath, file: file)
    }
}
