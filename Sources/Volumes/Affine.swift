/// An invertible affine map from voxel indices (i, j, k) to world millimetres (x, y, z), RAS+: x grows to the patient's
/// right, y to the front (anterior), z to the head (superior).
///
/// The columns of the upper left 3x3 part are the steps that one voxel along i, j or k makes in the world.
public struct Affine: Hashable, Sendable {
    /// The world step of one voxel along each array axis, in mm.
    public let columnI, columnJ, columnK: SIMD3<Double>
    /// The world position of the centre of voxel (0, 0, 0), in mm.
    public let origin: SIMD3<Double>

    /// - Throws: `GeometryError.singularAffine` when a number is not finite or the three steps do not span space
    ///   (|determinant| not above 1e-9 of the product of their lengths).
    public init(columnI: SIMD3<Double>, columnJ: SIMD3<Double>, columnK: SIMD3<Double>, origin: SIMD3<Double>)
        throws(GeometryError)
    {
        (self.columnI, self.columnJ, self.columnK, self.origin) = (columnI, columnJ, columnK, origin)
        let volume = length(columnI) * length(columnJ) * length(columnK)
        guard volume.isFinite, volume > 0, [origin.x, origin.y, origin.z].allSatisfy(\.isFinite),
            abs(determinant) > 1e-9 * volume
        else { throw .singularAffine(rows: rows) }
    }

    /// From the first three rows of a 4x4 matrix (a fourth row, if given, must be 0 0 0 1).
    public init(rows: [[Double]]) throws(GeometryError) {
        guard rows.count == 3 || rows.count == 4 && rows[3] == [0, 0, 0, 1], rows.allSatisfy({ $0.count == 4 })
        else { throw .singularAffine(rows: rows) }
        func column(_ c: Int) -> SIMD3<Double> { SIMD3(rows[0][c], rows[1][c], rows[2][c]) }
        try self.init(columnI: column(0), columnJ: column(1), columnK: column(2), origin: column(3))
    }

    /// An axis-aligned affine with RAS orientation.
    public init(spacing: Spacing, origin: SIMD3<Double> = .zero) {
        (columnI, columnJ, columnK) = (SIMD3(spacing.i, 0, 0), SIMD3(0, spacing.j, 0), SIMD3(0, 0, spacing.k))
        self.origin = origin
    }

    /// The 4x4 matrix, row by row.
    public var rows: [[Double]] {
        (0..<3).map { [columnI[$0], columnJ[$0], columnK[$0], origin[$0]] } + [[0, 0, 0, 1]]
    }

    /// The lengths of the three steps.
    public var spacing: Spacing {
        // The initialisers refuse steps of no length, so this cannot fail.
        try! Spacing(length(columnI), length(columnJ), length(columnK))
    }

    /// The signed volume of one voxel, in cubic millimetres; negative for left-handed storage.
    public var determinant: Double { dot(columnI, cross(columnJ, columnK)) }

    /// The world position, in mm, of a place given in voxel indices.
    @inlinable public func world(_ voxel: SIMD3<Double>) -> SIMD3<Double> {
        columnI * voxel.x + columnJ * voxel.y + columnK * voxel.z + origin
    }

    /// The place in voxel indices of a world position in mm.
    public func voxel(_ world: SIMD3<Double>) -> SIMD3<Double> {
        let p = world - origin, d = determinant
        return SIMD3(dot(p, cross(columnJ, columnK)), dot(p, cross(columnK, columnI)), dot(p, cross(columnI, columnJ)))
            / d
    }

    /// The same map for a grid whose voxel (0, 0, 0) is voxel `offset` of this one.
    public func shifted(by offset: SIMD3<Double>) -> Affine {
        // Only the origin moves, so the result is as invertible as this.
        try! Affine(columnI: columnI, columnJ: columnJ, columnK: columnK, origin: world(offset))
    }

    /// The largest |cosine| between two of the three steps: 0 when they are at right angles.
    public var shear: Double {
        let i = columnI / length(columnI), j = columnJ / length(columnJ), k = columnK / length(columnK)
        return max(abs(dot(i, j)), abs(dot(j, k)), abs(dot(k, i)))
    }
}

@inlinable package func dot(_ a: SIMD3<Double>, _ b: SIMD3<Double>) -> Double { (a * b).sum() }
@inlinable package func length(_ a: SIMD3<Double>) -> Double { dot(a, a).squareRoot() }
@inlinable package func cross(_ a: SIMD3<Double>, _ b: SIMD3<Double>) -> SIMD3<Double> {
    SIMD3(a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x)
}
