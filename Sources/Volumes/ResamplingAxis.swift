import CKernels

/// How the outputs along one axis follow from the inputs: the tables behind the C type `iris_resample_axis`.
struct ResamplingAxis: Sendable {
    var kind: iris_interpolation
    /// For each output the extended index of its first tap; "extended" indices continue the line beyond its ends.
    var first: [Int32]
    /// Four per output.
    var weights: [Float]
    /// The input index of every extended index from `start` on.
    var source: [Int32]
    var start: Int32
    /// The input indices that the tables name.
    private(set) var window: Range<Int>
    /// When outputs are copies of inputs at a constant stride: the stride. The first of them starts the window.
    private(set) var copyStride: Int?

    /// Places closer than this to a voxel centre count as on it. Along an axis where all places are, the samples themselves
    /// are the result. A file's 32-bit spacing gives offsets of up to 1e-5 over 512 voxels.
    static let tolerance = 1e-5
    /// Places closer than this to halfway between two centres count as halfway, whatever the rounding errors of spacings.
    static let halfwayTolerance = 1e-9

    /// - Parameters:
    ///   - size: voxels along the axis.
    ///   - outputs: the numbers of the outputs wanted; output o lies at place o · target / spacing.
    init(size: Int, spacing: Double, target: Double, outputs: Range<Int>, interpolation: Interpolation) {
        let places = outputs.map { Double($0) * target / spacing }
        let onCentres = places.allSatisfy { abs($0 - $0.rounded()) < Self.tolerance }
        weights = []
        source = []
        start = 0
        if interpolation == .nearest || onCentres || size == 1 {
            kind = IRIS_PICK
            first = places.map { place in
                let index = Int((place + 0.5 + Self.halfwayTolerance).rounded(.down))
                return Int32(interpolation == .cubic ? Self.mirrored(index, size) : min(max(index, 0), size - 1))
            }
        } else {
            kind = interpolation == .linear ? IRIS_LINEAR : IRIS_SPLINE
            let tapsBefore = kind == IRIS_LINEAR ? 0 : 1
            first = places.map { Int32($0.rounded(.down)) - Int32(tapsBefore) }
            weights.reserveCapacity(4 * places.count)
            for place in places {
                let t = place - place.rounded(.down)
                weights += (kind == IRIS_LINEAR ? [1 - t, t, 0, 0] : Self.splineWeights(t)).map(Float.init)
            }
            let reach = Self.reach, kind = kind
            start = first[0] - reach.before
            source = (start...first[first.count - 1] + reach.after).map {
                Int32(kind == IRIS_LINEAR ? min(max(Int($0), 0), size - 1) : Self.mirrored(Int($0), size))
            }
        }
        (window, copyStride) = (0..<0, nil)
        countFromWindow()
    }

    /// Makes input indices count from the first one that the tables name, since kernels are handed only that part.
    private mutating func countFromWindow() {
        let named = kind == IRIS_PICK ? first : source
        window = Int(named.min()!)..<Int(named.max()!) + 1
        let lower = Int32(window.lowerBound)
        if kind == IRIS_PICK { first = first.map { $0 - lower } } else { source = source.map { $0 - lower } }
        copyStride = kind == IRIS_PICK ? Self.constantStride(first) : nil
    }

    /// The tables for some of the outputs; the window counts from the start of this one's.
    func outputs(_ range: Range<Int>) -> ResamplingAxis {
        var part = self
        part.first = Array(first[range])
        if kind != IRIS_PICK {
            part.weights = Array(weights[4 * range.lowerBound..<4 * range.upperBound])
            let reach = Self.reach
            part.start = part.first[0] - reach.before
            let end = part.first[range.count - 1] + reach.after
            part.source = Array(source[Int(part.start - start)...Int(end - start)])
        }
        part.countFromWindow()
        return part
    }

    /// The extended indices that kernels read before the first output's first tap and after the last output's.
    private static let reach = (before: Int32(IRIS_TAP_REACH_BEFORE), after: Int32(IRIS_TAP_REACH_AFTER))

    /// The weights of c[f-1], c[f], c[f+1], c[f+2] at place f + t: the cubic B-spline at t+1, t, 1-t and 2-t, times the
    /// gain of 6 that the kernels' recursions leave out.
    static func splineWeights(_ t: Double) -> [Double] {
        let u = 1 - t
        return [u * u * u, 4 - 6 * t * t + 3 * t * t * t, 4 - 6 * u * u + 3 * u * u * u, t * t * t]
    }

    /// The index inside a line of `size` samples that is mirrored about its first and last, again and again.
    static func mirrored(_ index: Int, _ size: Int) -> Int {
        guard size > 1 else { return 0 }
        let period = 2 * (size - 1)
        let place = ((index % period) + period) % period
        return min(place, period - place)
    }

    private static func constantStride(_ indices: [Int32]) -> Int? {
        guard indices.count > 1 else { return 1 }
        let stride = indices[1] - indices[0]
        return stride > 0 && zip(indices.dropFirst(), indices).allSatisfy { $0 - $1 == stride } ? Int(stride) : nil
    }

    /// The tables as the kernels read them.
    func withCAxis<Result>(_ body: (UnsafePointer<iris_resample_axis>) -> Result) -> Result {
        first.withUnsafeBufferPointer { first in
            weights.withUnsafeBufferPointer { weights in
                source.withUnsafeBufferPointer { source in
                    var axis = iris_resample_axis(
                        interpolation: kind, count: first.count, first: first.baseAddress, weights: weights.baseAddress,
                        source: source.baseAddress, start: start)
                    return body(&axis)
                }
            }
        }
    }
}
