import FoundationEssentials
import Metrics
import NIfTI
import Volumes

/// The result of `iris metrics` as one self-contained HTML page.
public struct MetricsPage: Sendable {
    /// The result that is shown.
    public let result: FolderComparison.Result
    /// What was compared, for reading the files that pictures show.
    public let comparison: FolderComparison
    /// Names of label values; the value itself where there is none.
    public let classNames: [UInt8: String]
    /// A folder of images named like the label maps, on their grids; without it pictures show outlines on black.
    public var images: URL?
    /// How many montages of the worst and of the best the page holds.
    public var pictureCount = 6

    public init(_ result: FolderComparison.Result, of comparison: FolderComparison, classNames: [UInt8: String]) {
        (self.result, self.comparison, self.classNames) = (result, comparison, classNames)
    }

    /// Writes the page, replacing one that is there.
    public func write(to url: URL) throws { try Data(document.utf8).write(to: url, options: .atomic) }

    /// The page as one HTML document.
    public var document: String {
        var page = HTMLPage(title: "Comparison of label maps")
        let scored = scored
        page.add("Summary", summary)
        page.add("Scores by class", classes)
        page.add("Distributions", ScoreSections.distributions(scored.map(\.entry)))
        page.add("Scores and size", ScoreSections.scoresAgainstSize(scored.map(\.entry)))
        let extremes = ScoreSections.extremes(scored.map(\.entry), count: pictureCount)
        page.add("Lowest Dice", gallery(extremes.worst.map { scored[$0] }))
        page.add("Highest Dice", gallery(extremes.best.map { scored[$0] }))
        page.add("Cases", cases)
        let others = result.cases.filter { $0.status != .compared }
        if !others.isEmpty || !result.extraPredictions.isEmpty { page.add("Not compared", problems(others)) }
        return page.document
    }

    private func name(_ value: UInt8) -> String { classNames[value].map { "\(value) \($0)" } ?? "\(value)" }

    /// Every class of every case that has metrics, with its case.
    private var scored: [(entry: ScoredClass, source: FolderComparison.Case)] {
        result.cases.flatMap { entry in
            entry.metrics.map {
                (ScoredClass(caseName: entry.name, variant: nil, className: name($0.value), metrics: $0), entry)
            }
        }
    }

    private var summary: HTML {
        func count(_ status: FolderComparison.Case.Status) -> Int { result.cases.count { $0.status == status } }
        let missing = count(.missing), refused = count(.refused), extra = result.extraPredictions.count
        var tiles = ScoreSections.shown.compactMap { score in
            result.summary.overall[score.name].map {
                ScoreSections.tile(
                    $0.mean.decimal(score.digits) + (score.unit.isEmpty ? "" : " \(score.unit)"),
                    "mean \(score.title), 95 % interval \($0.lower.decimal(score.digits)) to \($0.upper.decimal(score.digits))"
                )
            }
        }
        tiles += [
            ScoreSections.tile("\(count(.compared))", "cases compared"),
            ScoreSections.tile("\(missing)", "predictions missing, count as empty", missing > 0 ? "error" : ""),
            ScoreSections.tile("\(refused)", "pairs refused, not in the means", refused > 0 ? "error" : ""),
            ScoreSections.tile("\(extra)", "predictions without reference", extra > 0 ? "warning" : ""),
        ]
        return .element("div", [("class", "tiles")], tiles)
            + ScoreSections.paragraph(
                """
                \(comparison.predictions.path) against \(comparison.references.path). Means over cases of the mean over \
                classes, with 95 % bootstrap intervals. Surface Dice at \(result.tolerance.short) mm. Empty masks: \
                \(result.policy).
                """)
    }

    private var classes: HTML {
        let scores = ClassMetrics.scores
        var table = HTMLTable([.name("class")] + scores.map { .number($0.name) } + [.number("cases")])
        for entry in result.summary.classes {
            table.add(
                [.init(name(entry.value))] + scores.map { ScoreSections.cell(entry.scores[$0.name], digits: 3) } + [
                    .init(Double(entry.scores["dice"]?.count ?? 0), digits: 0)
                ])
        }
        let overall = result.summary.overall
        table.add(
            [.init("all")] + scores.map { ScoreSections.cell(overall[$0.name], digits: 3) } + [
                .init(Double(overall["dice"]?.count ?? 0), digits: 0)
            ])
        return table.html
    }

    private func gallery(_ entries: [(entry: ScoredClass, source: FolderComparison.Case)]) -> HTML {
        ScoreSections.gallery(entries.map(\.entry)) { n in
            guard let pair = try? comparison.labelMaps(of: entries[n].source) else { return nil }
            return ComparisonPicture(
                reference: pair.reference, prediction: pair.prediction, image: image(of: entries[n].source.name)
            ).dataURL(value: entries[n].entry.metrics.value)
        }
    }

    private func image(of name: String) -> Volume<Float>? {
        guard let images else { return nil }
        for ending in [".nii.gz", ".nii"] {
            let path = images.appending(path: name + ending).path
            if FileManager.default.fileExists(atPath: path) { return (try? NIfTIFile.read(at: path))?.volume() }
        }
        return nil
    }

    private var cases: HTML {
        var table = HTMLTable(
            [.name("case"), .name("status", isFilter: true), .name("class", isFilter: true)]
                + ClassMetrics.scores.map { .number($0.name) } + [
                    .number("reference in ml"), .number("prediction in ml"),
                ])
        for (entry, source) in scored {
            table.add(
                [.init(entry.caseName), .init(source.status.rawValue), .init(entry.className)]
                    + ClassMetrics.scores.map { .init(score: entry.metrics[keyPath: $0.value], digits: 3) } + [
                        .init(entry.metrics.referenceVolume / 1000, digits: 2),
                        .init(entry.metrics.predictionVolume / 1000, digits: 2),
                    ])
        }
        return table.html
    }

    private func problems(_ cases: [FolderComparison.Case]) -> HTML {
        var table = HTMLTable([.name("case"), .name("status", isFilter: true), .text("why")])
        for entry in cases {
            table.add([.init(entry.name), .init(entry.status.rawValue), .init(entry.problem ?? "")])
        }
        for name in result.extraPredictions {
            table.add([.init(name), .init("extra"), .init("a prediction without a reference")])
        }
        return table.html
    }
}
