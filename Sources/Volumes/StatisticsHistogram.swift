import CKernels

/// How often each 16-bit intensity occurs: every percentile and moment of the voxels follows exactly, without another pass.
public struct IntensityHistogram: Sendable {
    /// The number of voxels with intensity `v` at place `v + 32768`.
    public private(set) var counts: [Int]
    /// The number of voxels.
    public let count: Int

    /// Counts the voxels where `mask` is not 0, or all.
    ///
    /// - Precondition: the mask has the volume's shape.
    public init(of volume: Volume<Int16>, where mask: LabelMap? = nil) {
        let bins = Int(IRIS_HISTOGRAM_BINS)
        var tables = [UInt32](repeating: 0, count: 2 * bins)
        var counts = [Int](repeating: 0, count: bins)
        volume.withView { view in
            view.withVoxels(and: mask) { voxels, mask, count in
                // The kernel's counters have 32 bits.
                for start in stride(from: 0, to: count, by: 1 << 31) {
                    iris_histogram_int16(
                        voxels + start, mask.map { $0 + start }, min(1 << 31, count - start), &tables)
                    for bin in 0..<bins {
                        counts[bin] += Int(tables[bin]) + Int(tables[bins + bin])
                        (tables[bin], tables[bins + bin]) = (0, 0)
                    }
                }
            }
        }
        self.counts = counts
        count = counts.reduce(0, +)
    }

    /// Percentiles by linear interpolation between order statistics, NumPy's "linear": for n values the place
    /// p / 100 · (n - 1) in sorted order. `nil` when there are no voxels.
    ///
    /// - Precondition: every percent is in 0...100.
    public func percentiles(_ percents: [Double]) -> [Double]? {
        linearPercentiles(percents, count: count) { ranks in
            var below = 0, bin = 0
            return ranks.map { rank in
                while below + counts[bin] <= rank { (below, bin) = (below + counts[bin], bin + 1) }
                return Double(bin - 32768)
            }
        }
    }

    /// The statistics of the intensities, clamped to `window` when given; `nil` when there are no voxels. Minimum and maximum
    /// are those found.
    public func statistics(clampedTo window: ClosedRange<Double>? = nil) -> IntensityStatistics? {
        guard count > 0, let lowest = counts.firstIndex(where: { $0 > 0 }),
            let highest = counts.lastIndex(where: { $0 > 0 })
        else { return nil }
        func value(_ bin: Int) -> Double {
            let value = Double(bin - 32768)
            return window.map { min(max(value, $0.lowerBound), $0.upperBound) } ?? value
        }
        var sum = 0.0
        for bin in lowest...highest { sum += Double(counts[bin]) * value(bin) }
        let mean = sum / Double(count)
        var squares = 0.0
        for bin in lowest...highest { squares += Double(counts[bin]) * (value(bin) - mean) * (value(bin) - mean) }
        return IntensityStatistics(
            count: count, nonFinite: 0, minimum: Double(lowest - 32768), maximum: Double(highest - 32768), mean: mean,
            standardDeviation: (squares / Double(count)).squareRoot())
    }
}
