import FoundationEssentials
import Metrics
import NIfTI
import Volumes

/// The result of `iris evaluate` as one self-contained HTML page.
public struct EvaluationPage {
    /// The result that is shown.
    public let result: EvaluationResult
    /// How many montages of the worst and of the best the page holds.
    public var pictureCount = 6
    /// Image, reference and prediction of a run on one grid; `nil` when they are not at hand.
    public var volumes: (EvaluationResult.Run) -> (image: Volume<Float>, reference: LabelMap, prediction: LabelMap)? = {
        _ in nil
    }

    public init(_ result: EvaluationResult) { self.result = result }

    /// Writes the page, replacing one that is there.
    public func write(to url: URL) throws { try Data(document.utf8).write(to: url, options: .atomic) }

    private var strategies: [String] { ScoreSections.inOrder(result.runs.map(\.strategy)) }

    /// The page as one HTML document.
    public var document: String {
        var page = HTMLPage(title: "Evaluation of a model")
        page.add("Summary", summary)
        page.add("Strategies", comparison)
        page.add("Classes", classes)
        page.add("Distributions", distributions)
        let best = bestStrategy
        let scored = result.runs.filter { $0.strategy == best }.flatMap(scored)
        page.add("Scores and size", note(best) + ScoreSections.scoresAgainstSize(scored.map(\.entry)))
        if let map = result.map { page.add("Task embeddings", self.map(map)) }
        let extremes = ScoreSections.extremes(scored.map(\.entry), count: pictureCount)
        page.add("Lowest Dice", note(best) + gallery(extremes.worst.map { scored[$0] }))
        page.add("Highest Dice", note(best) + gallery(extremes.best.map { scored[$0] }))
        if !result.failures.isEmpty { page.add("Could not be segmented", failures) }
        page.add("Cost", costs)
        page.add("Queries", queries)
        page.add("Where it comes from", provenance)
        return page.document
    }

    private func name(_ dataset: String, _ value: UInt8) -> String {
        let name = result.classes.first { $0.dataset == dataset && $0.value == value }?.name ?? "\(value)"
        return hasOneDataset ? name : "\(dataset) \(name)"
    }

    private var hasOneDataset: Bool { Set(result.classes.map(\.dataset)).count == 1 }

    private func scored(_ run: EvaluationResult.Run) -> [(entry: ScoredClass, run: EvaluationResult.Run)] {
        let title = hasOneDataset ? run.name : "\(run.dataset)/\(run.name)"
        let choice = result.settings.repeats > 1 ? "choice \(run.repeat + 1)" : nil
        return run.metrics.map {
            (
                ScoredClass(caseName: title, variant: choice, className: name(run.dataset, $0.value), metrics: $0), run
            )
        }
    }

    /// The strategy of the highest mean Dice, which pictures and plots show.
    private var bestStrategy: String {
        func dice(_ strategy: String) -> Double {
            let rows = result.rows.filter { $0.strategy == strategy && $0.value == nil }
            return rows.compactMap { $0.scores["dice"]?.mean }.reduce(0, +)
        }
        return strategies.enumerated().max { (dice($0.element), $1.offset) < (dice($1.element), $0.offset) }?.element
            ?? ""
    }

    private func note(_ strategy: String) -> HTML {
        strategies.count > 1 ? ScoreSections.paragraph("Of \(strategy), the strategy of the highest Dice.") : HTML("")
    }

