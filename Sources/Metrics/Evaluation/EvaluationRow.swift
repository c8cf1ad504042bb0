/// The mean scores of one strategy on one class of one dataset, or on all classes of it.
public struct EvaluationRow: Sendable, Codable, Equatable {
    /// The strategy and the dataset.
    public let strategy, dataset: String
    /// `nil` for the mean over classes.
    public let value: UInt8?
    /// Means over queries of each query's mean over repeats, with bootstrap intervals over queries; by the names in
    /// ``ClassMetrics/scores``. A score without values is absent.
    public let scores: [String: BootstrapInterval]
    /// How much the choice of references moves each mean; absent with one repeat.
    public let spread: [String: Spread]

    /// The means of the repeats, each over all queries.
    public struct Spread: Sendable, Codable, Equatable {
        /// The means of the single choices of references.
        public let means: [Double]

        /// The standard deviation, with n - 1 below.
        public var deviation: Double {
            let mean = means.reduce(0, +) / Double(means.count)
            return (means.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(means.count - 1)).squareRoot()
        }
    }

    /// Rows by strategy and dataset in order of appearance: each class by rising value, then all classes together.
    static func rows(of runs: [EvaluationResult.Run], classes: [EvaluationResult.ClassName]) -> [EvaluationRow] {
        var rows: [EvaluationRow] = []
        var seen: Set<String> = []
        for strategy in runs.map(\.strategy) where seen.insert(strategy).inserted {
            let mine = runs.filter { $0.strategy == strategy }
            var datasets: Set<String> = []
            for dataset in mine.map(\.dataset) where datasets.insert(dataset).inserted {
                let part = mine.filter { $0.dataset == dataset }
                let values = classes.filter { $0.dataset == dataset }.map(\.value).sorted()
                for value in values.map(Optional.some) + [nil] {
                    rows.append(EvaluationRow(strategy: strategy, dataset: dataset, value: value, runs: part))
                }
            }
        }
        return rows
    }

    private init(strategy: String, dataset: String, value: UInt8?, runs: [EvaluationResult.Run]) {
        var scores: [String: BootstrapInterval] = [:], spread: [String: Spread] = [:]
        for score in ClassMetrics.scores {
            // The score of each run that has one, by query and repeat.
            let scored = runs.compactMap { run in
                Self.score(of: run, value, score.value).map { (run.name, run.repeat, $0) }
            }
            let byQuery = Dictionary(grouping: scored, by: \.0).sorted { $0.key < $1.key }
                .map { $0.value.reduce(0) { $0 + $1.2 } / Double($0.value.count) }
            scores[score.name] = BootstrapInterval(of: byQuery)
            let means = Dictionary(grouping: scored, by: \.1).sorted { $0.key < $1.key }
                .map { $0.value.reduce(0) { $0 + $1.2 } / Double($0.value.count) }
            if means.count > 1 { spread[score.name] = Spread(means: means) }
        }
        (self.strategy, self.dataset, self.value) = (strategy, dataset, value)
        (self.scores, self.spread) = (scores, spread)
    }

    /// The score of one class, or the mean over the classes that have it.
    private static func score(
        of run: EvaluationResult.Run, _ value: UInt8?, _ score: KeyPath<ClassMetrics, Double?>
    ) -> Double? {
        let values = run.metrics.filter { value == nil || $0.value == value }.compactMap { $0[keyPath: score] }
        return values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
    }
}
