import IrisModel
import Tensors

/// How embeddings are optimised on references.
public struct TuningSettings: Sendable, Hashable, Codable {
    /// Optimiser steps at most; each looks at one window of one reference.
    public var steps = 100
    /// Adam's learning rate.
    public var rate = 1e-2
    /// The share of the references that is held out to judge the embeddings; at least one.
    public var heldOut = 0.25
    /// Steps between two judgements.
    public var every = 10
    /// Judgements without a better one after which tuning stops.
    public var patience = 3

    public init() {}
}

/// What tuning did.
public struct TuningResult: Sendable {
    /// Those that were best on the held-out references; the ones it began with when none were better.
    public let embeddings: TaskEmbeddings
    /// How the tuning went.
    public let summary: Summary

    /// How it went.
    public struct Summary: Sendable, Hashable, Codable {
        /// What it was tuned with.
        public let settings: TuningSettings
        /// The loss on the held-out references before tuning and after each judgement.
        public let heldOutLosses: [Double]
        /// The number of steps after which the embeddings were best.
        public let bestStep: Int
        /// The references that were tuned on, and those that were held out.
        public let tunedOn, heldOut: [String]
    }
}

extension Predictor {
    /// Optimises embeddings so that references are segmented better by them. Encoder and decoder stay as they are.
    ///
    /// The last of the references are held out. The embeddings begin as the mean over the others, and Adam lowers the
    /// training loss (soft Dice and cross-entropy) on one of the others' windows per step, in turn. The embeddings that are
    /// best on the held-out references are kept. A class that only held-out references show keeps their mean.
    ///
    /// - Parameters:
    ///   - references: at least two, in order; the last are held out.
    ///   - encoded: the embeddings of `references`, in the same order.
    ///   - classes: those to tune for.
    ///   - settings: steps, rate and the share held out.
    ///   - report: called with the number of steps made and the loss on the held-out references.
    /// - Throws: ``InferenceError/tooFewForTuning(found:)``, ``InferenceError/nothingToSegment(asked:shown:)``,
    ///   ``InferenceError/nothingToTune(heldOut:names:)``.
    public func tune(
        _ references: [Reference], encoded: [EncodedReference], classes: [TaskClass],
        settings: TuningSettings = TuningSettings(), report: (_ step: Int, _ loss: Double) -> Void = { _, _ in }
    ) throws -> TuningResult {
        precondition(references.count == encoded.count, "each reference needs its embedding")
        guard references.count >= 2 else { throw InferenceError.tooFewForTuning(found: references.count) }
        let share = Int((Double(references.count) * settings.heldOut).rounded())
        let count = references.count - min(max(1, share), references.count - 1)
        let parts = encoded.map(\.embeddings)
        let start = TaskEmbeddings.first(
            of: [parts[..<count], parts[count...]].map { TaskEmbeddings.mean(of: Array($0), classes: classes) },
            classes: classes, tokens: tokens, width: width)
        guard !start.classes.isEmpty else {
            throw InferenceError.nothingToSegment(asked: classes, shown: Set(references.flatMap(\.values)).sorted())
        }
        return try Engine.shared.run {
            var run = TuningRun(self, start)
            let windows = references.enumerated().map { run.windows(of: $1, number: $0) }
            let training = windows[..<count].flatMap { $0 }, judged = windows[count...].flatMap { $0 }
            for (windows, part, heldOut) in [(training, 0..<count, false), (judged, count..<references.count, true)]
            where windows.isEmpty {
                throw InferenceError.nothingToTune(heldOut: heldOut, names: references[part].map(\.image.name))
            }
            var best = start, bestStep = 0, losses = [try run.loss(on: judged)], sinceBest = 0
            report(0, losses[0])
            let steps = max(0, settings.steps)
            for step in stride(from: 1, through: steps, by: 1) {
                try run.step(on: training[(step - 1) % training.count], rate: Float(settings.rate))
                guard step % max(1, settings.every) == 0 || step == steps else { continue }
                let loss = try run.loss(on: judged)
                report(step, loss)
                // The first judgement is the one before tuning.
                if loss < losses.min()! {
                    (best, bestStep, sinceBest) = (run.embeddings, step, 0)
                } else {
                    sinceBest += 1
                }
                losses.append(loss)
                if sinceBest >= settings.patience { break }
            }
            let names = references.map(\.image.name)
            return TuningResult(
                embeddings: best,
                summary: .init(
                    settings: settings, heldOutLosses: losses, bestStep: bestStep, tunedOn: Array(names[..<count]),
                    heldOut: Array(names[count...])))
        }
    }
}

