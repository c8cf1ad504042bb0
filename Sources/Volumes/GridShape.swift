/// The number of voxels along array axes i, j and k; i runs fastest in memory, as in NIfTI.
///
/// Every component is at least 1 and the product fits in an `Int`.
public struct GridShape: Hashable, Sendable {
    /// Voxels along the axis, at least 1.
    public let i, j, k: Int

    /// - Throws: `GeometryError.invalidShape` when a size is below 1 or the product overflows.
    public init(_ i: Int, _ j: Int, _ k: Int) throws(GeometryError) {
        let (plane, overflow) = i.multipliedReportingOverflow(by: j)
        guard i > 0, j > 0, k > 0, !overflow, !plane.multipliedReportingOverflow(by: k).overflow
        else { throw .invalidShape(found: [i, j, k]) }
        (self.i, self.j, self.k) = (i, j, k)
    }

    /// The number of voxels.
    public var count: Int { i * j * k }

    /// The sizes along i, j and k.
    public var components: SIMD3<Int> { SIMD3(i, j, k) }

    /// The place of voxel (i, j, k) in memory.
    @inlinable public func offset(_ i: Int, _ j: Int, _ k: Int) -> Int { i + self.i * (j + self.j * k) }

    /// Whether an index lies inside.
    @inlinable public func contains(_ i: Int, _ j: Int, _ k: Int) -> Bool {
        i >= 0 && j >= 0 && k >= 0 && i < self.i && j < self.j && k < self.k
    }
}
