/// The distances, in mm, from each element of one surface to the nearest element of another, ascending, with the area
/// (mm²) of each element; elements of equal weight have area 1.
public struct DirectedDistances: Sendable {
    /// Millimetres to the nearest element of the other surface, ascending.
    public let distances: [Double]
    /// The area in mm² of each element; 1 where all weigh the same.
    public let areas: [Double]
    /// The sum of all areas.
    public let totalArea: Double

    init(distances: [Double], areas: [Double]) {
        (self.distances, self.areas) = (distances, areas)
        totalArea = areas.reduce(0, +)
    }

    /// The sum of distance times area.
    var weightedSum: Double { zip(distances, areas).reduce(0) { $0 + $1.0 * $1.1 } }

    /// The mean distance weighted by area; `nil` without elements.
    public var mean: Double? { totalArea > 0 ? weightedSum / totalArea : nil }

    /// The greatest distance; `nil` without elements.
    public var maximum: Double? { distances.last }

    /// The smallest distance such that elements up to it hold at least `fraction` of the area; `nil` without elements.
    public func quantile(_ fraction: Double) -> Double? {
        var sum = 0.0
        for (distance, area) in zip(distances, areas) {
            sum += area
            if sum / totalArea >= fraction { return distance }
        }
        return distances.last
    }

    /// The area of the elements at most `tolerance` mm away.
    public func area(within tolerance: Double) -> Double {
        zip(distances, areas).reduce(0) { $1.0 <= tolerance ? $0 + $1.1 : $0 }
    }
}
