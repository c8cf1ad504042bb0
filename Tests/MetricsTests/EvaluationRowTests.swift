import FoundationEssentials
import Metrics
import Testing
import Volumes

@Suite struct EvaluationRowTests {
    /// A run whose Dice of class 1 and 2 is given, made by comparing runs of voxels of known overlap.
    private func run(_ name: String, _ number: Int, _ dice: [Double]) throws -> EvaluationResult.Run {
        let grid = Grid(shape: try GridShape(40, 4, 4), affine: Affine(spacing: try Spacing(1, 1, 1)))
        let metrics = try dice.enumerated().map { place, dice in
            // Ten planes of voxels and ten others that share `dice` times ten planes: Dice = 2 * 10 dice / 20.
            let shift = Int((10 * (1 - dice)).rounded())
            func labels(_ start: Int) throws -> LabelMap {
                try LabelMap(
                    grid: grid,
                    voxels: (0..<grid.shape.count).map { (start..<start + 10).contains($0 % 40) ? UInt8(place + 1) : 0 }
                )
            }
            return try LabelMapComparison(tolerance: 1).metrics(
                of: [UInt8(place + 1)], reference: labels(5), prediction: labels(5 + shift))[0]
        }
        return EvaluationResult.Run(
            strategy: "s", repeat: number, dataset: "d", name: name, seconds: 1, metrics: metrics, prediction: nil)
    }

    private func result(_ runs: [EvaluationResult.Run]) -> EvaluationResult {
        EvaluationResult(
            provenance: EvaluationProvenance(
                program: "p", checkpoint: FileDigest(path: "c", digest: "1"), model: "2",
                training: .init(run: nil, configuration: nil, episodes: nil, store: nil),
                ledger: FileDigest(path: "l", digest: "3"), store: .init(folder: "f", digest: "4", preparations: [:]),
                cases: []),
            settings: .init(
                split: "test", references: 1, repeats: 2, seed: 0, grid: "store", tolerance: 1,
                policy: EmptyMaskPolicy(), weights: "average", neighbours: 3, list: "paper", referenceSplits: ["train"]),
            classes: [1, 2].map { .init(dataset: "d", value: $0, name: "class \($0)") }, runs: runs, costs: [],
            map: nil)
    }

    /// Two queries, two choices of references. Class 1: (0.8, 0.6) and (0.4, 0.2); class 2: 1 and 0.5 throughout.
    private func runs() throws -> [EvaluationResult.Run] {
        [
            try run("a", 0, [0.8, 1]), try run("b", 0, [0.4, 0.5]), try run("a", 1, [0.6, 1]),
            try run("b", 1, [0.2, 0.5]),
        ]
    }

    @Test func meansAndSpread() throws {
        let rows = result(try runs()).rows
        #expect(rows.map(\.value) == [1, 2, nil])
        let first = rows[0].scores["dice"]!
        // The queries' means are 0.7 and 0.3: two values, not four.
        #expect(abs(first.mean - 0.5) < 1e-12 && first.count == 2)
        #expect(abs(first.lower - 0.3) < 1e-12 && abs(first.upper - 0.7) < 1e-12)
        // The choices' means are 0.6 and 0.4; with n - 1 below their deviation is 0.2 / sqrt(2).
        let spread = rows[0].spread["dice"]!
        #expect(zip(spread.means, [0.6, 0.4]).allSatisfy { abs($0 - $1) < 1e-12 })
        #expect(abs(spread.deviation - 0.2 / 2.0.squareRoot()) < 1e-12)
        #expect(rows[1].spread["dice"]!.deviation == 0)
        // Over classes: a has 0.9 and 0.8, b 0.45 and 0.35.
        #expect(abs(rows[2].scores["dice"]!.mean - 0.625) < 1e-12)
        #expect(abs(rows[2].spread["dice"]!.deviation - 0.1 / 2.0.squareRoot()) < 1e-12)
    }

    @Test func oneChoiceHasNoSpread() throws {
        let rows = result(try runs().filter { $0.repeat == 0 }).rows
        #expect(rows.allSatisfy { $0.spread.isEmpty && $0.scores["dice"]!.count == 2 })
    }

    /// Each query is one pair, of its mean over the choices of references: 0.7 and 0.3 against 0.9 and 0.4.
    @Test func evaluationsComparePairByPair() throws {
        let first = PairedScores(result(try runs()))
        let second = PairedScores(
            result([try run("a", 0, [0.9, 1]), try run("b", 0, [0.4, 0.5]), try run("c", 0, [1, 1])]))
        let rows = first.compared(with: second).filter { $0.score == "dice" }
        #expect(rows.map(\.value) == [nil, 1, 2] && rows.allSatisfy { $0.strategies == ["s", "s"] })
        #expect(rows.map(\.comparison.pairs) == [2, 2, 2])
        // Over classes a rises from 0.85 to 0.95 and b from 0.4 to 0.45.
        #expect(abs(rows[0].comparison.meanDifference - 0.075) < 1e-12)
        #expect(abs(rows[1].comparison.meanDifference - 0.15) < 1e-12)
        #expect(rows[2].comparison.meanDifference == 0)
    }

    @Test func filesComeBackAndTellEdits() throws {
        let url = FileManager.default.temporaryDirectory.appending(path: "result-\(UUID().uuidString).json")
        defer { try? FileManager.default.removeItem(at: url) }
        let result = result(try runs())
        try EvaluationFile.write(result, to: url)
        let read = try EvaluationFile.read(url)
        #expect(read.result == result && read.isIntact)
        var text = try String(contentsOf: url, encoding: .utf8)
        text = text.replacing("\"name\" : \"b\"", with: "\"name\" : \"c\"")
        try Data(text.utf8).write(to: url)
        #expect(try !EvaluationFile.read(url).isIntact)
    }
}
