/// A box of voxels: `lower` is its first voxel along i, j and k, `upper` the one after its last.
public struct VoxelBox: Hashable, Sendable, Codable {
    /// The first voxel inside and the first beyond, along i, j and k.
    public var lower, upper: SIMD3<Int>

    public init(lower: SIMD3<Int>, upper: SIMD3<Int>) { (self.lower, self.upper) = (lower, upper) }

    /// All voxels of a grid.
    public init(_ shape: GridShape) { self.init(lower: .zero, upper: shape.components) }

    /// The number of voxels along i, j and k.
    public var size: SIMD3<Int> { upper &- lower }

    /// Whether the box holds at least one voxel and lies inside a grid of this shape.
    public func fits(in shape: GridShape) -> Bool {
        (0..<3).allSatisfy { lower[$0] >= 0 && lower[$0] < upper[$0] && upper[$0] <= shape.components[$0] }
    }

    /// The box with `margin` more voxels on either side of each axis, cut at the edges of a grid of this shape.
    public func expanded(by margin: SIMD3<Int>, within shape: GridShape) -> VoxelBox {
        VoxelBox(
            lower: pointwiseMax(lower &- margin, .zero), upper: pointwiseMin(upper &+ margin, shape.components))
    }
}

extension Grid {
    /// The part of the grid inside a box that fits in it; its voxels keep their places in the world.
    public func cropped(to box: VoxelBox) -> Grid {
        precondition(
            box.fits(in: shape), "the box \(box.lower)..<\(box.upper) is empty or leaves the grid \(shape.components)")
        // A box that fits holds at least one voxel, so the shape is valid.
        let shape = try! GridShape(box.size.x, box.size.y, box.size.z)
        return Grid(shape: shape, affine: affine.shifted(by: SIMD3<Double>(box.lower)))
    }
}
