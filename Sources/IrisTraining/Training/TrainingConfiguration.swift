import Configuration
import Digests
import FoundationEssentials

/// All that decides a training run besides the data: which model, which episodes, how long and how fast.
///
/// Read from `configs/train/*.yaml`. Paths in it are relative to the file.
public struct TrainingConfiguration: Sendable, Equatable, Codable {
    /// The format of the file.
    public static let format = 1

    /// The model's configuration file.
    public var model: String
    /// The episode configuration of training.
    public var episodes: String
    /// Decides weights and episodes.
    public var seed: UInt64 = 0
    /// Optimiser steps of the whole run.
    public var steps: Int
    /// Episodes per step and process; their gradients are averaged.
    public var batch = 1
    /// Forward and backward passes per step, each over `batch / accumulation` episodes.
    public var accumulation = 1
    /// How gradients become steps.
    public var optimizer = OptimizerSettings()
    /// The step size over time.
    public var learningRate: LearningRateSchedule
    /// Gradients whose norm is greater are scaled down to it; 0 leaves them.
    public var gradientClip = 1.0
    /// The decay of the average of the weights that validation and inference use; 0 keeps none.
    public var averageDecay = 0.999
    /// The decay of the memory bank's task embeddings; 0 keeps none.
    public var memoryBankDecay = 0.999
    /// What is minimised.
    public var loss = LossSettings()
    /// How the run is watched.
    public var validation = ValidationSettings()
    /// What the run can go on from.
    public var checkpoints = CheckpointSettings()

    /// A configuration whose other settings have their defaults.
    public init(model: String, episodes: String, steps: Int, learningRate: LearningRateSchedule) {
        (self.model, self.episodes, self.steps, self.learningRate) = (model, episodes, steps, learningRate)
    }

    /// How gradients become steps.
    public struct OptimizerSettings: Sendable, Equatable, Codable {
        /// LAMB, which suits large batches, or AdamW.
        public enum Method: String, Sendable, CaseIterable, Codable { case lamb, adamw }
        /// The method.
        public var method = Method.lamb
        /// The decay of the mean of gradients.
        public var beta1 = 0.9
        /// The decay of the mean of squared gradients.
        public var beta2 = 0.999
        /// Added to the root of squared gradients.
        public var epsilon = 1e-6
        /// Decoupled decay of the weights.
        public var weightDecay = 1e-5
    }

    /// The weights of the loss's terms.
    public struct LossSettings: Sendable, Equatable, Codable {
        /// The weight of the soft Dice loss.
        public var dice = 1.0
        /// The weight of the binary cross-entropy.
        public var crossEntropy = 1.0
        /// Added to both parts of the soft Dice fraction, in voxels.
        public var smoothing = 1.0
    }

    /// How often and by what a run is judged.
    public struct ValidationSettings: Sendable, Equatable, Codable {
        /// Steps between validations.
        public var every = 500
        /// Fixed episodes of the validation split; 0 for a run without validation.
        public var episodes = 64
        /// Validations without a better Dice after which the run stops; 0 never stops early.
        public var patience = 0
    }

    /// How often a run is saved, and how many copies stay.
    public struct CheckpointSettings: Sendable, Equatable, Codable {
        /// Steps between checkpoints.
        public var every = 500
        /// How many of the newest are kept, besides the best.
        public var keep = 3
    }
}

extension TrainingConfiguration {
    /// Reads a configuration file.
    ///
    /// - Throws: `ConfigurationError` that names file, line and key.
    public init(contentsOf file: URL) throws(ConfigurationError) {
        guard let text = try? String(contentsOf: file, encoding: .utf8) else {
            throw ConfigurationError(
                file: file.path, line: nil, path: "",
                problem: "cannot be read as text. Name a training configuration such as configs/train/hippocampus.yaml."
            )
        }
        self = try Self.settings.read(YAMLValue(text: text, file: file.path), into: Self.unset)
    }
}
