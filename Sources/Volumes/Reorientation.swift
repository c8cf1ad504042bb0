import CKernels

/// A change of the order and direction of a grid's array axes, which moves voxels in memory but not in the world.
public struct Reorientation: Hashable, Sendable {
    /// The grid whose voxels are moved.
    public let source: Grid
    /// The same voxels in their new order.
    public let target: Grid
    /// For target axes i, j, k: the source axis that each was.
    public let sourceAxis: SIMD3<Int>
    /// For target axes i, j, k: whether it runs against the source axis.
    public let isReversed: SIMDMask<SIMD3<Int>>

    /// The change that gives `source` the orientation `orientation`. Oblique affines stay as oblique as they are.
    public init(of source: Grid, to orientation: Orientation) {
        self.source = source
        let now = source.orientation
        var axes = SIMD3<Int>(), reversed = SIMDMask<SIMD3<Int>>()
        for n in 0..<3 {
            axes[n] = (0..<3).first { now.worldAxis[$0] == orientation.worldAxis[n] }!
            reversed[n] = now.sign[axes[n]] != orientation.sign[n]
        }
        (sourceAxis, isReversed) = (axes, reversed)

        let sizes = source.shape.components
        let columns = [source.affine.columnI, source.affine.columnJ, source.affine.columnK]
        var first = SIMD3<Double>()
        for n in 0..<3 where reversed[n] { first[axes[n]] = Double(sizes[axes[n]] - 1) }
        let steps = (0..<3).map { reversed[$0] ? -columns[axes[$0]] : columns[axes[$0]] }
        // Permuted sizes and steps are as valid as they were.
        target = Grid(
            shape: try! GridShape(sizes[axes[0]], sizes[axes[1]], sizes[axes[2]]),
            affine: try! Affine(
                columnI: steps[0], columnJ: steps[1], columnK: steps[2], origin: source.affine.world(first)))
    }

    /// Whether nothing moves.
    public var isIdentity: Bool { sourceAxis == SIMD3(0, 1, 2) && !any(isReversed) }

    /// The voxels in their new order.
    ///
    /// - Precondition: there are `source.shape.count` voxels.
    public func apply<Voxel: VoxelScalar>(_ voxels: UnsafeBufferPointer<Voxel>) -> [Voxel] {
        [Voxel](unsafeUninitializedCapacity: source.shape.count) { result, initialized in
            apply(voxels, into: result)
            initialized = source.shape.count
        }
    }

    /// Puts the voxels in their new order into `result`, which may be uninitialised.
    ///
    /// - Precondition: there are `source.shape.count` voxels and places for them, and the two do not overlap.
    public func apply<Voxel: VoxelScalar>(
        _ voxels: UnsafeBufferPointer<Voxel>, into result: UnsafeMutableBufferPointer<Voxel>
    ) {
        let shape = source.shape
        precondition(result.count == shape.count, "\(result.count) places for the shape \(shape.components)")
        precondition(voxels.count == shape.count, "\(voxels.count) voxels for the shape \(shape.components)")
        let strides = [1, shape.i, shape.i * shape.j]
        let steps = (0..<3).map { isReversed[$0] ? -strides[sourceAxis[$0]] : strides[sourceAxis[$0]] }
        let start = (0..<3).reduce(0) { $0 - (steps[$1] < 0 ? (target.shape.components[$1] - 1) * steps[$1] : 0) }
        let sizes = [target.shape.i, target.shape.j, target.shape.k]
        iris_reorient(voxels.baseAddress, result.baseAddress, MemoryLayout<Voxel>.size, sizes, start, steps)
    }
}

extension Grid {
    /// The same voxels with their axes permuted and reversed to `orientation`.
    public func reoriented(to orientation: Orientation) -> Grid { Reorientation(of: self, to: orientation).target }
}

extension Volume {
    /// The same voxels with their axes permuted and reversed to `orientation`, values and places untouched.
    public func reoriented(to orientation: Orientation) -> Volume {
        let change = Reorientation(of: grid, to: orientation)
        if change.isIdentity { return self }
        // A permutation keeps the number of voxels.
        return try! Volume(grid: change.target, voxels: voxels.withUnsafeBufferPointer(change.apply))
    }

    /// The voxels inside a box, in their places.
    ///
    /// - Precondition: the box fits in the grid.
    public func cropped(to box: VoxelBox) -> Volume {
        let target = grid.cropped(to: box)
        if target.shape == grid.shape { return self }
        let cropped = [Voxel](unsafeUninitializedCapacity: target.shape.count) { result, initialized in
            voxels.withUnsafeBufferPointer { voxels in
                for k in 0..<target.shape.k {
                    for j in 0..<target.shape.j {
                        let row = grid.shape.offset(box.lower.x, box.lower.y + j, box.lower.z + k)
                        (result.baseAddress! + target.shape.offset(0, j, k)).initialize(
                            from: voxels.baseAddress! + row, count: target.shape.i)
                    }
                }
            }
            initialized = target.shape.count
        }
        // The box's voxels fill its grid.
        return try! Volume(grid: target, voxels: cropped)
    }
}
