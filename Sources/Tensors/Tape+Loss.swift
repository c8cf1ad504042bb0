import CKernels

/// The parts of a segmentation loss, averaged over the classes that count.
public struct SegmentationLoss: Sendable {
    /// Soft Dice loss, 0 for perfect overlap and 1 for none.
    public let dice: Double
    /// Binary cross-entropy per voxel, in nats.
    public let crossEntropy: Double
    /// The weighted sum that gradients are taken of.
    public let total: Double
    /// Per sample and class, the soft Dice coefficient; `nil` where the class does not count.
    public let diceCoefficients: [[Double?]]
}

/// How soft Dice and cross-entropy are combined.
public struct SegmentationLossWeights: Sendable, Hashable {
    /// The weight of the soft Dice loss.
    public var dice: Float
    /// The weight of the binary cross-entropy.
    public var crossEntropy: Float
    /// Added to numerator and denominator of the Dice coefficient: an empty target that is predicted empty scores 1.
    public var smoothing: Float

    public init(dice: Float = 1, crossEntropy: Float = 1, smoothing: Float = 1) {
        (self.dice, self.crossEntropy, self.smoothing) = (dice, crossEntropy, smoothing)
    }
}

extension Tape {
    /// Soft Dice and binary cross-entropy of class maps against targets, averaged over the counted (sample, class) pairs.
    ///
    /// With p the sigmoid of the logits, t the targets and s the smoothing: Dice is (2 sum(p t) + s) / (sum p + sum t + s)
    /// per sample and class, its loss 1 - Dice; cross-entropy is the mean over voxels of max(x, 0) - x t + ln(1 + e^-|x|).
    /// When no pair counts the loss is 0.
    ///
    /// - Parameters:
    ///   - logits: N, K, ...; float32.
    ///   - targets: the same shape, values in 0...1.
    ///   - counted: per sample and class, whether it contributes.
    ///   - weights: what the parts count in the total, and the smoothing.
    /// - Returns: the value of the total as a variable of one value, and the parts.
    public func segmentationLoss(
        logits: Variable, targets: Tensor, counted: [[Bool]], weights: SegmentationLossWeights = .init()
    ) throws -> (total: Variable, parts: SegmentationLoss) {
        guard logits.shape == targets.shape, logits.shape.count >= 3, counted.count == logits.shape[0],
            counted.allSatisfy({ $0.count == logits.shape[1] })
        else {
            throw TensorError.shapes(
                operation: "segmentation loss", first: "logits", firstShape: logits.shape, second: "targets",
                secondShape: targets.shape, rule: "they must be equal, N, K, ..., with a flag per sample and class")
        }
        try requireType(.float32, of: logits.value, "segmentation loss")
        try requireType(.float32, of: targets, "segmentation loss")
        let x = logits.value, classes = x.shape[1], pairs = x.shape[0] * classes, voxels = x.count / max(1, pairs)
        let flags = counted.flatMap { $0 }, included = flags.count { $0 }
        var partial = [Double](repeating: 0, count: engine.threadCount * pairs * 4)
        partial.withUnsafeMutableBufferPointer { buffer in
            let base = UncheckedSendablePointer(buffer.baseAddress!)
            engine.parallel(voxels, grain: 4096) { part, range in
                for pair in 0..<pairs where flags[pair] {
                    let at = pair * voxels + range.lowerBound
                    iris_tensor_dice_cross_entropy_sums(
                        x.floats + at, targets.floats + at, range.count, base.pointer + (part * pairs + pair) * 4)
                }
            }
        }
        let smoothing = Double(weights.smoothing)
        var sums = [PairSums](repeating: PairSums(), count: pairs)
        for part in 0..<engine.threadCount {
            for pair in 0..<pairs { sums[pair].add(partial, at: (part * pairs + pair) * 4) }
        }
        var dice = 0.0, entropy = 0.0
        for pair in 0..<pairs where flags[pair] {
            dice += 1 - sums[pair].dice(smoothing)
            entropy += sums[pair].entropy / Double(voxels)
        }
        let share = included == 0 ? 0 : 1 / Double(included)
        let total = share * (Double(weights.dice) * dice + Double(weights.crossEntropy) * entropy)
        let coefficients = counted.indices.map { sample in
            (0..<classes).map { counted[sample][$0] ? sums[sample * classes + $0].dice(smoothing) : nil }
        }
        let parts = SegmentationLoss(
            dice: share * dice, crossEntropy: share * entropy, total: total, diceCoefficients: coefficients)
        let value = Tensor([Float(total)], shape: [1])
        let variable = record(value, wanted: logits.slot != nil) { [engine, slot = logits.slot, sums] dy in
            let scale = Double(dy.scalar) * share
            let dx = Tensor(uninitialized: x.shape)
            engine.parallel(voxels, grain: 4096) { _, range in
                for pair in 0..<pairs {
                    let at = pair * voxels + range.lowerBound
                    guard flags[pair] else {
                        (dx.floats + at).update(repeating: 0, count: range.count)
                        continue
                    }
                    // d(1 - dice)/dp = (2 (intersection) + s) / denominator^2 - 2 t / denominator.
                    let denominator = sums[pair].predicted + sums[pair].wanted + smoothing
                    let numerator = 2 * sums[pair].both + smoothing
                    iris_tensor_dice_cross_entropy_gradient(
                        x.floats + at, targets.floats + at, range.count,
                        Float(scale * Double(weights.crossEntropy) / Double(voxels)),
                        Float(scale * Double(weights.dice) * numerator / (denominator * denominator)),
                        Float(-scale * Double(weights.dice) * 2 / denominator), dx.floats + at)
                }
            }
            slot?.add(dx, engine: engine)
        }
        return (variable, parts)
    }
}

/// What one pass over a class map gathers.
private struct PairSums {
    var both = 0.0, predicted = 0.0, wanted = 0.0, entropy = 0.0

    mutating func add(_ values: [Double], at index: Int) {
        both += values[index]
        predicted += values[index + 1]
        wanted += values[index + 2]
        entropy += values[index + 3]
    }

    /// An empty target predicted exactly empty without smoothing scores 1.
    func dice(_ smoothing: Double) -> Double {
        let denominator = predicted + wanted + smoothing
        return denominator > 0 ? (2 * both + smoothing) / denominator : 1
    }
}
