import FoundationEssentials
import Metrics
import NIfTI
import Testing
import Volumes

@Suite struct FolderComparisonTests {
    private let folder = FileManager.default.temporaryDirectory.appending(path: "metrics-\(UUID().uuidString)")

    /// Four references: one predicted with a shift, one missing, one on a moved grid, one damaged.
    private func withFolders(_ body: (FolderComparison) async throws -> Void) async throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        for name in ["prediction", "reference"] {
            try FileManager.default.createDirectory(
                at: folder.appending(path: name), withIntermediateDirectories: true)
        }
        let spacing = try Spacing(1, 1, 2)
        let grid = Grid(shape: try GridShape(20, 10, 8), affine: Affine(spacing: spacing))
        let moved = Grid(shape: grid.shape, affine: Affine(spacing: spacing, origin: SIMD3(1, 0, 0)))
        func box(from i: Int, on grid: Grid) throws -> LabelMap {
            var labels = try LabelMap(grid: grid, voxels: Array(repeating: 0, count: grid.shape.count))
            for k in 2..<6 { for j in 2..<8 { for i in i..<i + 10 { labels[i, j, k] = 2 } } }
            return labels
        }
        func write(_ labels: LabelMap, _ path: String) throws {
            try NIfTIWriter.write(labels, to: folder.appending(path: path).path, gzip: path.hasSuffix(".gz"))
        }
        for name in ["a", "b", "c", "d"] { try write(try box(from: 3, on: grid), "reference/\(name).nii.gz") }
        try write(try box(from: 5, on: grid), "prediction/a.nii")
        try write(try box(from: 2, on: moved), "prediction/c.nii.gz")
        try Data("not an image".utf8).write(to: folder.appending(path: "prediction/d.nii"))
        try write(try box(from: 3, on: grid), "prediction/e.nii.gz")
        try await body(
            FolderComparison(
                predictions: folder.appending(path: "prediction"), references: folder.appending(path: "reference")))
    }

    @Test func everyCaseIsAccountedFor() async throws {
        try await withFolders { comparison in
            let result = try await comparison.run(jobs: 2)
            #expect(result.cases.map(\.name) == ["a", "b", "c", "d"])
            #expect(result.cases.map(\.status) == [.compared, .missing, .refused, .refused])
            #expect(result.extraPredictions == ["e"])
            // A shift by 2 of 10 voxels shares 8 of 10.
            #expect(abs(result.cases[0].metrics[0].dice! - 0.8) < 1e-12)
            #expect(result.cases[1].metrics[0].dice == 0)
            #expect(
                result.cases[2].problem!.hasSuffix(
                    "expected the reference's grid but a corner lies 1.0 mm away. Write the prediction on that grid, or ask for resampling."
                ))
            #expect(abs(result.summary.classes[0].scores["dice"]!.mean - 0.4) < 1e-12)
            #expect(result.summary.classes[0].scores["dice"]!.count == 2)
        }
    }

    /// The moved grid's box starts at i = 2 of a grid 1 mm further along x: the very same place.
    @Test func resamplingBringsPredictionsHome() async throws {
        try await withFolders { comparison in
            var comparison = comparison
            comparison.resamplesPredictions = true
            let result = try await comparison.run(jobs: 1)
            #expect(result.cases[2].metrics[0].dice == 1)
        }
    }

    @Test func theNumberOfJobsChangesNothing() async throws {
        try await withFolders { comparison in
            let encoder = JSONEncoder()
            encoder.outputFormatting = .sortedKeys
            let one = try encoder.encode(try await comparison.run(jobs: 1))
            let four = try encoder.encode(try await comparison.run(jobs: 4))
            #expect(four == one)
        }
    }

    @Test func foldersThatCannotBeComparedAreNamed() async throws {
        let nowhere = URL(filePath: "/nowhere")
        await #expect(throws: FolderComparisonError.unreadable("/nowhere")) {
            try await FolderComparison(predictions: nowhere, references: nowhere).run(jobs: 1)
        }
    }
}

@Suite struct ClassParallelTests {
    /// Measuring classes side by side gives the numbers of measuring them one after the other.
    @Test func manyJobsGiveTheNumbersOfOne() async throws {
        let grid = Grid(shape: try GridShape(24, 20, 16), affine: Affine(spacing: try Spacing(1, 1.5, 2)))
        func labels(_ shift: Int) throws -> LabelMap {
            let voxels = (0..<grid.shape.count).map { UInt8(($0 / 7 + shift) % 5) }
            return try LabelMap(grid: grid, voxels: voxels)
        }
        let (reference, prediction) = (try labels(0), try labels(2))
        let one = try LabelMapComparison(tolerance: 1).metrics(
            of: [1, 2, 3, 4, 9], reference: reference, prediction: prediction)
        let many = try await LabelMapComparison.metrics(
            of: [1, 2, 3, 4, 9], reference: reference, prediction: prediction, tolerance: 1, jobs: 3)
        #expect(many == one)
        #expect(one[0].hausdorff95! > 0 && one[4].dice == nil)
    }
}
