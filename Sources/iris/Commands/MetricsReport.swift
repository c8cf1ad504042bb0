import FoundationEssentials
import Metrics

/// The result of `iris metrics` as tables and CSV.
struct MetricsReport {
    let result: FolderComparison.Result
    let classNames: [UInt8: String]

    /// The scores that tables show; JSON and CSV hold all.
    private static let shown = ["dice", "iou", "surfaceDice", "hd95", "assd"]

    func printTables() {
        var table = Table([.text("class")] + Self.shown.map { .number($0) } + [.number("cases")])
        for entry in result.summary.classes {
            table.add([name(entry.value)] + cells(entry.scores) + ["\(entry.scores["dice"]?.count ?? 0)"])
        }
        table.add(["all"] + cells(result.summary.overall) + ["\(result.summary.overall["dice"]?.count ?? 0)"])
        table.printFitted()
        print()
        print(
            "Means with 95 % bootstrap intervals over cases; surface Dice at \(result.tolerance) mm, distances in mm.")
        print("Empty masks: \(result.policy).")
        let missing = result.cases.count { $0.status == .missing }
        let refused = result.cases.count { $0.status == .refused }
        print(
            "Cases: \(result.cases.count - missing - refused) compared, \(missing) without a prediction (count as empty), "
                + "\(refused) refused (not in the means).")
        for entry in result.cases where entry.status != .compared {
            Terminal.warn("\(entry.name): \(entry.status.rawValue): \(entry.problem ?? "")")
        }
        for name in result.extraPredictions {
            Terminal.warn("\(name): a prediction without a reference; not compared.")
        }
    }

    private func name(_ value: UInt8) -> String { classNames[value].map { "\(value) \($0)" } ?? "\(value)" }

    private func cells(_ scores: [String: BootstrapInterval]) -> [String] {
        Self.shown.map { score in
            guard let interval = scores[score] else { return "–" }
            let values = [interval.mean, interval.lower, interval.upper].map { $0.formatted(decimals: 3) }
            return "\(values[0]) [\(values[1]), \(values[2])]"
        }
    }

    /// One row per case and class; a score that does not exist is an empty field.
    func writeCSV(to path: String) throws {
        let scores = ClassMetrics.scores
        var text = CSV.row(
            ["case", "status", "value", "name"] + scores.map(\.name) + ["referenceVolume", "predictionVolume"])
        for entry in result.cases {
            for metrics in entry.metrics {
                text += CSV.row(
                    [entry.name, entry.status.rawValue, "\(metrics.value)", classNames[metrics.value] ?? ""]
                        + scores.map { metrics[keyPath: $0.value].map { "\($0)" } ?? "" }
                        + ["\(metrics.referenceVolume)", "\(metrics.predictionVolume)"])
            }
        }
        try Data(text.utf8).write(to: URL(filePath: path), options: .atomic)
    }
}
