import CKernels
import NIfTI

/// Evenly spread voxels of one frame, sorted: enough to know a scan's percentiles and modes without a histogram of all.
struct IntensitySample: Sendable {
    /// Scaled values in ascending order; not-a-number and infinities are left out.
    let sorted: [Float]

    private static let size = 8192

    init(_ bytes: UnsafeRawBufferPointer, datatype: NIfTIDatatype, slope: Double, intercept: Double) {
        let count = bytes.count / datatype.bytesPerVoxel
        let number = min(Self.size, max(min(count, 1024), count / 64))
        // Multiples of the golden section, as 64-bit fractions, spread evenly without falling into step with rows and slices.
        let indices = (0..<number).map { n in
            Int64(truncatingIfNeeded: (UInt64(n) &* 0x9e37_79b9_7f4a_7c15).multipliedFullWidth(by: UInt64(count)).high)
        }
        var values = [Float](repeating: 0, count: number)
        iris_gather(bytes.baseAddress, datatype.kernelScalar, Int64(count), indices, Int64(number), &values)
        let (a, b) = (Float(slope), Float(intercept))
        var finite = Array(values.lazy.filter(\.isFinite).map { $0 * a + b })
        withUnsafeTemporaryAllocation(of: Float.self, capacity: finite.count) {
            iris_sort_values(&finite, Int64(finite.count), $0.baseAddress)
        }
        sorted = finite
    }

    init(sorted: [Float]) { self.sorted = sorted }

    /// The value below which a fraction of the sample lies; `nil` for an empty sample.
    func quantile(_ fraction: Double) -> Double? {
        guard !sorted.isEmpty else { return nil }
        return Double(sorted[min(sorted.count - 1, Int(fraction * Double(sorted.count)))])
    }

    /// The fraction of the sample within a range.
    func fraction(in range: ClosedRange<Float>) -> Double { fraction(from: range.lowerBound, to: range.upperBound) }

    /// The fraction of the sample from one value to another; 0 when the second is below the first.
    func fraction(from low: Float, to high: Float) -> Double {
        guard !sorted.isEmpty, low <= high else { return 0 }
        return Double(upperBound(high) - lowerBound(low)) / Double(sorted.count)
    }

    /// The value up to which a voxel is air or empty background: by the Hounsfield scale in CT; elsewhere the darkest
    /// fiftieth of the range, when at least a tenth of the voxels lie in it. `nil` where there is none.
    func airLevel(_ modality: Modality) -> Double? {
        if modality == .ct { return fraction(in: -1200 ... -900) > 0.01 ? -800 : nil }
        guard let low = quantile(0.01), let high = quantile(0.99), high > low else { return nil }
        let level = low + 0.02 * (high - low)
        return fraction(in: -.infinity...Float(level)) >= 0.1 ? level : nil
    }

    /// The middle of the window of `width` above `floor` that holds most values, and the fraction of the sample in it.
    func mode(above floor: Float, width: Float) -> (centre: Double, fraction: Double)? {
        let first = lowerBound(floor)
        guard first < sorted.count else { return nil }
        var end = first, best = 0, bestStart = first
        for start in first..<sorted.count {
            while end < sorted.count, sorted[end] <= sorted[start] + width { end += 1 }
            if end - start > best { (best, bestStart) = (end - start, start) }
        }
        let median = sorted[bestStart + best / 2]
        return (Double(median), Double(best) / Double(sorted.count))
    }

    private func lowerBound(_ value: Float) -> Int { partition { $0 < value } }
    private func upperBound(_ value: Float) -> Int { partition { $0 <= value } }

    private func partition(_ isBefore: (Float) -> Bool) -> Int {
        var low = 0, high = sorted.count
        while low < high {
            let middle = (low + high) / 2
            if isBefore(sorted[middle]) { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
