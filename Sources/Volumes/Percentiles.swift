import CKernels

extension Volume where Voxel == Int16 {
    /// Exact percentiles of the voxels where `mask` is not 0, or of all; see ``IntensityHistogram/percentiles(_:)``.
    public func percentiles(_ percents: [Double], where mask: LabelMap? = nil) -> [Double]? {
        IntensityHistogram(of: self, where: mask).percentiles(percents)
    }
}

extension Volume where Voxel == Float {
    /// Exact percentiles of the finite voxels where `mask` is not 0, or of all, by linear interpolation between order
    /// statistics (NumPy's "linear", in double precision). `nil` when there is no finite voxel.
    ///
    /// The order statistics are found by counting: the upper 16 bits of all voxels first, then, for each of the few upper
    /// halves that a wanted rank falls into, the lower 16 bits. Nothing is sorted or copied.
    ///
    /// - Precondition: every percent is in 0...100; the mask has the volume's shape.
    public func percentiles(_ percents: [Double], where mask: LabelMap? = nil) -> [Double]? {
        withView { $0.percentiles(percents, where: mask) }
    }
}

extension VolumeView where Voxel == Float {
    /// Those of the volume; see `Volume.percentiles(_:where:)`.
    public func percentiles(_ percents: [Double], where mask: LabelMap? = nil) -> [Double]? {
        withVoxels(and: mask) { voxels, mask, voxelCount in
            precondition(voxelCount <= UInt32.max, "\(voxelCount) voxels are more than the 32-bit counters hold")
            let bins = Int(IRIS_HISTOGRAM_BINS)
            var high = [UInt32](repeating: 0, count: 2 * bins)
            iris_histogram_float_high(voxels, mask, voxelCount, &high)
            for bin in 0..<bins { high[bin] += high[bins + bin] }
            let count = high[..<bins].reduce(0) { $0 + Int($1) }
            return linearPercentiles(percents, count: count) { ranks in
                var below = 0, prefix = 0
                var low: [UInt32] = [], lowPrefix = -1
                return ranks.map { rank in
                    while below + Int(high[prefix]) <= rank {
                        (below, prefix) = (below + Int(high[prefix]), prefix + 1)
                    }
                    if lowPrefix != prefix {
                        low = [UInt32](repeating: 0, count: bins)
                        iris_histogram_float_low(voxels, mask, voxelCount, UInt32(prefix), &low)
                        lowPrefix = prefix
                    }
                    var remaining = rank - below, bin = 0
                    while remaining >= Int(low[bin]) { (remaining, bin) = (remaining - Int(low[bin]), bin + 1) }
                    return Double(iris_float_of_key(UInt32(prefix) << 16 | UInt32(bin)))
                }
            }
        }
    }
}

/// Percentiles of `count` values by linear interpolation between order statistics.
///
/// - Parameter orderStatistics: for ranks (0 is the smallest value) in ascending order, the values.
func linearPercentiles(_ percents: [Double], count: Int, orderStatistics: ([Int]) -> [Double]) -> [Double]? {
    precondition(percents.allSatisfy { (0...100).contains($0) }, "percents must lie in 0...100: \(percents)")
    guard count > 0 else { return nil }
    let places = percents.map { $0 / 100 * Double(count - 1) }
    let ranks = Set(places.flatMap { [Int($0), min(Int($0) + 1, count - 1)] }).sorted()
    let values = Dictionary(uniqueKeysWithValues: zip(ranks, orderStatistics(ranks)))
    return places.map { place in
        let low = values[Int(place)]!, high = values[min(Int(place) + 1, count - 1)]!
        let t = place - Double(Int(place))
        // From the nearer end, as NumPy does, so that t = 1 gives the upper value exactly.
        return t < 0.5 ? low + (high - low) * t : high - (high - low) * (1 - t)
    }
}
