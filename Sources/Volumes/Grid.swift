/// Where a volume's voxels lie: their number along each axis and their place in the world.
public struct Grid: Hashable, Sendable {
    public let shape: GridShape
    public let affine: Affine

    public init(shape: GridShape, affine: Affine) { (self.shape, self.affine) = (shape, affine) }

    public var spacing: Spacing { affine.spacing }
    public var orientation: Orientation { affine.orientation }
}
