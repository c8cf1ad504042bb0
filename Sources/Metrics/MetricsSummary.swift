/// Means with bootstrap intervals over cases: for every class, and over all classes.
public struct MetricsSummary: Hashable, Sendable, Codable {
    /// One class; scores by their names in ``ClassMetrics/scores``. A score without values is absent.
    public struct Class: Hashable, Sendable, Codable {
        /// The label value.
        public let value: UInt8
        /// Mean and interval by the score's name.
        public let scores: [String: BootstrapInterval]
    }

    /// The classes by ascending value.
    public let classes: [Class]
    /// Means over cases of each case's mean over classes.
    public let overall: [String: BootstrapInterval]

    /// - Parameters:
    ///   - cases: the metrics of each case, in any order of classes.
    ///   - classes: the label values, ascending.
    public init(of cases: [[ClassMetrics]], classes: [UInt8]) {
        self.classes = classes.map { value in
            let ofClass = cases.compactMap { metrics in metrics.first { $0.value == value } }
            return Class(value: value, scores: Self.intervals { score in ofClass.compactMap { $0[keyPath: score] } })
        }
        overall = Self.intervals { score in
            cases.compactMap { metrics in
                let values = metrics.compactMap { $0[keyPath: score] }
                return values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
            }
        }
    }

    private static func intervals(_ values: (KeyPath<ClassMetrics, Double?>) -> [Double]) -> [String: BootstrapInterval]
    {
        var result: [String: BootstrapInterval] = [:]
        for score in ClassMetrics.scores { result[score.name] = BootstrapInterval(of: values(score.value)) }
        return result
    }
}
