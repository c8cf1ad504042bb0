import ArgumentParser
import FoundationEssentials
import Metrics

/// `iris compare`: two results of `iris metrics` against each other.
struct Compare: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Compare two results of iris metrics --json, pair by pair.",
        discussion: """
            Pairs are cases and classes that both results scored. Differences are B minus A. The p value is Wilcoxon's \
            signed-rank test; the interval holds the differences that a sign-flip test does not reject at 5 %.
            """)

    @Argument(help: "JSON file of the first result.", completion: .file(extensions: ["json"])) var a: String
    @Argument(help: "JSON file of the second result.", completion: .file(extensions: ["json"])) var b: String
    @Flag(help: "Print one JSON document.") var json = false

    /// One score compared over one class, or over all (`value` nil).
    private struct Row: Encodable {
        let score: String
        let value: UInt8?
        let comparison: PairedComparison
    }

    func run() throws {
        let first = try read(a), second = try read(b)
        guard first.tolerance == second.tolerance, first.policy == second.policy else {
            throw ValidationError(
                "the results were made with different tolerances or empty-mask policies: "
                    + "\(first.tolerance) mm, \(first.policy); \(second.tolerance) mm, \(second.policy). Make them alike."
            )
        }
        let rows = Self.rows(first, second)
        guard !rows.isEmpty else { throw ValidationError("the results share no scored case and class.") }
        if json { return try JSONOutput.print(rows) }
        var table = Table([
            .text("score"), .text("class"), .number("pairs"), .number("B - A"), .number("95 % interval"), .number("p"),
        ])
        for row in rows {
            let c = row.comparison
            table.add([
                row.score, row.value.map { "\($0)" } ?? "all", "\(c.pairs)", c.meanDifference.formatted(decimals: 4),
                "[\(c.permutationLower.formatted(decimals: 4)), \(c.permutationUpper.formatted(decimals: 4))]",
                c.wilcoxonP.formatted(significant: 2),
            ])
        }
        table.printFitted()
    }

    private static func rows(_ a: FolderComparison.Result, _ b: FolderComparison.Result) -> [Row] {
        let seconds = Dictionary(b.cases.map { ($0.name, $0.metrics) }) { first, _ in first }
        let pairs = a.cases.flatMap { entry in
            entry.metrics.compactMap { metrics in
                seconds[entry.name]?.first { $0.value == metrics.value }.map { (metrics, $0) }
            }
        }
        let values = Set(pairs.map { $0.0.value }).sorted()
        var rows: [Row] = []
        for score in ClassMetrics.scores {
            for value in [nil] + values.map(Optional.some) {
                let scored = pairs.filter { value == nil || $0.0.value == value }.compactMap { a, b in
                    a[keyPath: score.value].flatMap { x in b[keyPath: score.value].map { (x, $0) } }
                }
                if let comparison = PairedComparison(scored.map(\.0), scored.map(\.1)) {
                    rows.append(Row(score: score.name, value: value, comparison: comparison))
                }
            }
        }
        return rows
    }

    private func read(_ path: String) throws -> FolderComparison.Result {
        let data: Data
        do {
            data = try Data(contentsOf: URL(filePath: path))
        } catch {
            throw ValidationError("\(path): cannot be read. Name a file made by iris metrics --json.")
        }
        do {
            return try JSONDecoder().decode(FolderComparison.Result.self, from: data)
        } catch {
            throw ValidationError("\(path): expected a result of iris metrics --json but found other content.")
        }
    }
}
