import RandomNumbers
import Tensors

/// Foreground pooling by the adjoint against the naive form, which upsamples the features: difference, time, memory.
public struct PoolingSelfTest: Sendable, Encodable {
    /// The number of classes.
    public let classes: Int
    /// Depth, height and width of the masks, and of the features.
    public let size: [Int], coarseSize: [Int]
    /// The number of feature channels.
    public let channels: Int
    /// The largest difference of a pooled value, as a share of the largest pooled value.
    public let relativeDifference: Double
    /// Seconds that each form took.
    public let adjointSeconds: Double, naiveSeconds: Double
    /// The most tensor memory in use beyond the inputs, in bytes.
    public let adjointBytes: Int, naiveBytes: Int

    /// Runs both forms on random features and masks.
    ///
    /// - Parameters:
    ///   - size: of the masks: D, H, W.
    ///   - factor: a power of two by which the features are coarser than the masks.
    ///   - channels: of the features.
    ///   - classes: the number of masks.
    ///   - seed: decides features and masks.
    public static func run(size: [Int], factor: Int, channels: Int, classes: Int, seed: UInt64 = 1) throws
        -> PoolingSelfTest
    {
        try Engine.shared.run {
            let coarse = size.map { $0 / factor }
            var generator = Philox(seed: seed, purpose: "pooling self-test")
            let features = Tensor(uninitialized: [1] + coarse + [channels])
            features.withMutableFloats { for index in $0.indices { $0[index] = Float(generator.normal()) } }
            let masks = balls(classes, size, &generator)
            let (fast, fastSeconds, fastBytes) = try measured {
                let weights = try ForegroundPooling(masks: masks, to: coarse).weights
                let voxels = coarse.reduce(1, *), tape = Tape(recording: false)
                return try tape.weightedSums(
                    of: tape.constant(features.reshaped([1, voxels, channels])),
                    weights: weights.reshaped([1, classes, voxels])
                ).value.values
            }
            let (naive, naiveSeconds, naiveBytes) = try measured { try pooledNaively(features, masks, factor) }
            let largest = naive.reduce(0) { max($0, abs($1)) }
            let difference = zip(fast, naive).reduce(0) { max($0, abs($1.0 - $1.1)) }
            return PoolingSelfTest(
                classes: classes, size: size, coarseSize: coarse, channels: channels,
                relativeDifference: Double(difference / largest), adjointSeconds: fastSeconds,
                naiveSeconds: naiveSeconds,
                adjointBytes: fastBytes, naiveBytes: naiveBytes)
        }
    }

    /// Upsamples the features to the size of the masks, one axis after the other, and averages them over each mask.
    private static func pooledNaively(_ features: Tensor, _ masks: Tensor, _ factor: Int) throws -> [Float] {
        let channels = features.shape[4], coarse = Array(features.shape[1...3]), size = coarse.map { $0 * factor }
        let full = Tensor(uninitialized: size + [channels])
        let axes = (0..<3).map { axis in
            (0..<size[axis]).map { index -> (low: Int, high: Int, upper: Float) in
                let position = max(0, (Float(index) + 0.5) / Float(factor) - 0.5), low = Int(position)
                return (low, min(low + 1, coarse[axis] - 1), position - Float(low))
            }
        }
        features.withFloats { source in
            full.withMutableFloats { target in
                var at = 0
                for z in axes[0] {
                    for y in axes[1] {
                        for x in axes[2] {
                            for c in 0..<channels {
                                func value(_ i: Int, _ j: Int, _ k: Int) -> Float {
                                    source[((i * coarse[1] + j) * coarse[2] + k) * channels + c]
                                }
                                func along(_ i: Int, _ j: Int) -> Float {
                                    value(i, j, x.low) * (1 - x.upper) + value(i, j, x.high) * x.upper
                                }
                                func across(_ i: Int) -> Float {
                                    along(i, y.low) * (1 - y.upper) + along(i, y.high) * y.upper
                                }
                                target[at] = across(z.low) * (1 - z.upper) + across(z.high) * z.upper
                                at += 1
                            }
                        }
                    }
                }
            }
        }
        let voxels = size.reduce(1, *), classes = masks.shape[0]
        var pooled: [Float] = []
        full.withFloats { values in
            masks.withFloats { mask in
                for k in 0..<classes {
                    var sums = [Double](repeating: 0, count: channels), weight = 0.0
                    for voxel in 0..<voxels where mask[k * voxels + voxel] > 0 {
                        let share = mask[k * voxels + voxel]
                        weight += Double(share)
                        for c in 0..<channels { sums[c] += Double(share * values[voxel * channels + c]) }
                    }
                    pooled += sums.map { Float($0 / max(weight, 1)) }
                }
            }
        }
        return pooled
    }

    /// One ball per class, from tiny to a third of the grid.
    private static func balls(_ classes: Int, _ size: [Int], _ generator: inout Philox) -> Tensor {
        let masks = Tensor(zeros: [classes] + size)
        for k in 0..<classes {
            let radius = generator.uniform(in: 1...Double(size.min()!) / 3)
            let centre = size.map { generator.uniform(in: 0...Double($0 - 1)) }
            masks.withMutableFloats { values in
                var at = k * size.reduce(1, *)
                for z in 0..<size[0] {
                    for y in 0..<size[1] {
                        for x in 0..<size[2] {
                            let d = [Double(z) - centre[0], Double(y) - centre[1], Double(x) - centre[2]]
                            if d[0] * d[0] + d[1] * d[1] + d[2] * d[2] <= radius * radius { values[at] = 1 }
                            at += 1
                        }
                    }
                }
            }
        }
        return masks
    }

    private static func measured(_ body: () throws -> [Float]) throws -> ([Float], Double, Int) {
        CachingAllocator.shared.resetPeak()
        let before = CachingAllocator.shared.counters.bytesInUse, clock = ContinuousClock(), start = clock.now
        let result = try body()
        let seconds = (clock.now - start) / .seconds(1)
        return (result, seconds, CachingAllocator.shared.counters.peakBytesInUse - before)
    }
}
