import Datasets
import FoundationEssentials
import NIfTI
import TestData
import Testing
import Volumes

/// Headers of KiTS19 against `kits.json`.
@Suite struct StatedSpacingTests {
    /// The finding of a tree of two cases whose headers have the given voxel sizes along i, j, k while the table says
    /// 5 x 0.8 x 0.8 mm.
    private func finding(_ spacings: [[Double]]) async throws -> Finding? {
        let folder = try TemporaryFolder()
        var entries: [String] = []
        for (n, spacing) in spacings.enumerated() {
            let id = "case_0000\(n)",
                grid = Grid(
                    shape: try GridShape(2, 3, 3),
                    affine: Affine(spacing: try Spacing(spacing[0], spacing[1], spacing[2])))
            try folder.write(["data/\(id)/notes.txt"])
            for name in ["imaging", "segmentation"] {
                try NIfTIWriter.write(
                    LabelMap(grid: grid, voxels: [UInt8](repeating: 1, count: 18)),
                    to: folder.url.appending(path: "data/\(id)/\(name).nii").path, gzip: false)
            }
            entries.append(
                #"{"case_id": "\#(id)", "voxel_spacing": {"x_spacing": 0.8, "y_spacing": 0.8, "z_spacing": 5}}"#)
        }
        try folder.write(["data/kits.json"], "[\(entries.joined(separator: ","))]")
        let auditor = try Auditor(
            manifest: library.manifest("kits19"), source: folder.url, options: AuditOptions(headersOnly: true))
        return try await auditor.run(jobs: 1).findings.first { $0.code == .spacingNotAsListed }
    }

    @Test func equalSizesAreNoFinding() async throws {
        #expect(try await finding([[5, 0.8, 0.8], [5.0001, 0.8, 0.8]]) == nil)
    }

    @Test func theResampledBranchIsNamed() async throws {
        let found = try #require(try await finding([[3, 0.78162497, 0.78162497], [3, 0.782, 0.782]]))
        #expect(found.severity == .information)
        #expect(
            found.expected == "the voxel size that kits.json states, here 5 x 0.8 x 0.8 mm"
                && found.found
                    == "3 x 0.78 x 0.78 mm; so in 2 images (case_00000, case_00001): every one is of the branch interpolated"
        )
    }

    @Test func otherSliceDistancesAreAWarning() async throws {
        let found = try #require(try await finding([[2.5, 0.8, 0.8], [5, 0.8, 0.8]]))
        #expect(found.severity == .warning && found.caseID == "case_00000")
        #expect(found.found.hasSuffix("so in 1 images (case_00000): along the slices, which changes every volume"))
    }

    @Test func aReducedCopyIsAnInformation() async throws {
        let found = try #require(try await finding([[5, 1.6, 1.6], [5, 3.2, 3.2]]))
        #expect(found.severity == .information && found.caseID == nil)
        #expect(found.found.hasSuffix("in plane alone, as in a reduced copy"))
    }
}
