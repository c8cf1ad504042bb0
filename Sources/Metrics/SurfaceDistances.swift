/// The distances between the surfaces of a reference and a predicted mask, both ways.
///
/// When one mask is empty its list is empty and all distances of the other are infinite.
public struct SurfaceDistances: Sendable {
    /// From the reference's surface to the prediction's.
    public let referenceToPrediction: DirectedDistances
    /// From the prediction's surface to the reference's.
    public let predictionToReference: DirectedDistances

    /// The share of both surfaces' area that lies within `tolerance` mm of the other surface: surface Dice, also called
    /// normalised surface distance. `nil` when both masks are empty.
    public func surfaceDice(tolerance: Double) -> Double? {
        let total = referenceToPrediction.totalArea + predictionToReference.totalArea
        guard total > 0 else { return nil }
        return (referenceToPrediction.area(within: tolerance) + predictionToReference.area(within: tolerance)) / total
    }

    /// The Hausdorff distance at a fraction of the area, the greater of the two directions: 1 gives the Hausdorff
    /// distance, 0.95 HD95 as DeepMind's `surface-distance` defines it on surfels, weighted by area.
    public func hausdorff(_ fraction: Double = 1) -> Double? {
        greater(referenceToPrediction.quantile(fraction), predictionToReference.quantile(fraction))
    }

    /// The mean distance over both surfaces together, weighted by area: average symmetric surface distance (ASSD).
    public var averageSymmetric: Double? {
        let total = referenceToPrediction.totalArea + predictionToReference.totalArea
        guard total > 0 else { return nil }
        return (referenceToPrediction.weightedSum + predictionToReference.weightedSum) / total
    }

    /// The percentile of all distances of both directions pooled, with linear interpolation between ranks. With border
    /// voxels and 0.95 this is MedPy's `hd95`.
    public func pooledPercentile(_ fraction: Double) -> Double? {
        let a = referenceToPrediction.distances, b = predictionToReference.distances
        if a.isEmpty != b.isEmpty { return .infinity }
        return linearPercentile(merge(a, b), fraction)
    }

    /// The greater of the two directions' percentiles, with linear interpolation between ranks. With border voxels and
    /// 0.95 this is MONAI's Hausdorff distance at percentile 95.
    public func directedPercentile(_ fraction: Double) -> Double? {
        let a = referenceToPrediction.distances, b = predictionToReference.distances
        if a.isEmpty != b.isEmpty { return .infinity }
        return greater(linearPercentile(a, fraction), linearPercentile(b, fraction))
    }

    private func greater(_ a: Double?, _ b: Double?) -> Double? {
        guard let a else { return b }
        return max(a, b ?? a)
    }

    private func merge(_ a: [Double], _ b: [Double]) -> [Double] {
        var result: [Double] = []
        result.reserveCapacity(a.count + b.count)
        var i = 0, j = 0
        while i < a.count || j < b.count {
            if j == b.count || i < a.count && a[i] <= b[j] {
                result.append(a[i])
                i += 1
            } else {
                result.append(b[j])
                j += 1
            }
        }
        return result
    }

    /// NumPy's default percentile of ascending values.
    private func linearPercentile(_ sorted: [Double], _ fraction: Double) -> Double? {
        guard !sorted.isEmpty else { return nil }
        let place = fraction * Double(sorted.count - 1)
        let low = min(Int(place), sorted.count - 1), high = min(low + 1, sorted.count - 1)
        if sorted[low] == sorted[high] { return sorted[low] }
        return sorted[low] + (sorted[high] - sorted[low]) * (place - Double(low))
    }
}
