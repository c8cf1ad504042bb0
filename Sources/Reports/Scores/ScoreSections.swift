import Metrics

/// A scored class of a case as report pages show it.
struct ScoredClass {
    /// The case, for tips and captions.
    let caseName: String
    /// What tells several results of one case and class apart, such as the choice of references.
    let variant: String?
    /// The class by its name.
    let className: String
    let metrics: ClassMetrics
}

/// The parts that pages about scores share.
enum ScoreSections {
    /// The scores that tables and plots show; JSON and CSV hold all. Digits are those after the point.
    static let shown:
        [(name: String, title: String, unit: String, digits: Int, value: KeyPath<ClassMetrics, Double?> & Sendable)] = [
            ("dice", "Dice", "", 3, \.dice), ("surfaceDice", "surface Dice", "", 3, \.surfaceDice),
            ("hd95", "HD95", "mm", 2, \.hausdorff95), ("assd", "ASSD", "mm", 2, \.averageSurfaceDistance),
        ]

    /// A mean with its interval behind it, sorted by the mean.
    static func cell(_ interval: BootstrapInterval?, digits: Int) -> HTMLTable.Cell {
        guard let interval else { return .init(nil, digits: digits) }
        let range = " [\(interval.lower.decimal(digits)), \(interval.upper.decimal(digits))]"
        return .init(
            HTML(interval.mean.decimal(digits)) + .element("span", [("class", "interval")], HTML(range)),
            key: "\(interval.mean)")
    }

    /// How each score spreads over cases, class by class in the order of first appearance.
    static func distributions(_ scored: [ScoredClass]) -> HTML {
        let classes = inOrder(scored.map(\.className))
        return SVGPlot.grid(
            shown.map { score in
                SVGPlot.boxes(
                    score.title,
                    classes.map { name in
                        (
                            name,
                            scored.filter { $0.className == name }.compactMap { $0.metrics[keyPath: score.value] }
                        )
                    }, unit: score.unit)
            })
    }

    /// Dice and surface Dice against the size of the class in the reference, a color per class.
    static func scoresAgainstSize(_ scored: [ScoredClass]) -> HTML {
        let sizes = scored.map(\.metrics.referenceVolume).filter { $0 > 0 }
        let isWide = (sizes.max() ?? 1) > 30 * (sizes.min() ?? 1)
        let classes = inOrder(scored.map(\.className))
        return SVGPlot.grid(
            shown.prefix(2).map { score in
                SVGPlot.scatter(
                    "\(score.title) against the reference's volume",
                    series: classes.map { name in
                        (
                            name,
                            scored.filter { $0.className == name && $0.metrics.referenceVolume > 0 }.compactMap {
                                entry in
                                entry.metrics[keyPath: score.value].map {
                                    (entry.metrics.referenceVolume / 1000, $0, entry.caseName)
                                }
                            }
                        )
                    }, xUnit: "ml", yUnit: "", logarithmic: isWide)
            })
    }

    /// The places in `scored` of the lowest and the highest Dice, worst and best first, each case and class once.
    static func extremes(_ scored: [ScoredClass], count: Int) -> (worst: [Int], best: [Int]) {
        let ordered = scored.indices.filter { scored[$0].metrics.dice != nil }
            .sorted { (scored[$0].metrics.dice!, $0) < (scored[$1].metrics.dice!, $1) }
        func distinct(_ places: [Int]) -> [Int] {
            var seen: Set<[String]> = []
            return places.filter { seen.insert([scored[$0].caseName, scored[$0].className]).inserted }
        }
        let (worst, best) = (distinct(ordered), distinct(ordered.reversed()))
        // With few of them none is shown on both sides; a single one counts as the worst.
        return (Array(worst.prefix(min(count, (worst.count + 1) / 2))), Array(best.prefix(min(count, best.count / 2))))
    }

    /// Montages with captions that name case, class and scores.
    static func gallery(_ entries: [ScoredClass], picture: (Int) -> String?) -> HTML {
        .element(
            "div", [("class", "pictures")],
            entries.enumerated().compactMap { n, entry in
                guard let url = picture(n) else { return nil }
                let scores = shown.compactMap { score in
                    entry.metrics[keyPath: score.value].map {
                        "\(score.title) \($0.decimal(score.digits))\(score.unit.isEmpty ? "" : " \(score.unit)")"
                    }
                }
                let title = [entry.caseName, entry.className, entry.variant].compactMap(\.self).joined(separator: " · ")
                return .element(
                    "figure", [], HTML(markup: "<img alt=\"\(title.htmlEscaped)\" src=\"\(url)\">"),
                    .element(
                        "figcaption", [], .element("b", [], HTML(title)), HTML(markup: "<br>"),
                        HTML(scores.joined(separator: " · "))))
            })
    }

    /// A value with what it means, as in a page's head.
    static func tile(_ value: String, _ label: String, _ style: String = "") -> HTML {
        .element("div", [("class", "tile \(style)")], .element("b", [], HTML(value)), HTML(label))
    }

    static func paragraph(_ text: String) -> HTML { .element("p", [("class", "soft")], HTML(text)) }

    /// Each name once, in the order of first appearance.
    static func inOrder(_ names: [String]) -> [String] {
        var seen: Set<String> = []
        return names.filter { seen.insert($0).inserted }
    }
}