    private var summary: HTML {
        let settings = result.settings, best = bestStrategy
        let rows = result.rows.filter { $0.strategy == best && $0.value == nil }
        var tiles: [HTML] = rows.compactMap { row in
            row.scores["dice"].map {
                ScoreSections.tile(
                    $0.mean.decimal(3),
                    "mean Dice of \(best) on \(row.dataset), 95 % interval \($0.lower.decimal(3)) to \($0.upper.decimal(3))"
                )
            }
        }
        let queries = Set(result.runs.map { "\($0.dataset)/\($0.name)" }).count
        tiles += [
            ScoreSections.tile("\(strategies.count)", strategies.count == 1 ? "strategy" : "strategies"),
            ScoreSections.tile("\(queries)", "queries of the split \(settings.split)"),
            ScoreSections.tile(
                "\(settings.references)", settings.references == 1 ? "reference" : "references per class"),
            ScoreSections.tile(
                "\(settings.repeats)", settings.repeats == 1 ? "choice of references" : "choices of references"),
            ScoreSections.tile("\(result.classes.count)", "classes"),
        ]
        return .element("div", [("class", "tiles")], tiles)
            + ScoreSections.paragraph(
                """
                Scores on the \(settings.grid)'s grid. Means over queries of each query's mean over the choices of references, \
                with 95 % bootstrap intervals over queries. Spread: the standard deviation of the means of the choices. Surface \
                Dice at \(settings.tolerance.short) mm. Empty masks: \(settings.policy). Weights: \(settings.weights); the retrievals \
                average \(settings.neighbours) embeddings.
                """)
    }

    /// One row per strategy and dataset.
    private var comparison: HTML {
        table(result.rows.filter { $0.value == nil }, hasClass: false)
    }

    private var classes: HTML { table(result.rows.filter { $0.value != nil }, hasClass: true) }

    private func table(_ rows: [EvaluationRow], hasClass: Bool) -> HTML {
        let hasSpread = result.settings.repeats > 1
        var table = HTMLTable(
            [.name("strategy", isFilter: hasClass)] + (hasOneDataset ? [] : [.name("dataset", isFilter: hasClass)])
                + (hasClass ? [.name("class", isFilter: true)] : [])
                + ScoreSections.shown.flatMap { score -> [HTMLTable.Column] in
                    let title = score.unit.isEmpty ? score.title : "\(score.title), \(score.unit)"
                    return [.number(title)] + (hasSpread && score.name == "dice" ? [.number("spread")] : [])
                } + [.number("queries"), .number("s per query")])
        for row in rows {
            var cells: [HTMLTable.Cell] = [.init(row.strategy)]
            if !hasOneDataset { cells.append(.init(row.dataset)) }
            if let value = row.value { cells.append(.init(name(row.dataset, value))) }
            for score in ScoreSections.shown {
                cells.append(ScoreSections.cell(row.scores[score.name], digits: score.digits))
                if hasSpread, score.name == "dice" { cells.append(spread(row.spread["dice"])) }
            }
            let cost = result.costs.first { $0.strategy == row.strategy }
            cells.append(.init(Double(row.scores["dice"]?.count ?? 0), digits: 0))
            cells.append(.init(cost?.secondsPerQuery, digits: 2))
            table.add(cells)
        }
        return table.html
    }

    private func spread(_ spread: EvaluationRow.Spread?) -> HTMLTable.Cell {
        guard let deviation = spread?.deviation else { return .init(nil, digits: 4) }
        return .init(HTML(deviation.decimal(4)), key: "\(deviation)")
    }

    /// Dice of each class, a box per strategy; with one strategy all scores, a box per class.
    private var distributions: HTML {
        guard strategies.count > 1 else {
            return ScoreSections.distributions(result.runs.flatMap(scored).map(\.entry))
        }
        return SVGPlot.grid(
            result.classes.map { entry in
                SVGPlot.boxes(
                    "Dice of \(name(entry.dataset, entry.value))",
                    strategies.map { strategy in
                        (
                            strategy,
                            result.runs.filter { $0.strategy == strategy && $0.dataset == entry.dataset }
                                .flatMap(\.metrics).filter { $0.value == entry.value }.compactMap(\.dice)
                        )
                    }, unit: "")
            })
    }

