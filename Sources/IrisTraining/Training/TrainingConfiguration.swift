import Configuration
import Digests
import FoundationEssentials

/// All that decides a training run besides the data: which model, which episodes, how long and how fast.
///
/// Read from `configs/train/*.yaml`. Paths in it are relative to the file.
public struct TrainingConfiguration: Sendable, Equatable, Codable {
    public static let format = 1

    /// The model's configuration file.
    public var model: String
    /// The episode configuration of training.
    public var episodes: String
    public var seed: UInt64 = 0
    /// Optimiser steps of the whole run.
    public var steps: Int
    /// Episodes per step and process; their gradients are averaged.
    public var batch = 1
    /// Forward and backward passes per step, each over `batch / accumulation` episodes.
    public var accumulation = 1
    public var optimizer = OptimizerSettings()
    public var learningRate: LearningRateSchedule
    /// Gradients whose norm is greater are scaled down to it; 0 leaves them.
    public var gradientClip = 1.0
    /// The decay of the average of the weights that validation and inference use; 0 keeps none.
    public var averageDecay = 0.999
    /// The decay of the memory bank's task embeddings; 0 keeps none.
    public var memoryBankDecay = 0.999
    public var loss = LossSettings()
    public var validation = ValidationSettings()
    public var checkpoints = CheckpointSettings()

    /// A configuration whose other settings have their defaults.
    public init(model: String, episodes: String, steps: Int, learningRate: LearningRateSchedule) {
        (self.model, self.episodes, self.steps, self.learningRate) = (model, episodes, steps, learningRate)
    }

    public struct OptimizerSettings: Sendable, Equatable, Codable {
        public enum Method: String, Sendable, CaseIterable, Codable { case lamb, adamw }
        public var method = Method.lamb
        public var beta1 = 0.9
        public var beta2 = 0.999
        public var epsilon = 1e-6
        public var weightDecay = 1e-5
    }

    public struct LossSettings: Sendable, Equatable, Codable {
        public var dice = 1.0
        public var crossEntropy = 1.0
        public var smoothing = 1.0
    }

    public struct ValidationSettings: Sendable, Equatable, Codable {
        /// Steps between validations.
        public var every = 500
        /// Fixed episodes of the validation split; 0 for a run without validation.
        public var episodes = 64
        /// Validations without a better Dice after which the run stops; 0 never stops early.
        public var patience = 0
    }

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
        self = try YAMLValue(text: text, file: file.path).mapping { (top) throws(ConfigurationError) in
            let version = try top.required("format")
            guard try version.int() == Self.format else {
                throw version.error(
                    "expected format \(Self.format) but found \(try version.int()). Update the program or the file.")
            }
            let folder = file.deletingLastPathComponent()
            func path(_ value: YAMLValue) throws(ConfigurationError) -> String {
                let name = try value.string()
                return name.hasPrefix("/") ? name : folder.appending(path: name).standardizedFileURL.path
            }
            let steps = try top.required("steps").int(in: 1...100_000_000)
            var result = TrainingConfiguration(
                model: try path(try top.required("model")), episodes: try path(try top.required("episodes")),
                steps: steps,
                learningRate: try LearningRateSchedule(try top.required("learningRate"), steps: steps))
            if let value = top.optional("seed") { result.seed = UInt64(try value.int(in: 0...Int.max)) }
            result.batch = try top.wholeNumber("batch", in: 1...4096, default: result.batch)
            if let value = top.optional("accumulation") {
                result.accumulation = try value.int(in: 1...4096)
                guard result.batch % result.accumulation == 0 else {
                    throw value.error("expected a divisor of batch (\(result.batch)) but found \(result.accumulation).")
                }
            }
            result.optimizer = try top.optional("optimizer", OptimizerSettings.init) ?? result.optimizer
            result.gradientClip = try top.number("gradientClip", in: 0...1e9, default: result.gradientClip)
            result.averageDecay = try top.number("averageDecay", in: 0...0.999999, default: result.averageDecay)
            result.memoryBankDecay = try top.number(
                "memoryBankDecay", in: 0...0.999999, default: result.memoryBankDecay)
            result.loss = try top.optional("loss", LossSettings.init) ?? result.loss
            result.validation = try top.optional("validation", ValidationSettings.init) ?? result.validation
            result.checkpoints = try top.optional("checkpoints", CheckpointSettings.init) ?? result.checkpoints
            return result
        }
    }
}

