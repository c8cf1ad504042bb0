import Glibc
import RandomNumbers

/// How the scores of two runs on the same cases differ: b - a, pair by pair.
public struct PairedComparison: Hashable, Sendable, Codable {
    /// The number of pairs.
    public let pairs: Int
    /// The mean of second minus first.
    public let meanDifference: Double
    /// The two-sided p value of Wilcoxon's signed-rank test.
    public let wilcoxonP: Double
    /// The differences d for which a sign-flip permutation test of "the true difference is d" is not rejected at 5 %.
    public let permutationLower, permutationUpper: Double

    /// `nil` without pairs.
    public init?(_ a: [Double], _ b: [Double], permutations: Int = 10_000, seed: UInt64 = 0) {
        precondition(a.count == b.count, "paired scores need equal numbers: \(a.count) and \(b.count)")
        guard !a.isEmpty else { return nil }
        let differences = zip(a, b).map { $1 - $0 }
        pairs = differences.count
        meanDifference = differences.reduce(0, +) / Double(pairs)
        wilcoxonP = wilcoxonSignedRank(differences)
        (permutationLower, permutationUpper) = signFlipInterval(differences, permutations: permutations, seed: seed)
    }
}

/// The two-sided p value of Wilcoxon's signed-rank test for differences centred on zero. Zero differences are left out
/// (Wilcoxon's own way), ties get mean ranks. Exact for up to 50 differences without ties, else by the normal
/// approximation with tie correction, as SciPy's `wilcoxon(zero_method="wilcox", correction=False)`.
public func wilcoxonSignedRank(_ differences: [Double]) -> Double {
    let nonZero = differences.filter { $0 != 0 }.sorted { abs($0) < abs($1) }
    let n = nonZero.count
    guard n > 0 else { return 1 }
    var positive = 0.0, tieCorrection = 0.0, hasTies = false
    var start = 0
    while start < n {
        var end = start + 1
        while end < n, abs(nonZero[end]) == abs(nonZero[start]) { end += 1 }
        let ties = Double(end - start), rank = Double(start + end + 1) / 2
        if end - start > 1 { hasTies = true }
        tieCorrection += ties * ties * ties - ties
        positive += rank * Double(nonZero[start..<end].count { $0 > 0 })
        start = end
    }
    let total = Double(n * (n + 1)) / 2
    let statistic = min(positive, total - positive)
    if n <= 50, !hasTies, n == differences.count { return exactP(Int(statistic), n) }
    let variance = Double(n) * Double(n + 1) * Double(2 * n + 1) / 24 - tieCorrection / 48
    guard variance > 0 else { return 1 }
    return min(1, erfc(abs(statistic - total / 2) / variance.squareRoot() / 2.0.squareRoot()))
}

/// P(rank sum <= statistic or >= its mirror) when all sign patterns are equally likely: counts subsets of 1...n by sum.
private func exactP(_ statistic: Int, _ n: Int) -> Double {
    var ways = [Double](repeating: 0, count: n * (n + 1) / 2 + 1)
    ways[0] = 1
    for rank in 1...n {
        for sum in stride(from: ways.count - 1, through: rank, by: -1) { ways[sum] += ways[sum - rank] }
    }
    return min(1, 2 * ways[0...statistic].reduce(0, +) / exp2(Double(n)))
}

/// The 95 % interval of the mean by sign flips: the mean plus and minus the 97.5 % quantile of flipped residual means.
private func signFlipInterval(_ differences: [Double], permutations: Int, seed: UInt64) -> (Double, Double) {
    let n = Double(differences.count), mean = differences.reduce(0, +) / n
    var generator = Philox(seed: seed, purpose: "sign flips", UInt64(differences.count))
    var means: [Double] = []
    for _ in 0..<permutations {
        var sum = 0.0, signs: UInt64 = 0
        for (index, difference) in differences.enumerated() {
            if index % 64 == 0 { signs = generator.next() }
            let residual = difference - mean
            sum += signs >> UInt64(index % 64) & 1 == 0 ? residual : -residual
        }
        means.append(abs(sum / n))
    }
    means.sort()
    let halfWidth = means[Int((0.95 * Double(permutations - 1)).rounded(.up))]
    return (mean - halfWidth, mean + halfWidth)
}
