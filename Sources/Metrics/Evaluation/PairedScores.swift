/// The scores of a result in a form that two results can be compared in, pair by pair.
///
/// A pair is one class of one case, or the mean over the classes of one case; in evaluations besides one strategy, with the
/// mean over the choices of references. Classes of one case are no independent pairs, so they never count as several.
public struct PairedScores: Sendable {
    /// The tolerance of surface Dice in mm.
    public let tolerance: Double
    /// What empty masks count.
    public let policy: EmptyMaskPolicy
    /// In order of first appearance; one empty name for folders of label maps.
    public let strategies: [String]
    private let scores: [Place: [String: Double]]

    private struct Place: Hashable, Comparable {
        let strategy, dataset, name: String
        let value: UInt8

        static func < (a: Place, b: Place) -> Bool {
            (a.strategy, a.dataset, a.name, a.value) < (b.strategy, b.dataset, b.name, b.value)
        }
    }

    /// The scores of `iris metrics`.
    public init(_ result: FolderComparison.Result) {
        (tolerance, policy, strategies) = (result.tolerance, result.policy, [""])
        scores = Self.means(
            result.cases.flatMap { entry in
                entry.metrics.map {
                    (Place(strategy: "", dataset: "", name: entry.name, value: $0.value), $0)
                }
            })
    }

    /// The scores of `iris evaluate`.
    public init(_ result: EvaluationResult) {
        (tolerance, policy) = (result.settings.tolerance, result.settings.policy)
        var seen: Set<String> = []
        strategies = result.runs.map(\.strategy).filter { seen.insert($0).inserted }
        scores = Self.means(
            result.runs.flatMap { run in
                run.metrics.map {
                    (Place(strategy: run.strategy, dataset: run.dataset, name: run.name, value: $0.value), $0)
                }
            })
    }

    private static func means(_ entries: [(Place, ClassMetrics)]) -> [Place: [String: Double]] {
        Dictionary(grouping: entries, by: \.0).mapValues { group in
            var means: [String: Double] = [:]
            for score in ClassMetrics.scores {
                let values = group.compactMap { $0.1[keyPath: score.value] }
                if !values.isEmpty { means[score.name] = values.reduce(0, +) / Double(values.count) }
            }
            return means
        }
    }

    /// One score compared over one class, or over the means of each case's classes.
    public struct Row: Sendable, Encodable {
        /// The score's name.
        public let score: String
        /// The strategies of the first and of the second result; `nil` for folders of label maps.
        public let strategies: [String]?
        /// The dataset; `nil` outside evaluations.
        public let dataset: String?
        /// `nil` for all classes.
        public let value: UInt8?
        /// The difference and its tests.
        public let comparison: PairedComparison
    }

    /// The differences `other` minus this, of the pairs that both have scored.
    ///
    /// Strategies are compared with those of the same name; where each result has only one, these are compared.
    public func compared(with other: PairedScores) -> [Row] {
        let isSingle = strategies.count == 1 && other.strategies.count == 1
        let pairs =
            isSingle
            ? [(strategies[0], other.strategies[0])]
            : strategies.filter { other.strategies.contains($0) }.map { ($0, $0) }
        return pairs.flatMap { first, second in
            // Ordered, so that the same files give the same numbers.
            let shared = scores.keys.filter { $0.strategy == first }.sorted().compactMap { place in
                other.scores[Place(strategy: second, dataset: place.dataset, name: place.name, value: place.value)]
                    .map { (place, scores[place]!, $0) }
            }
            let datasets = Set(shared.map(\.0.dataset)).sorted()
            return datasets.flatMap { dataset in
                let mine = shared.filter { $0.0.dataset == dataset }
                return rows(
                    mine.map { ($0.0.name, $0.0.value, $0.1, $0.2) },
                    strategies: first.isEmpty && second.isEmpty ? nil : [first, second],
                    dataset: dataset.isEmpty ? nil : dataset)
            }
        }
    }

    private func rows(
        _ pairs: [(name: String, value: UInt8, a: [String: Double], b: [String: Double])], strategies: [String]?,
        dataset: String?
    ) -> [Row] {
        let values = Set(pairs.map(\.value)).sorted()
        return ClassMetrics.scores.flatMap { score in
            ([nil] + values.map(Optional.some)).compactMap { value in
                let scored = pairs.filter { value == nil || $0.value == value }.compactMap { pair in
                    pair.a[score.name].flatMap { x in pair.b[score.name].map { (name: pair.name, a: x, b: $0) } }
                }
                let cases = Dictionary(grouping: scored, by: \.name).sorted { $0.key < $1.key }.map(\.value)
                func means(_ side: (_ pair: (name: String, a: Double, b: Double)) -> Double) -> [Double] {
                    cases.map { classes in classes.reduce(0) { $0 + side($1) } / Double(classes.count) }
                }
                return PairedComparison(means { $0.a }, means { $0.b }).map {
                    Row(score: score.name, strategies: strategies, dataset: dataset, value: value, comparison: $0)
                }
            }
        }
    }
}