extension TrainingConfiguration.OptimizerSettings {
    fileprivate init(_ value: YAMLValue) throws(ConfigurationError) {
        self = try value.mapping { (keys) throws(ConfigurationError) in
            var result = Self()
            result.method = try keys.choice("method", default: result.method)
            result.beta1 = try keys.number("beta1", in: 0...0.99999, default: result.beta1)
            result.beta2 = try keys.number("beta2", in: 0...0.999999, default: result.beta2)
            result.epsilon = try keys.number("epsilon", in: 1e-12...1, default: result.epsilon)
            result.weightDecay = try keys.number("weightDecay", in: 0...10, default: result.weightDecay)
            return result
        }
    }
}

extension TrainingConfiguration.LossSettings {
    fileprivate init(_ value: YAMLValue) throws(ConfigurationError) {
        self = try value.mapping { (keys) throws(ConfigurationError) in
            var result = Self()
            result.dice = try keys.number("dice", in: 0...1000, default: result.dice)
            result.crossEntropy = try keys.number("crossEntropy", in: 0...1000, default: result.crossEntropy)
            result.smoothing = try keys.number("smoothing", in: 0...1e6, default: result.smoothing)
            return result
        }
    }
}

extension TrainingConfiguration.ValidationSettings {
    fileprivate init(_ value: YAMLValue) throws(ConfigurationError) {
        self = try value.mapping { (keys) throws(ConfigurationError) in
            var result = Self()
            result.every = try keys.wholeNumber("every", in: 1...100_000_000, default: result.every)
            result.episodes = try keys.wholeNumber("episodes", in: 0...1_000_000, default: result.episodes)
            result.patience = try keys.wholeNumber("patience", in: 0...1_000_000, default: result.patience)
            return result
        }
    }
}

extension TrainingConfiguration.CheckpointSettings {
    fileprivate init(_ value: YAMLValue) throws(ConfigurationError) {
        self = try value.mapping { (keys) throws(ConfigurationError) in
            var result = Self()
            result.every = try keys.wholeNumber("every", in: 1...100_000_000, default: result.every)
            result.keep = try keys.wholeNumber("keep", in: 1...10_000, default: result.keep)
            return result
        }
    }
}

extension LearningRateSchedule {
    /// - Parameter steps: the length of the run, where a cosine ends unless told otherwise.
    fileprivate init(_ value: YAMLValue, steps: Int) throws(ConfigurationError) {
        enum Kind: String, CaseIterable { case constant, exponential, cosine }
        self = try value.mapping { (keys) throws(ConfigurationError) in
            let peak = try keys.required("peak").double(in: 1e-12...100)
            let warmUp = try keys.optional("warmUpSteps")?.int(in: 0...100_000_000) ?? 0
            let decay: Decay
            switch try keys.optional("decay")?.choice(Kind.self) ?? .constant {
            case .constant: decay = .constant
            case .exponential:
                decay = .exponential(
                    factor: try keys.required("factor").double(in: 1e-6...1),
                    steps: try keys.required("decaySteps").int(in: 1...100_000_000))
            case .cosine:
                decay = .cosine(
                    end: try keys.optional("end")?.int(in: 1...100_000_000) ?? steps,
                    floor: try keys.optional("floor")?.double(in: 0...1) ?? 0)
            }
            return LearningRateSchedule(peak: peak, warmUpSteps: warmUp, decay: decay)
        }
    }
}