    private func map(_ map: EvaluationResult.EmbeddingMap) -> HTML {
        let names = ScoreSections.inOrder(map.points.map { name($0.dataset, $0.value) })
        let share = map.explained.map { "\(($0 * 100).fixed(0)) %" }.joined(separator: " and ")
        return ScoreSections.paragraph(
            """
            Each dot is the task embedding of one structure in one reference, projected onto the two directions in which all of \
            them spread most (principal components; \(share) of the variance).
            """)
            + SVGPlot.grid([
                SVGPlot.scatter(
                    "Task embeddings",
                    series: names.map { title in
                        (
                            title,
                            map.points.filter { name($0.dataset, $0.value) == title }.map { ($0.x, $0.y, $0.name) }
                        )
                    }, xUnit: "first component", yUnit: "")
            ])
    }

    private func gallery(_ entries: [(entry: ScoredClass, run: EvaluationResult.Run)]) -> HTML {
        ScoreSections.gallery(entries.map(\.entry)) { n in
            volumes(entries[n].run).flatMap {
                ComparisonPicture(reference: $0.reference, prediction: $0.prediction, image: $0.image)
                    .dataURL(value: entries[n].entry.metrics.value)
            }
        }
    }

    private var costs: HTML {
        var table = HTMLTable([
            .name("strategy"), .number("encodings of references"), .number("s before queries"), .number("queries"),
            .number("s per query"),
        ])
        for cost in result.costs {
            table.add([
                .init(cost.strategy), .init(Double(cost.encodings), digits: 0),
                .init(cost.preparationSeconds, digits: 2), .init(Double(cost.queries), digits: 0),
                .init(cost.secondsPerQuery, digits: 3),
            ])
        }
        return ScoreSections.paragraph(
            "References are encoded once for all queries; an encoding that several strategies share counts for each of them."
        )
            + table.html
    }

    private var failures: HTML {
        var table = HTMLTable([
            .name("query"), .name("strategy", isFilter: true), .number("choice"), .text("problem"),
        ])
        for failure in result.failures {
            table.add([
                .init("\(failure.dataset)/\(failure.name)"), .init(failure.strategy),
                .init(Double(failure.repeat + 1), digits: 0), .init(failure.problem),
            ])
        }
        return ScoreSections.paragraph("No score counts these; the others went on.") + table.html
    }

    private var queries: HTML {
        let scores = ClassMetrics.scores
        var table = HTMLTable(
            [
                .name("query"), .name("strategy", isFilter: true), .number("choice"),
                .name("class", isFilter: true),
            ] + scores.map { .number($0.name) } + [.number("reference in ml"), .number("prediction in ml")])
        for run in result.runs {
            for metrics in run.metrics where metrics.dice != nil {
                table.add(
                    [
                        .init(hasOneDataset ? run.name : "\(run.dataset)/\(run.name)"), .init(run.strategy),
                        .init(Double(run.repeat + 1), digits: 0), .init(name(run.dataset, metrics.value)),
                    ] + scores.map { .init(score: metrics[keyPath: $0.value], digits: 3) } + [
                        .init(metrics.referenceVolume / 1000, digits: 2),
                        .init(metrics.predictionVolume / 1000, digits: 2),
                    ])
            }
        }
        return table.html
    }

    private var provenance: HTML {
        let from = result.provenance
        var table = HTMLTable([.name("link"), .text("what"), .text("SHA-256")])
        func add(_ name: String, _ what: String, _ digest: String?) {
            table.add([.init(name), .init(what), .init(digest ?? "–")])
        }
        add("program", from.program, nil)
        add("checkpoint", from.checkpoint.path, from.checkpoint.digest)
        add("weights in use", "", from.model)
        add("training configuration", from.training.run?.path ?? "in the checkpoint", from.training.configuration)
        add("episode configuration", "", from.training.episodes)
        add("store of the training", "", from.training.store)
        add("store of the evaluation", from.store.folder, from.store.digest)
        for (dataset, digests) in from.store.preparations.sorted(by: { $0.key < $1.key }) {
            for digest in digests { add("preparation of \(dataset)", "", digest) }
        }
        add("ledger", from.ledger.path, from.ledger.digest)
        add("cases", "\(from.cases.count) as queries or references, each with its digests in the result", nil)
        return ScoreSections.paragraph("iris why result.json compares each link with what is there now.") + table.html
    }
}
