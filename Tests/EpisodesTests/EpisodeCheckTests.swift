import Episodes
import Testing

@Suite struct EpisodeCheckTests {
    /// Quantiles from tables: the statistic that is exceeded with the given probability.
    @Test(
        "The chi-squared tail agrees with tables",
        arguments: [
            (1, 3.841, 0.05), (1, 6.635, 0.01), (5, 11.070, 0.05), (10, 29.588, 0.001), (50, 67.505, 0.05),
            (100, 140.169, 0.005),
            (2, 1.386, 0.5),
        ]) func tail(degrees: Int, statistic: Double, probability: Double)
    {
        // degrees + 1 kinds, alike: one is found d too often, another d too seldom, so the statistic is 2 d² / mean.
        let kinds = degrees + 1, mean = 1e9, d = (statistic * mean / 2).squareRoot().rounded()
        var counts = [Int](repeating: Int(mean), count: kinds)
        counts[0] += Int(d)
        counts[1] -= Int(d)
        let test = ChiSquaredTest(counts.map { (found: $0, probability: 1 / Double(kinds)) })
        #expect(test.degreesOfFreedom == degrees)
        #expect(abs(test.statistic - statistic) < 1e-3)
        #expect(abs(test.pValue - probability) < 0.01 * probability + 1e-4 * probability)
    }

    @Test func rareKindsCountTogether() {
        let test = ChiSquaredTest([(90, 0.9), (4, 0.03), (3, 0.03), (3, 0.04)])
        #expect(test.degreesOfFreedom == 1)
        #expect(abs(test.statistic) < 1e-12)
        #expect(ChiSquaredTest([(50, 1), (1, 0)]).pValue < 1e-3)
    }

    /// A sampler keeps its promises; one that is told other weights than it used is found out.
    @Test func check() async throws {
        let check = try await EpisodeCheck(of: EpisodeStreamTests.sampler(), count: 2000, rendering: 20, workers: 2)
        #expect(check.violations.isEmpty && check.isClean)
        #expect(check.rendered == 20)
        #expect(check.classes.reduce(0) { $0 + $1.found } == 2000)
        #expect(check.flipped > 50 && check.negatives > 5 && check.severalClasses > 100)
        let skewed = zip(check.classes, check.classes.indices).map {
            (found: $0.found, probability: $0.expected / 2000 + ($1 == 0 ? 0.1 : $1 == 1 ? -0.1 : 0))
        }
        #expect(ChiSquaredTest(skewed).pValue < 1e-6)
    }
}
