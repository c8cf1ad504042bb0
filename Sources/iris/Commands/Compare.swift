import ArgumentParser
import FoundationEssentials
import Metrics

/// `iris compare`: two results against each other.
struct Compare: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Compare two results of iris metrics --json or of iris evaluate, pair by pair.",
        discussion: """
            Pairs are cases and classes that both results scored; in evaluations, of strategies of the same name, or of the \
            only ones. Differences are B minus A. The p value is Wilcoxon's signed-rank test; the interval holds the \
            differences that a sign-flip test does not reject at 5 %.

            Example: iris compare first/result.json second/result.json
            """)

    @Argument(help: "JSON file of the first result.", completion: .file(extensions: ["json"])) var a: String
    @Argument(help: "JSON file of the second result.", completion: .file(extensions: ["json"])) var b: String
    @Flag(help: "Print one JSON document.") var json = false

    func run() throws {
        let (first, firstLedger) = try read(a), (second, secondLedger) = try read(b)
        if firstLedger != secondLedger {
            Terminal.warn(
                "the results were made with different ledgers: their queries and references may differ, and only shared queries count."
            )
        }
        guard first.tolerance == second.tolerance, first.policy == second.policy else {
            throw ValidationError(
                "the results were made with different tolerances or empty-mask policies: "
                    + "\(first.tolerance) mm, \(first.policy); \(second.tolerance) mm, \(second.policy). Make them alike."
            )
        }
        let rows = first.compared(with: second)
        guard !rows.isEmpty else { throw ValidationError("the results share no scored case and class.") }
        if json { return try JSONOutput.print(rows) }
        let isEvaluation = rows[0].strategies != nil
        var table = Table(
            (isEvaluation ? [.text("strategy"), .text("dataset")] : []) + [
                .text("score"), .text("class"), .number("pairs"), .number("B - A"), .number("95 % interval"),
                .number("p"),
            ])
        for row in rows {
            let c = row.comparison
            let names = row.strategies.map { $0[0] == $0[1] ? $0[0] : "\($0[0]), \($0[1])" }
            table.add(
                (isEvaluation ? [names ?? "", row.dataset ?? ""] : []) + [
                    row.score, row.value.map { "\($0)" } ?? "all", "\(c.pairs)",
                    c.meanDifference.formatted(decimals: 4),
                    "[\(c.permutationLower.formatted(decimals: 4)), \(c.permutationUpper.formatted(decimals: 4))]",
                    c.wilcoxonP.formatted(significant: 2),
                ])
        }
        table.printFitted()
    }

    /// The scores of a file and, of an evaluation, the digest of its ledger.
    private func read(_ path: String) throws -> (PairedScores, ledger: String?) {
        let data: Data
        do {
            data = try Data(contentsOf: URL(filePath: path))
        } catch {
            throw ValidationError("\(path): cannot be read. Name a file made by iris metrics --json or iris evaluate.")
        }
        if let result = try? JSONDecoder().decode(FolderComparison.Result.self, from: data),
            result.format == FolderComparison.Result.currentFormat
        {
            return (PairedScores(result), nil)
        }
        guard let read = try? EvaluationFile.read(URL(filePath: path)) else {
            throw ValidationError(
                "\(path): expected a result of iris metrics --json or iris evaluate as this version writes it but found other "
                    + "content. One of an earlier version is to be made again.")
        }
        if !read.isIntact {
            Terminal.warn("\(path): was changed since iris evaluate wrote it; iris why says more.")
        }
        return (PairedScores(read.result), read.result.provenance.ledger.digest)
    }
}