/// Embeddings on their way, with the optimiser's state.
private struct TuningRun {
    private let predictor: Predictor
    private let start: TaskEmbeddings
    private let parameter: Parameter
    private let set: ParameterSet
    private let optimizer: Optimizer
    private var features = FeatureCache()

    /// A part of a labelled reference.
    struct Window {
        let key: FeatureCache.Key
        let reference: Reference
        /// Per class of the embeddings, whether the reference shows it. Others may just not be annotated.
        let counted: [Bool]
    }

    init(_ predictor: Predictor, _ start: TaskEmbeddings) {
        (self.predictor, self.start) = (predictor, start)
        parameter = Parameter("embeddings", [start.classes.count, start.tokens, start.width], .constant(0))
        set = ParameterSet([parameter])
        optimizer = Optimizer(
            set, settings: Optimizer.Settings(method: .adamw, epsilon: 1e-8, weightDecay: 0))
        parameter.value.withMutableFloats { values in
            for (place, value) in start.values.enumerated() { values[place] = value }
        }
    }

    var embeddings: TaskEmbeddings {
        TaskEmbeddings(
            classes: start.classes, tokens: start.tokens, width: start.width, values: parameter.value.values)
    }

    func windows(of reference: Reference, number: Int) -> [Window] {
        let shown = Set(reference.values)
        let counted = start.classes.map { shown.contains($0.value) }
        return reference.windows(of: start.classes, patch: predictor.record.patch).map {
            Window(key: .init(image: number, origin: $0.origin), reference: reference, counted: counted)
        }
    }

    /// The mean loss over windows.
    mutating func loss(on windows: [Window]) throws -> Double {
        var sum = 0.0
        for window in windows {
            let tape = Tape(recording: false)
            sum += try pass(window, tape.constant(embeddings.tensor), tape).parts.total
        }
        return sum / Double(max(1, windows.count))
    }

    mutating func step(on window: Window, rate: Float) throws {
        let tape = Tape(recording: true, trainsParameters: false)
        let leaf = tape.leaf(embeddings.tensor)
        let total = try pass(window, leaf, tape).total
        try tape.unwind(from: total)
        set.finishGradients()
        guard let gradient = leaf.gradient else { return }
        parameter.gradient.withMutableFloats { target in
            gradient.withFloats { for (place, value) in $0.enumerated() { target[place] = value } }
        }
        optimizer.step(rate: rate)
    }

    private mutating func pass(_ window: Window, _ embedding: Variable, _ tape: Tape) throws
        -> (total: Variable, parts: SegmentationLoss)
    {
        let logits = try predictor.network.decode(
            encoded(window), embedding: embedding, present: [start.classes.map { _ in true }], on: tape)
        let masks = window.reference.masks(
            of: start.classes.map(\.value), at: window.key.origin, shape: predictor.record.patch)
        let result = try tape.segmentationLoss(
            logits: logits, targets: masks.reshaped(logits.shape), counted: [window.counted])
        guard result.parts.total.isFinite else { throw InferenceError.notFinite(name: window.reference.image.name) }
        return result
    }

    private mutating func encoded(_ window: Window) throws -> [Variable] {
        let record = predictor.record
        return try features.features(window.key) {
            let patch = try window.reference.image.window(
                at: window.key.origin, shape: record.patch, padding: record.padding)
            predictor.work.tunedWindows += 1
            return try predictor.network.encode(query: patch, on: Tape(recording: false))
        }
    }
}
