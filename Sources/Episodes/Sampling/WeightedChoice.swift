import RandomNumbers

/// Draws places 0..<n with given relative frequencies, each draw in constant time.
///
/// The alias method (Walker 1977) in Vose's form (1991): place p is kept with probability `keep[p]`, else its alias is taken.
struct WeightedChoice: Sendable {
    /// The probability of each place; they add up to 1.
    let probabilities: [Double]
    private let keep: [Double]
    private let alias: [Int]

    /// - Precondition: no weight is negative or not finite, and at least one is positive.
    init(_ weights: [Double]) {
        let total = weights.reduce(0, +)
        precondition(
            weights.allSatisfy { $0 >= 0 && $0.isFinite } && total > 0,
            "weights must be finite, not negative, and not all 0")
        let n = weights.count
        probabilities = weights.map { $0 / total }
        var scaled = probabilities.map { $0 * Double(n) }
        var keep = [Double](repeating: 1, count: n), alias = Array(0..<n)
        var small: [Int] = [], large: [Int] = []
        for place in 0..<n {
            if scaled[place] < 1 { small.append(place) } else { large.append(place) }
        }
        while let poor = small.popLast() {
            guard let rich = large.last else {
                // Rounding has used up the rich places; what is left is 1 but for that rounding. A weight of 0 is never kept.
                keep[poor] = scaled[poor] > 0.5 ? 1 : 0
                continue
            }
            keep[poor] = scaled[poor]
            alias[poor] = rich
            scaled[rich] -= 1 - scaled[poor]
            if scaled[rich] < 1 {
                large.removeLast()
                small.append(rich)
            }
        }
        (self.keep, self.alias) = (keep, alias)
    }

    func draw(using generator: inout Philox) -> Int {
        let place = generator.index(below: keep.count)
        return generator.uniform() < keep[place] ? place : alias[place]
    }
}
