import RandomNumbers

/// A mean with its 95 % bootstrap percentile interval: the range of the middle 95 % of the means of resamples drawn
/// with replacement (Efron 1979).
public struct BootstrapInterval: Hashable, Sendable, Codable {
    /// The mean, and the ends of its 95 % interval.
    public let mean, lower, upper: Double
    /// The number of values behind the mean.
    public let count: Int

    /// `nil` without values. One seed gives one interval.
    public init?(of values: [Double], resamples: Int = 2000, seed: UInt64 = 0) {
        guard !values.isEmpty else { return nil }
        count = values.count
        mean = values.reduce(0, +) / Double(values.count)
        var generator = Philox(seed: seed, purpose: "bootstrap", UInt64(values.count))
        var means: [Double] = []
        for _ in 0..<resamples {
            var sum = 0.0
            for _ in values.indices { sum += values[generator.index(below: values.count)] }
            means.append(sum / Double(values.count))
        }
        means.sort()
        lower = means[Int(0.025 * Double(resamples - 1))]
        upper = means[Int((0.975 * Double(resamples - 1)).rounded(.up))]
    }
}
