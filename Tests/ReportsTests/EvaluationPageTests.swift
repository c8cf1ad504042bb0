import Metrics
import Reports
import Testing
import Volumes

@Suite struct EvaluationPageTests {
    private let grid = Grid(shape: try! GridShape(24, 12, 10), affine: Affine(spacing: try! Spacing(1, 1, 1)))

    private func box(_ start: Int) throws -> LabelMap {
        var labels = try LabelMap(grid: grid, voxels: Array(repeating: 0, count: grid.shape.count))
        for k in 3..<7 { for j in 3..<9 { for i in start..<start + 10 { labels[i, j, k] = 1 } } }
        return labels
    }

    /// Strategies, each with two choices of references for three queries; a shift of n voxels has Dice 1 - n / 10.
    private func result(_ strategies: [String]) throws -> EvaluationResult {
        var runs: [EvaluationResult.Run] = []
        for (n, strategy) in strategies.enumerated() {
            for number in 0..<2 {
                for (query, name) in ["a", "b", "<c>"].enumerated() {
                    let metrics = try LabelMapComparison(tolerance: 1).metrics(
                        of: [1], reference: box(2), prediction: box(2 + n + query + number))
                    runs.append(
                        .init(
                            strategy: strategy, repeat: number, dataset: "d", name: name, seconds: 0.5,
                            metrics: metrics, prediction: nil))
                }
            }
        }
        return EvaluationResult(
            provenance: EvaluationProvenance(
                program: "p", checkpoint: FileDigest(path: "c", digest: "1"), model: "2",
                training: .init(run: nil, configuration: nil, episodes: nil, store: nil),
                ledger: FileDigest(path: "l", digest: "3"),
                store: .init(folder: "f", digest: "4", preparations: ["d": ["5"]]), cases: []),
            settings: .init(
                split: "test", references: 1, repeats: 2, seed: 0, grid: "store", tolerance: 1,
                policy: EmptyMaskPolicy(), weights: "average", neighbours: 3, list: "paper", referenceSplits: ["train"]),
            classes: [.init(dataset: "d", value: 1, name: "spleen")], runs: runs,
            costs: strategies.map {
                .init(strategy: $0, encodings: 2, preparationSeconds: 1, queries: 6, secondsPerQuery: 0.5)
            },
            map: .init(
                points: (0..<4).map { .init(dataset: "d", name: "r\($0)", value: 1, x: Double($0), y: 1) },
                explained: [0.75, 0.2]))
    }

    /// Every strategy has its row, the better one gives the pictures, each query comes once, worst first.
    @Test func thePageHoldsWhatWasMeasured() throws {
        let names = ["one-shot", "ensemble", "memory-bank", "retrieval", "image-retrieval", "tuned"]
        var page = EvaluationPage(try result(names))
        let (image, truth) = (
            try Volume<Float>(grid: grid, voxels: (0..<grid.shape.count).map { Float($0 % 24) }), try box(2)
        )
        var asked: [(String, String, Int)] = []
        page.volumes = { run in
            asked.append((run.strategy, run.name, run.repeat))
            return (image, truth, try! box(4))
        }
        let document = page.document
        for name in names { #expect(document.contains("<td data-key=\"\(name)\" class=\"name\">\(name)</td>")) }
        // Shifts of 0 + 0...2 + 0...1: means 0.95, 0.85, 0.75; deviation of 0.9 and 0.8.
        #expect(document.contains("<b>0.850</b>mean Dice of one-shot on d"))
        #expect(document.contains("0.0707"))
        #expect(asked.map(\.0) == ["one-shot", "one-shot", "one-shot"])
        #expect(asked.map(\.1) == ["<c>", "b", "a"] && asked.map(\.2) == [1, 1, 0])
        #expect(document.matches(of: /data:image\/png;base64,/).count == 3)
        #expect(document.contains("<b>&lt;c&gt; · spleen · choice 2</b><br>Dice 0.700"))
        #expect(document.contains("75 % and 20 % of the variance"))
        #expect(!document.contains("<c>"))
    }

    @Test func oneStrategyNeedsNoComparison() throws {
        let document = EvaluationPage(try result(["one-shot"])).document
        #expect(!document.contains("the strategy of the highest Dice"))
        #expect(document.contains("<h3>HD95</h3>"))
        #expect(!document.contains("data:image/png"))
    }

    /// Two runs of 2000 voxels that share one have a Dice of 0.0005, which is not to be read as 5.00e-4 among others.
    @Test func smallScoresKeepTheirDigits() throws {
        let long = Grid(shape: try GridShape(4200, 1, 1), affine: Affine(spacing: try Spacing(1, 1, 1)))
        func run(from start: Int) throws -> LabelMap {
            try LabelMap(grid: long, voxels: (0..<4200).map { (start..<start + 2000).contains($0) ? 1 : 0 })
        }
        var result = try result(["one-shot"])
        let metrics = try LabelMapComparison(tolerance: 1).metrics(
            of: [1], reference: run(from: 0), prediction: run(from: 1999))
        #expect(abs(metrics[0].dice! - 0.0005) < 1e-12)
        result = EvaluationResult(
            provenance: result.provenance, settings: result.settings, classes: result.classes,
            runs: [
                .init(
                    strategy: "one-shot", repeat: 0, dataset: "d", name: "a", seconds: 1, metrics: metrics,
                    prediction: nil)
            ], costs: [], map: nil)
        let document = EvaluationPage(result).document
        #expect(document.contains(">0.001<span class=\"interval\"> [0.001, 0.001]</span>"))
        #expect(!document.contains("e-4</td>"))
    }
}
