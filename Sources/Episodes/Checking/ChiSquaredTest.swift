import Glibc

/// Pearson's test of counts against the probabilities that they are meant to follow.
public struct ChiSquaredTest: Hashable, Sendable, Codable {
    /// Σ (found - expected)² / expected.
    public let statistic: Double
    /// Classes with an expectation, less one.
    public let degreesOfFreedom: Int
    /// The probability of a statistic at least as large when the counts do follow the probabilities.
    public let pValue: Double

    /// Kinds of which fewer than 5 are expected are counted together, so that the distribution is near its limit.
    ///
    /// - Parameter kinds: for each kind, how often it was found and its probability.
    public init(_ kinds: [(found: Int, probability: Double)]) {
        let total = Double(kinds.reduce(0) { $0 + $1.found })
        var cells = kinds.filter { $0.probability * total >= 5 }
        let rare = kinds.filter { $0.probability * total < 5 && ($0.probability > 0 || $0.found > 0) }
        if !rare.isEmpty { cells.append((rare.reduce(0) { $0 + $1.found }, rare.reduce(0) { $0 + $1.probability })) }
        var sum = 0.0
        for cell in cells {
            let expected = cell.probability * total
            // What must not happen and did is no matter of chance.
            sum +=
                expected > 0
                ? (Double(cell.found) - expected) * (Double(cell.found) - expected) / expected
                : cell.found > 0 ? .greatestFiniteMagnitude : 0
        }
        statistic = min(sum, .greatestFiniteMagnitude)
        degreesOfFreedom = max(0, cells.count - 1)
        pValue = degreesOfFreedom == 0 ? 1 : Self.upperTail(statistic, degreesOfFreedom)
    }

    /// The regularised upper incomplete gamma function Q(n / 2, x / 2): by its series for small x, by Lentz's continued
    /// fraction for large (Press et al., Numerical Recipes, 3rd ed., section 6.2, formulas 6.2.5 and 6.2.7).
    static func upperTail(_ x: Double, _ degrees: Int) -> Double {
        let a = Double(degrees) / 2, x = x / 2
        guard x > 0 else { return 1 }
        guard x < 1e8 else { return 0 }
        let front = exp(-x + a * log(x) - lgamma(a))
        if x < a + 1 {
            var term = 1 / a, sum = term
            var n = a
            while term > sum * 1e-16 {
                n += 1
                term *= x / n
                sum += term
            }
            return max(0, 1 - front * sum)
        }
        var b = x + 1 - a, c = 1e300, d = 1 / b, fraction = d
        for i in 1...10_000 {
            let factor = -Double(i) * (Double(i) - a)
            b += 2
            d = 1 / (factor * d + b)
            c = b + factor / c
            fraction *= d * c
            if abs(d * c - 1) < 1e-15 { break }
        }
        return min(1, front * fraction)
    }
}
