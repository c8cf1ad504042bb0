/// The distance between neighbouring voxel centres along array axes i, j and k, in millimetres.
///
/// Every component is finite and positive, so code that divides by a spacing needs no guard of its own.
public struct Spacing: Hashable, Sendable {
    /// Millimetres along the axis, finite and positive.
    public let i, j, k: Double

    /// - Throws: `GeometryError.invalidSpacing` when a component is zero, negative or not finite.
    public init(_ i: Double, _ j: Double, _ k: Double) throws(GeometryError) {
        guard [i, j, k].allSatisfy({ $0.isFinite && $0 > 0 }) else { throw .invalidSpacing(found: [i, j, k]) }
        (self.i, self.j, self.k) = (i, j, k)
    }

    /// The components along i, j and k.
    public var components: SIMD3<Double> { SIMD3(i, j, k) }

    /// The volume of one voxel, in cubic millimetres.
    public var voxelVolume: Double { i * j * k }
}
