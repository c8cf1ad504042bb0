extension Grid {
    /// The grid with another spacing that covers the same part of the world.
    ///
    /// The centre of voxel (0, 0, 0) and the directions of the axes stay. Along each axis there are
    /// max(1, round(size · spacing / target)) voxels, ties to even, and voxel o lies at place o · target / spacing of this grid.
    ///
    /// - Throws: `GeometryError.invalidShape` when the number of voxels does not fit in memory.
    public func resampled(to target: Spacing) throws(GeometryError) -> Grid {
        let from = spacing.components, to = target.components
        var sizes = SIMD3<Int>()
        for axis in 0..<3 {
            let size = (Double(shape.components[axis]) * from[axis] / to[axis]).rounded(.toNearestOrEven)
            // Above 2^31 voxels along one axis no volume fits in memory, and the kernels' indices would not either.
            guard size < 0x1p31 else { throw .invalidShape(found: [shape.i, shape.j, shape.k]) }
            sizes[axis] = max(1, Int(size))
        }
        let ratio = to / from
        return Grid(
            shape: try GridShape(sizes.x, sizes.y, sizes.z),
            affine: try Affine(
                columnI: affine.columnI * ratio.x, columnJ: affine.columnJ * ratio.y, columnK: affine.columnK * ratio.z,
                origin: affine.origin))
    }
}
