/// Points of many dimensions projected onto the two directions in which they spread most.
///
/// The directions come from the matrix of inner products of the centred points, whose eigenvectors are found by power
/// iteration; there are far fewer points than dimensions.
package struct PrincipalComponents {
    /// Per point, its coordinates along the first and the second direction.
    package let coordinates: [SIMD2<Double>]
    /// The shares of the whole variance along both; 0 where there is none.
    package let explained: SIMD2<Double>

    /// - Precondition: all points have one number of dimensions.
    package init(of points: [[Float]]) {
        let count = points.count
        guard count > 1, let length = points.first?.count, length > 0 else {
            (coordinates, explained) = (points.map { _ in .zero }, .zero)
            return
        }
        var mean = [Double](repeating: 0, count: length)
        for point in points { for (n, value) in point.enumerated() { mean[n] += Double(value) / Double(count) } }
        let centred = points.map { point in zip(point, mean).map { Double($0) - $1 } }
        var products = [[Double]](repeating: [Double](repeating: 0, count: count), count: count)
        for a in 0..<count {
            for b in 0...a {
                var sum = 0.0
                for n in 0..<length { sum += centred[a][n] * centred[b][n] }
                (products[a][b], products[b][a]) = (sum, sum)
            }
        }
        let total = (0..<count).reduce(0) { $0 + products[$1][$1] }
        var coordinates = [SIMD2<Double>](repeating: .zero, count: count), explained = SIMD2<Double>.zero
        for axis in 0..<2 where total > 0 {
            let (value, vector) = Self.largest(products)
            guard value > 1e-12 * total else { break }
            explained[axis] = value / total
            for a in 0..<count { coordinates[a][axis] = vector[a] * value.squareRoot() }
            // What is left is orthogonal to the direction found.
            for a in 0..<count { for b in 0..<count { products[a][b] -= value * vector[a] * vector[b] } }
        }
        (self.coordinates, self.explained) = (coordinates, explained)
    }

    /// The largest eigenvalue of a positive matrix and its eigenvector of length 1, its greatest component positive.
    private static func largest(_ matrix: [[Double]]) -> (value: Double, vector: [Double]) {
        // Begins where it cannot be orthogonal to the answer: at the column of the greatest diagonal element.
        let start = matrix.indices.max { matrix[$0][$0] < matrix[$1][$1] }!
        var vector = matrix[start], value = 0.0
        for _ in 0..<10_000 {
            let length = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
            guard length > 0 else { return (0, vector) }
            vector = vector.map { $0 / length }
            let next = matrix.map { row in zip(row, vector).reduce(0) { $0 + $1.0 * $1.1 } }
            let found = zip(next, vector).reduce(0) { $0 + $1.0 * $1.1 }
            let hasConverged = abs(found - value) <= 1e-13 * abs(found)
            (value, vector) = (found, next)
            if hasConverged { break }
        }
        let length = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
        guard length > 0 else { return (0, vector) }
        let greatest = vector.max { abs($0) < abs($1) }!
        return (value, vector.map { $0 / (greatest < 0 ? -length : length) })
    }
}
