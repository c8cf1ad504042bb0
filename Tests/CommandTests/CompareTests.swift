import FoundationEssentials
import NIfTI
import TestData
import Testing
import Volumes

/// `iris compare` on results of `iris metrics`.
@Suite struct CompareTests {
    private let folder = try! TemporaryFolder()

    private struct Row: Decodable {
        struct Comparison: Decodable {
            let pairs: Int
            let meanDifference, permutationLower, permutationUpper, wilcoxonP: Double
        }
        let score: String
        let value: Int?
        let comparison: Comparison
    }

    /// Ten cases with a bar of ten voxels, each predicted `shifts[case]` voxels further on: Dice is 1 - shift / 10.
    private func result(_ name: String, shifts: [Int], options: [String] = []) throws -> String {
        let grid = Grid(shape: try GridShape(30, 5, 5), affine: Affine(spacing: try Spacing(1, 1, 1)))
        for (number, shift) in shifts.enumerated() {
            for (part, start) in [("reference", 5), (name, 5 + shift)] {
                var labels = try LabelMap(grid: grid, voxels: [UInt8](repeating: 0, count: grid.shape.count))
                for i in start..<start + 10 { labels[i, 2, 2] = 1 }
                try FileManager.default.createDirectory(
                    atPath: folder.path(part), withIntermediateDirectories: true)
                try NIfTIWriter.write(labels, to: folder.path("\(part)/case\(number).nii"), gzip: false)
            }
        }
        let run = try IrisCommand(
            ["metrics", "--prediction", folder.path(name), "--reference", folder.path("reference"), "--json"] + options)
        try #require(run.status == 0, "\(run.errors)")
        let file = folder.path("\(name)\(options.count).json")
        try Data(run.output.utf8).write(to: URL(filePath: file))
        return file
    }

    /// The second prediction is 2 voxels nearer in eight cases, 2 farther in one and the same in one: differences of
    /// 0.2, -0.2 and 0.
    @Test func differencesOfPairsAreTold() throws {
        let a = try result("a", shifts: [4, 4, 4, 4, 4, 4, 4, 4, 2, 1])
        let b = try result("b", shifts: [2, 2, 2, 2, 2, 2, 2, 2, 4, 1])
        let run = try IrisCommand(["compare", a, b, "--json"])
        let rows: [Row] = try run.json()
        let row = try #require(rows.first { $0.score == "dice" && $0.value == 1 })
        #expect(run.status == 0 && run.errors.isEmpty && row.comparison.pairs == 10)
        #expect(abs(row.comparison.meanDifference - 0.14) < 1e-9)
        #expect(row.comparison.permutationLower < 0.14 && row.comparison.permutationUpper > 0.14)
        // Nine differences of one size, one of them negative, share the rank 5: the sum of the positive is 40, 17.5 above its
        // mean and 17.5 / 7.5 deviations (sqrt(9 · 10 · 19 / 24 - (729 - 9) / 48)), so p = erfc(2.333 / sqrt 2) = 0.0196.
        #expect(abs(row.comparison.wilcoxonP - 0.0196) < 5e-4)
        let text = try IrisCommand(["compare", a, b])
        #expect(text.status == 0 && text.output.contains("0.1400"), "\(text.output)")
        // The other way round the sign turns.
        let back: [Row] = try IrisCommand(["compare", b, a, "--json"]).json()
        #expect(
            back.first { $0.score == "dice" && $0.value == 1 }?.comparison.meanDifference == -row.comparison
                .meanDifference)
    }

    @Test func resultsThatDoNotCompareAreRefused() throws {
        let a = try result("a", shifts: [1, 2]),
            other = try result("a", shifts: [1, 2], options: ["--tolerance", "2"])
        let tolerances = try IrisCommand(["compare", a, other])
        #expect(tolerances.status == 2)
        #expect(tolerances.errors.contains("made with different tolerances or empty-mask policies: 1.0 mm"))
        let absent = try IrisCommand(["compare", a, folder.path("none.json")])
        #expect(absent.status == 2 && absent.errors.contains("none.json: cannot be read."))
        try Data("{}".utf8).write(to: folder.url.appending(path: "empty.json"))
        let empty = try IrisCommand(["compare", folder.path("empty.json"), a])
        #expect(empty.status == 2 && empty.errors.contains("empty.json: expected a result of iris metrics"))
        // Names of scores changed; those of an earlier version would be missing without a word.
        let text = try String(contentsOf: URL(filePath: a), encoding: .utf8)
        let earlier = text.replacing(#""format" : "iris-metrics-2""#, with: #""format" : "iris-metrics-1""#)
        try #require(earlier != text)
        try Data(earlier.utf8).write(to: folder.url.appending(path: "earlier.json"))
        let old = try IrisCommand(["compare", folder.path("earlier.json"), a])
        #expect(old.status == 2 && old.errors.contains("One of an earlier version is to be made again."))
    }
}
