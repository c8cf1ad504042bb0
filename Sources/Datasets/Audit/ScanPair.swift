import NIfTI
import Volumes

/// Two scans that are sampled at the same places.
struct ScanPair {
    let first, second: NIfTIImage
    let firstFrame, secondFrame: Int
    /// The lengths of a voxel's edges, in mm or in whatever both are compared in.
    private let firstSpacing, secondSpacing: SIMD3<Double>

    init(first: NIfTIImage, firstFrame: Int, second: NIfTIImage, secondFrame: Int) {
        (self.first, self.firstFrame, self.second, self.secondFrame) = (first, firstFrame, second, secondFrame)
        (firstSpacing, secondSpacing) = (first.header.grid.spacing.components, second.header.grid.spacing.components)
    }

    private init(_ pair: ScanPair, firstSpacing: SIMD3<Double>, secondSpacing: SIMD3<Double>) {
        (first, firstFrame, second, secondFrame) = (pair.first, pair.firstFrame, pair.second, pair.secondFrame)
        (self.firstSpacing, self.secondSpacing) = (firstSpacing, secondSpacing)
    }

    /// The same scans with edges that make their boxes equal, whatever their headers say: lengths of 1 along each axis.
    func boxes() -> ScanPair {
        ScanPair(
            self, firstSpacing: 1 / SIMD3<Double>(first.header.grid.shape.components),
            secondSpacing: 1 / SIMD3<Double>(second.header.grid.shape.components))
    }

    /// The smallest of the coarser scan's voxel edges along each axis of the second scan.
    func coarserSpacing(_ placement: ScanPlacement) -> Double { coarser(placement).min() }

    private func coarser(_ placement: ScanPlacement) -> SIMD3<Double> {
        var result = secondSpacing
        for n in 0..<3 { result[n] = max(result[n], firstSpacing[placement.axis(n).first]) }
        return result
    }

    /// The correlation of the detail where both overlap, from -1 to 1; `nil` when they hardly do or have no texture.
    ///
    /// - Parameter reach: how far a sample's surroundings are away, in voxels of the coarser scan.
    func correlation(_ placement: ScanPlacement, places: Int, reach: Double) -> Double? {
        let x = first.header.grid.shape.components, y = second.header.grid.shape.components
        let firstExtent = SIMD3<Double>(x) * firstSpacing, secondExtent = SIMD3<Double>(y) * secondSpacing
        let away = coarser(placement) * reach
        var low = SIMD3<Double>.zero, high = secondExtent
        for n in 0..<3 {
            let (axis, isMirrored) = placement.axis(n)
            let start = isMirrored ? placement.shift[axis] - firstExtent[axis] : -placement.shift[axis]
            (low[n], high[n]) = (max(low[n], start), min(high[n], start + firstExtent[axis]))
        }
        // Borders are where cropping and padding show.
        let border = (high - low) * 0.15
        (low, high) = (low + border, high - border)
        guard all(high - low .> 4 * coarser(placement)) else { return nil }
        var ours: [Int64] = [], theirs: [Int64] = []
        ours.reserveCapacity(places * 7)
        theirs.reserveCapacity(places * 7)
        for n in 0..<places {
            let place = low + Self.spread[n] * (high - low)
            for step in 0..<7 {
                var q = place
                if step > 0 { q[(step - 1) / 2] += step % 2 == 1 ? away[(step - 1) / 2] : -away[(step - 1) / 2] }
                theirs.append(Self.index(q / secondSpacing, y))
                ours.append(Self.index(placement.place(q) / firstSpacing, x))
            }
        }
        return Self.correlation(Self.detail(first, firstFrame, ours), Self.detail(second, secondFrame, theirs))
    }

    /// The most places that a comparison may look at.
    static let mostPlaces = 12_000
    /// Halton's sequence: places spread evenly over a box of edge length 1, however many of them are taken.
    private static let spread: [SIMD3<Double>] = (1...mostPlaces).map {
        SIMD3(halton($0, 2), halton($0, 3), halton($0, 5))
    }

    private static func halton(_ n: Int, _ base: Int) -> Double {
        var (n, factor, value) = (n, 1.0, 0.0)
        while n > 0 {
            factor /= Double(base)
            value += factor * Double(n % base)
            n /= base
        }
        return value
    }

    private static func index(_ voxel: SIMD3<Double>, _ size: SIMD3<Int>) -> Int64 {
        let i = min(max(Int(voxel.x), 0), size.x - 1), j = min(max(Int(voxel.y), 0), size.y - 1)
        let k = min(max(Int(voxel.z), 0), size.z - 1)
        return Int64(i + size.x * (j + size.y * k))
    }

    /// Each sample less the mean of the six around it, cut off at three times the median amount.
    private static func detail(_ image: NIfTIImage, _ frame: Int, _ indices: [Int64]) -> [Float] {
        let values = image.withUnsafeBytes(frame: frame) {
            FrameVoxels(bytes: $0, datatype: image.header.datatype).values(at: indices)
        }
        var detail = stride(from: 0, to: values.count, by: 7).map { n -> Float in
            let value = values[n] - values[n + 1...n + 6].reduce(0, +) / 6
            return value.isFinite ? value : 0
        }
        let amounts = detail.map(abs).sorted()
        let cut = 3 * amounts[amounts.count / 2]
        for n in detail.indices { detail[n] = min(max(detail[n], -cut), cut) }
        return detail
    }

    private static func correlation(_ a: [Float], _ b: [Float]) -> Double? {
        var (ab, aa, bb) = (0.0, 0.0, 0.0)
        for n in a.indices {
            ab += Double(a[n] * b[n])
            aa += Double(a[n] * a[n])
            bb += Double(b[n] * b[n])
        }
        return aa > 0 && bb > 0 ? ab / (aa * bb).squareRoot() : nil
    }
}
