import IrisModel
import Tensors

/// Trains an `IrisNetwork` on episodes, one optimiser step at a time.
///
/// The loss of a step is the mean over all (episode, class) pairs of all passes and processes, so splitting the episodes
/// of a step among passes or processes changes nothing but rounding. Every number of a step follows from the state and
/// the step's episodes, so a run that is resumed from a checkpoint repeats the bits of one that never stopped.
public final class Trainer {
    /// What the training is made by.
    public let configuration: TrainingConfiguration
    /// The network in training.
    public let network: IrisNetwork
    /// The optimiser with its moments.
    public let optimizer: Optimizer
    /// The moving average of the weights; `nil` without one.
    public let average: WeightAverage?
    public internal(set) var bank: MemoryBank?
    /// Optimiser steps made, skipped ones included.
    public internal(set) var step = 0
    /// Steps in a row whose loss or gradient was not finite.
    public internal(set) var skippedInARow = 0
    /// The best validation so far, and how many have passed since.
    public internal(set) var best = BestValidation()
    private let group: ProcessGroup

    /// How many steps in a row may fail before training gives up.
    public static let skipLimit = 10

    /// The best validation so far.
    public struct BestValidation: Sendable, Equatable {
        /// Its mean Dice; `nil` before the first.
        public var dice: Double?
        /// The step after which it was made.
        public var step = 0
        /// Validations since without a better Dice.
        public var validationsSince = 0
    }

    /// Begins with weights drawn by the configuration's seed.
    public init(_ configuration: TrainingConfiguration, model: IrisConfiguration, group: ProcessGroup = ProcessGroup())
        throws
    {
        self.configuration = configuration
        self.group = group
        let network = try IrisNetwork(model)
        network.parameters.initialize(seed: configuration.seed)
        self.network = network
        let settings = configuration.optimizer
        optimizer = Optimizer(
            network.parameters,
            settings: Optimizer.Settings(
                method: settings.method == .lamb ? .lamb : .adamw, beta1: Float(settings.beta1),
                beta2: Float(settings.beta2),
                epsilon: Float(settings.epsilon), weightDecay: Float(settings.weightDecay)))
        average =
            configuration.averageDecay > 0
            ? WeightAverage(of: network.parameters, decay: Float(configuration.averageDecay)) : nil
        bank = configuration.memoryBankDecay > 0 ? MemoryBank(decay: configuration.memoryBankDecay) : nil
    }

    /// The result of one step.
    public struct Outcome: Sendable {
        /// Means over the step's episodes; the gradient's norm is the one before clipping.
        public let loss, diceLoss, crossEntropy, dice, gradientNorm, learningRate: Double
        /// Whether the weights changed.
        public let isApplied: Bool
    }

    /// Makes one optimiser step on this process's episodes. Belongs inside `Engine.run`.
    ///
    /// - Throws: ``TrainingError/notFinite(steps:)`` after ``skipLimit`` failures in a row.
    public func step(on passes: [EpisodeBatch]) throws -> Outcome {
        let rate = configuration.learningRate.rate(at: step)
        let pairs = group.sum([Double(passes.reduce(0) { $0 + $1.pairCount })])[0]
        let weights = SegmentationLossWeights(
            dice: Float(configuration.loss.dice), crossEntropy: Float(configuration.loss.crossEntropy),
            smoothing: Float(configuration.loss.smoothing))
        // Sums over pairs: loss, Dice loss, cross-entropy, Dice coefficient.
        var sums = [0.0, 0, 0, 0]
        var shown: [(ClassKey, [Float])] = []
        network.parameters.clearGradients()
        for pass in passes {
            let tape = Tape()
            let output = try network(query: pass.query, references: pass.references, masks: pass.masks, on: tape)
            let (total, parts) = try tape.segmentationLoss(
                logits: output.logits, targets: pass.targets, counted: pass.counted, weights: weights)
            let own = Double(pass.pairCount)
            let dice = parts.diceCoefficients.reduce(0) { $0 + $1.reduce(0) { $0 + ($1 ?? 0) } }
            for (index, value) in [parts.total * own, parts.dice * own, parts.crossEntropy * own, dice].enumerated() {
                sums[index] += value
            }
            shown += embeddings(output, pass)
            try tape.unwind(from: total, gradient: Tensor([Float(own / pairs)], shape: [1]))
        }
        network.parameters.finishGradients()
        network.parameters.gradients.withMutableFloats { group.sum($0) }
        sums = group.sum(sums).map { $0 / pairs }
        let norm = network.parameters.gradientNorm()
        step += 1
        let isFinite = norm.isFinite && sums[0].isFinite
        if isFinite {
            let clip = configuration.gradientClip
            optimizer.step(rate: Float(rate), gradientScale: clip > 0 && norm > clip ? Float(clip / norm) : 1)
            average?.update(from: network.parameters)
            remember(shown)
            skippedInARow = 0
        } else {
            network.parameters.clearGradients()
            skippedInARow += 1
            guard skippedInARow < Self.skipLimit else { throw TrainingError.notFinite(steps: skippedInARow) }
        }
        return Outcome(
            loss: sums[0], diceLoss: sums[1], crossEntropy: sums[2], dice: sums[3], gradientNorm: norm,
            learningRate: rate,
            isApplied: isFinite)
    }

    /// The embeddings of a pass, with their classes.
    private func embeddings(_ output: IrisNetwork.Output, _ pass: EpisodeBatch) -> [(ClassKey, [Float])] {
        guard bank != nil else { return [] }
        let values = output.embedding.value, classCount = values.shape[1], length = values.shape[2] * values.shape[3]
        let all = values.values
        return pass.classes.enumerated().flatMap { sample, classes in
            classes.enumerated().filter { output.present[sample][$0.offset] }.map { place, key in
                let start = (sample * classCount + place) * length
                return (key, Array(all[start..<start + length]))
            }
        }
    }

    /// Takes the embeddings of all processes into the bank, so that each has the bank that a single one would have, up
    /// to the order in which the episodes of one step enter.
    private func remember(_ embeddings: [(ClassKey, [Float])]) {
        guard bank != nil else { return }
        for part in group.gather(Self.bytes(of: embeddings)) {
            for (key, embedding) in Self.embeddings(in: part) { bank?.update(key, with: embedding) }
        }
    }

    /// Per embedding: length of the key's text and count of values as 32-bit integers, the text, the values.
    private static func bytes(of embeddings: [(ClassKey, [Float])]) -> [UInt8] {
        embeddings.flatMap { key, values in
            let text = Array(key.description.utf8)
            return withUnsafeBytes(of: (UInt32(text.count), UInt32(values.count)), Array.init) + text
                + values.withUnsafeBytes(Array.init)
        }
    }

    /// Reads what ``bytes(of:)`` wrote on a machine of the same byte order.
    private static func embeddings(in bytes: [UInt8]) -> [(ClassKey, [Float])] {
        bytes.withUnsafeBytes { bytes in
            var result: [(ClassKey, [Float])] = [], place = 0
            while place < bytes.count {
                let counts = (0..<2).map { Int(bytes.loadUnaligned(fromByteOffset: place + 4 * $0, as: UInt32.self)) }
                let text = place + 8..<place + 8 + counts[0]
                let values = (0..<counts[1]).map {
                    bytes.loadUnaligned(fromByteOffset: text.upperBound + 4 * $0, as: Float.self)
                }
                guard let key = ClassKey(String(decoding: bytes[text], as: UTF8.self)) else {
                    preconditionFailure("another process sent no class")
                }
                result.append((key, values))
                place = text.upperBound + 4 * counts[1]
            }
            return result
        }
    }
}
