import Datasets
import Testing
import Volumes

/// A cube is labelled where the image shows nothing but noise; what the image shows instead lies 11 voxels further along i and
/// j, which is more than the noise changes anywhere.
@Suite struct LabelAgreementTests {
    private static let label = VoxelBox(lower: SIMD3(15, 15, 14), upper: SIMD3(35, 35, 34))

    /// Noise of 20 either way, and 120 more inside a box.
    private func findings(of box: VoxelBox) async throws -> [Finding] {
        let cases = try AuditedCases()
        try cases.add(
            "one", modality: .mr, grid: Grid(SIMD3(64, 64, 56), spacing: .one),
            image: { place in
                let voxel = SIMD3<Int>(place.rounded(.down))
                var hash = UInt64(voxel.x + 64 * (voxel.y + 64 * voxel.z) + 1) &* 0x9e37_79b9_7f4a_7c15
                hash = (hash ^ hash >> 31) &* 0xbf58_476d_1ce4_e5b9
                return 100 + Double(hash >> 40) / Double(1 << 24) * 40 + (box.contains(voxel) ? 120 : 0)
            },
            label: { Self.label.contains(SIMD3<Int>($0.rounded(.down))) ? 1 : 0 })
        return try await cases.report(structures: ["liver"]).findings.filter { $0.code == .shiftedLabel }
    }

    @Test("A label beside a cube of its size is shifted") func cube() async throws {
        let found = try await findings(of: VoxelBox(lower: SIMD3(26, 26, 19), upper: SIMD3(46, 46, 39)))
        #expect(found.count == 1)
        #expect(found.first?.found.contains("when moved by (11, 11, 5) voxels") == true, "\(found.map(\.found))")
    }

    /// Moved onto the column, the label fits along i and j and nowhere along k: an edge of something else, as the skin is.
    @Test("A label beside a column is not") func column() async throws {
        #expect(try await findings(of: VoxelBox(lower: SIMD3(26, 26, 0), upper: SIMD3(46, 46, 56))) == [])
    }
}

extension VoxelBox {
    fileprivate func contains(_ voxel: SIMD3<Int>) -> Bool { all(voxel .>= lower) && all(voxel .< upper) }
}
