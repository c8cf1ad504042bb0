/// Where a volume's voxels lie: their number along each axis and their place in the world.
public struct Grid: Hashable, Sendable {
    /// Voxels along i, j and k.
    public let shape: GridShape
    /// The map from voxel indices to world millimetres.
    public let affine: Affine

    public init(shape: GridShape, affine: Affine) { (self.shape, self.affine) = (shape, affine) }

    /// The distance between neighbouring voxel centres.
    public var spacing: Spacing { affine.spacing }
    /// Towards which sides the axes grow.
    public var orientation: Orientation { affine.orientation }
}
