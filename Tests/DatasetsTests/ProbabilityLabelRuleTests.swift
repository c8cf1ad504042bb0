import Datasets
import Testing

@Suite struct ProbabilityLabelRuleTests {
    @Test(
        "The author's rule: any tissue beats background; ties go to the earlier class",
        arguments: [
            ((0, 0, 0), 0), ((0.01, 0, 0), 1), ((0, 0.01, 0), 2), ((0, 0, 0.01), 3), ((0.3, 0.3, 0.3), 1),
            ((0.2, 0.4, 0.4), 2), ((0.2, 0.1, 0.4), 3),
            ((.nan, 0, 0), 0), ((.nan, 0.1, .nan), 2), ((-1, -0.5, 0), 0), ((.infinity, 1, 1), 1),
        ] as [((Float, Float, Float), UInt8)]) func largestPositive(maps: (Float, Float, Float), label: UInt8)
    {
        #expect(
            ProbabilityLabelRule.largestPositive.label(grayMatter: maps.0, whiteMatter: maps.1, csf: maps.2) == label)
    }

    @Test(
        "The alternatives differ where the sum is small",
        arguments: [
            ((0.49, 0, 0), 0, 0), ((0.5, 0, 0), 1, 0), ((0.51, 0, 0), 1, 1), ((0.4, 0.35, 0.1), 0, 1),
            ((0, 0, 0), 0, 0), ((0.2, 0.7, 0.1), 2, 2), ((0, 0, 1), 3, 3),
        ] as [((Float, Float, Float), UInt8, UInt8)]) func alternatives(
            maps: (Float, Float, Float), threshold: UInt8, remainder: UInt8
        )
    {
        #expect(
            ProbabilityLabelRule.threshold(0.5).label(grayMatter: maps.0, whiteMatter: maps.1, csf: maps.2) == threshold
        )
        #expect(ProbabilityLabelRule.remainder.label(grayMatter: maps.0, whiteMatter: maps.1, csf: maps.2) == remainder)
    }

    @Test("A threshold of 0 makes no tissue out of nothing") func zeroThreshold() {
        #expect(ProbabilityLabelRule.threshold(0).label(grayMatter: 0, whiteMatter: 0, csf: 0) == 0)
    }
}
