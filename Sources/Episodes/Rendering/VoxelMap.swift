/// An affine map from voxel indices of a patch to voxel indices of its source volume.
///
/// Indices are places, not cells: voxel (0, 0, 0) has its centre at 0, 0, 0. JSON holds three rows of four numbers.
public struct VoxelMap: Hashable, Sendable {
    /// The source step of one patch voxel along i, j and k, in source voxels.
    public var columnI, columnJ, columnK: SIMD3<Double>
    /// The source place of patch voxel (0, 0, 0).
    public var origin: SIMD3<Double>

    public init(columnI: SIMD3<Double>, columnJ: SIMD3<Double>, columnK: SIMD3<Double>, origin: SIMD3<Double>) {
        (self.columnI, self.columnJ, self.columnK, self.origin) = (columnI, columnJ, columnK, origin)
    }

    /// A patch that copies the source from voxel `corner` on.
    public init(corner: SIMD3<Double>) {
        self.init(columnI: SIMD3(1, 0, 0), columnJ: SIMD3(0, 1, 0), columnK: SIMD3(0, 0, 1), origin: corner)
    }

    /// The source place of a patch place.
    public func callAsFunction(_ patch: SIMD3<Double>) -> SIMD3<Double> {
        columnI * patch.x + columnJ * patch.y + columnK * patch.z + origin
    }

    /// The patch place that the source place comes from, or `nil` when the map has no inverse.
    public func inverse(_ source: SIMD3<Double>) -> SIMD3<Double>? {
        let d = tripleProduct(columnI, columnJ, columnK)
        guard d != 0, d.isFinite else { return nil }
        let p = source - origin
        return SIMD3(
            tripleProduct(p, columnJ, columnK), tripleProduct(columnI, p, columnK), tripleProduct(columnI, columnJ, p))
            / d
    }

    /// The three rows of four numbers.
    public var rows: [[Double]] { (0..<3).map { [columnI[$0], columnJ[$0], columnK[$0], origin[$0]] } }
}

extension VoxelMap: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let rows = try container.decode([[Double]].self)
        guard rows.count == 3, rows.allSatisfy({ $0.count == 4 && $0.allSatisfy(\.isFinite) }) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "expected three rows of four finite numbers but found \(rows)")
        }
        func column(_ n: Int) -> SIMD3<Double> { SIMD3(rows[0][n], rows[1][n], rows[2][n]) }
        self.init(columnI: column(0), columnJ: column(1), columnK: column(2), origin: column(3))
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(rows)
    }
}

private func tripleProduct(_ a: SIMD3<Double>, _ b: SIMD3<Double>, _ c: SIMD3<Double>) -> Double {
    a.x * (b.y * c.z - b.z * c.y) - a.y * (b.x * c.z - b.z * c.x) + a.z * (b.x * c.y - b.y * c.x)
}
