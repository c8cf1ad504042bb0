import Glibc
import Metrics
import RandomNumbers
import Testing

@Suite struct StatisticsTests {
    /// P values of SciPy 1.17: `scipy.stats.wilcoxon(d)` (exact) and `wilcoxon(d, method="approx")`.
    @Test(arguments: [
        ([0.1, -0.2, 0.35, 0.4, 0.55, -0.65], 0.6875),
        ([1, 2, -2, 3, 3, 0, -1, 4, 5, 2.5], 0.03764506651294004),
        ((0..<60).map { (((sin(Double($0) * 1.7) + 0.3) * 1e6).rounded()) / 1e6 }, 0.0030827433042271415),
    ]) func wilcoxonAgreesWithSciPy(differences: [Double], p: Double) {
        #expect(abs(wilcoxonSignedRank(differences) - p) < 1e-9)
    }

    @Test func wilcoxonOfNothing() {
        #expect(wilcoxonSignedRank([0, 0, 0]) == 1)
    }

    /// For a normal sample the interval of the mean is about ± 1.96 standard errors.
    @Test func bootstrapIntervalOfANormalSample() throws {
        var generator = Philox(seed: 3, purpose: "sample")
        let values = (0..<400).map { _ in 5 + 2 * generator.normal() }
        let mean = values.reduce(0, +) / 400
        let deviation = (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 400).squareRoot()
        let interval = try #require(BootstrapInterval(of: values))
        #expect(abs(interval.mean - mean) < 1e-12)
        #expect(abs(interval.lower - (mean - 1.96 * deviation / 20)) < 0.02)
        #expect(abs(interval.upper - (mean + 1.96 * deviation / 20)) < 0.02)
        #expect(BootstrapInterval(of: []) == nil)
    }

    /// The sign-flip interval is centred on the mean and, for many pairs, as wide as the normal one.
    @Test func permutationInterval() throws {
        var generator = Philox(seed: 4, purpose: "pairs")
        let a = (0..<300).map { _ in generator.normal() }
        let b = a.map { $0 + 0.5 + 0.3 * generator.normal() }
        let comparison = try #require(PairedComparison(a, b))
        let center = (comparison.permutationLower + comparison.permutationUpper) / 2
        #expect(abs(center - comparison.meanDifference) < 1e-12)
        let halfWidth = (comparison.permutationUpper - comparison.permutationLower) / 2
        #expect(abs(halfWidth - 1.96 * 0.3 / 300.0.squareRoot()) < 0.006)
        #expect(comparison.wilcoxonP < 1e-10)
        #expect(abs(comparison.meanDifference - 0.5) < 0.06)
    }
}
