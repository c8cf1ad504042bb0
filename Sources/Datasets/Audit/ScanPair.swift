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

    /// The same scans in voxels, whatever their headers say: voxels of the edge length 1.
    func voxels() -> ScanPair { ScanPair(self, firstSpacing: .one, secondSpacing: .one) }

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
        // A place along an axis of the second scan is one voxel of each scan along one axis of each: index = place * scale
        // + offset, held inside.
        let theirs = indices(low, high, away, places) { n in
            AxisPlaces(scale: 1 / secondSpacing[n], offset: 0, count: y[n], stride: [1, y.x, y.x * y.y][n])
        }
        let ours = indices(low, high, away, places) { n in
            let (axis, isMirrored) = placement.axis(n)
            return AxisPlaces(
                scale: (isMirrored ? -1 : 1) / firstSpacing[axis], offset: placement.shift[axis] / firstSpacing[axis],
                count: x[axis], stride: [1, x.x, x.x * x.y][axis])
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

    /// How places along one axis become indices.
    private struct AxisPlaces {
        let scale, offset: Double
        let count, stride: Int

        @inline(__always) func index(_ place: Double) -> Int {
            Int(min(max(place * scale + offset, 0), Double(count - 1))) * stride
        }
    }

    /// The indices of some places and, after each, of the six around it.
    private func indices(
        _ low: SIMD3<Double>, _ high: SIMD3<Double>, _ away: SIMD3<Double>, _ places: Int,
        _ axis: (Int) -> AxisPlaces
    ) -> [Int64] {
        let (i, j, k) = (axis(0), axis(1), axis(2)), extent = high - low
        return [Int64](unsafeUninitializedCapacity: places * 7) { indices, initialized in
            Self.spread.withUnsafeBufferPointer { spread in
                for n in 0..<places {
                    let place = low + spread[n] * extent
                    let (a, b, c) = (i.index(place.x), j.index(place.y), k.index(place.z))
                    let around = (
                        a + b + c, i.index(place.x + away.x) + b + c, i.index(place.x - away.x) + b + c,
                        a + j.index(place.y + away.y) + c, a + j.index(place.y - away.y) + c,
                        a + b + k.index(place.z + away.z), a + b + k.index(place.z - away.z)
                    )
                    indices[7 * n] = Int64(around.0)
                    indices[7 * n + 1] = Int64(around.1)
                    indices[7 * n + 2] = Int64(around.2)
                    indices[7 * n + 3] = Int64(around.3)
                    indices[7 * n + 4] = Int64(around.4)
                    indices[7 * n + 5] = Int64(around.5)
                    indices[7 * n + 6] = Int64(around.6)
                }
            }
            initialized = places * 7
        }
    }

    /// Each sample less the mean of the six around it, cut off at three times the median amount.
    private static func detail(_ image: NIfTIImage, _ frame: Int, _ indices: [Int64]) -> [Float] {
        let values = image.withUnsafeBytes(frame: frame) {
            FrameVoxels(bytes: $0, datatype: image.header.datatype).values(at: indices)
        }
        var detail = stride(from: 0, to: values.count, by: 7).map { n -> Float in
            let first = values[n + 1] + values[n + 2] + values[n + 3]
            let value = values[n] - (first + values[n + 4] + values[n + 5] + values[n + 6]) / 6
            return value.isFinite ? value : 0
        }
        // A part is enough to know the median of.
        let amounts = detail.prefix(1_500).map(abs).sorted()
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
