import Metrics

/// The result of `iris evaluate` as tables for the terminal.
struct EvaluationText {
    let result: EvaluationResult

    /// The scores that tables show; JSON and CSV hold all.
    private static let shown = ["dice", "surfaceDice", "hd95", "assd"]

    init(_ result: EvaluationResult) { self.result = result }

    func print(folder: String) {
        let hasSpread = result.settings.repeats > 1
        var table = Table(
            [.text("strategy"), .text("dataset"), .text("class")] + Self.shown.map { .number($0) }
                + (hasSpread ? [.number("spread of dice")] : []) + [.number("queries")])
        for row in result.rows {
            let name = row.value.map { value in
                result.classes.first { $0.dataset == row.dataset && $0.value == value }?.name ?? "\(value)"
            }
            let cells = Self.shown.map { score in
                row.scores[score].map { interval in
                    let values = [interval.mean, interval.lower, interval.upper].map { $0.formatted(decimals: 3) }
                    return "\(values[0]) [\(values[1]), \(values[2])]"
                } ?? "–"
            }
            let spread = row.spread["dice"].map { $0.deviation.formatted(decimals: 4) } ?? "–"
            table.add(
                [row.strategy, row.dataset, name ?? "all"] + cells + (hasSpread ? [spread] : [])
                    + ["\(row.scores["dice"]?.count ?? 0)"])
        }
        table.printFitted()
        Swift.print()
        var costs = Table([
            .text("strategy"), .number("encodings"), .number("s before queries"), .number("queries"),
            .number("s per query"),
        ])
        for cost in result.costs {
            costs.add([
                cost.strategy, "\(cost.encodings)", cost.preparationSeconds.formatted(decimals: 2), "\(cost.queries)",
                cost.secondsPerQuery.formatted(decimals: 3),
            ])
        }
        costs.printFitted()
        let settings = result.settings
        Swift.print(
            """

            Queries of the part \(settings.split) of the \(settings.list) list, \(settings.references) references per class \
            from \(settings.referenceSplits.joined(separator: ", ")), drawn \(settings.repeats) times; weights \
            \(settings.weights), retrievals of \(settings.neighbours). Means over queries with 95 % bootstrap intervals; surface Dice at \
            \(settings.tolerance) mm, distances in mm, on the \(settings.grid)'s grid.
            Empty masks: \(settings.policy).
            Results: \(folder)/report.html, result.json, result.csv, ledger.json
            """)
    }
}
