import Configuration

extension TrainingConfiguration {
    /// What required keys replace, beside the defaults of the others.
    package static let unset = TrainingConfiguration(
        model: "", episodes: "", steps: 0,
        learningRate: LearningRateSchedule(peak: 0, warmUpSteps: 0, decay: .constant))

    /// The settings of a training configuration file.
    public static let settings = SettingTable<TrainingConfiguration>([
        .format(format),
        Setting(required: "model", \.model, .path, "The model's configuration, such as `configs/model/small.yaml`."),
        Setting(
            required: "episodes", \.episodes, .path,
            "The episode configuration of training, such as `configs/episodes/small.yaml`."),
        Setting(
            "seed", seed, "Decides weights and episodes: equal seeds give equal runs.", fallback: { "\($0.seed)" }
        ) { value, root, _ in root.seed = UInt64(value) },
        Setting(
            required: "steps", \.steps, .wholeNumber(in: 1...100_000_000), "Optimiser steps of the whole run."),
        Setting(
            "batch", \.batch, .wholeNumber(in: 1...4096),
            "Episodes per step and process; their gradients are averaged."),
        Setting(
            "accumulation", .wholeNumber(in: 1...4096),
            "Forward and backward passes per step, each over batch / accumulation episodes; a divisor of batch.",
            fallback: { "\($0.accumulation)" }
        ) { (value, root, yaml) throws(ConfigurationError) in
            guard root.batch % value == 0 else {
                throw yaml.error("expected a divisor of batch (\(root.batch)) but found \(value).")
            }
            root.accumulation = value
        },
        Setting(
            "optimizer", \.optimizer, .mapping(OptimizerSettings.settings, defaults: OptimizerSettings()),
            "How gradients become steps."),
        .learningRate,
        Setting(
            "gradientClip", \.gradientClip, .number(in: 0...1e9),
            "Gradients whose norm is greater are scaled down to it; 0 leaves them."),
        Setting(
            "averageDecay", \.averageDecay, .number(in: 0...0.999999),
            "The decay of the average of the weights that validation and inference use; 0 keeps none."),
        Setting(
            "memoryBankDecay", \.memoryBankDecay, .number(in: 0...0.999999),
            "The decay of the memory bank's task embeddings; 0 keeps none."),
        Setting("loss", \.loss, .mapping(LossSettings.settings, defaults: LossSettings()), "What is minimised."),
        Setting(
            "validation", \.validation, .mapping(ValidationSettings.settings, defaults: ValidationSettings()),
            "How a run is watched."),
        Setting(
            "checkpoints", \.checkpoints, .mapping(CheckpointSettings.settings, defaults: CheckpointSettings()),
            "What a run can go on from."),
    ])

    private static let seed = SettingKind<Int>("whole number, 0 or greater", write: { "\($0)" }) {
        (value) throws(ConfigurationError) in try value.int(in: 0...Int.max)
    }
}

extension TrainingConfiguration.OptimizerSettings {
    static let settings = SettingTable<Self>([
        Setting("method", \.method, .choice, "LAMB, which suits large batches, or AdamW."),
        Setting("beta1", \.beta1, .number(in: 0...0.99999), "The decay of the mean of gradients."),
        Setting("beta2", \.beta2, .number(in: 0...0.999999), "The decay of the mean of squared gradients."),
        Setting("epsilon", \.epsilon, .number(in: 1e-12...1), "Added to the root of squared gradients."),
        Setting("weightDecay", \.weightDecay, .number(in: 0...10), "Decoupled decay of the weights."),
    ])
}

extension TrainingConfiguration.LossSettings {
    static let settings = SettingTable<Self>([
        Setting("dice", \.dice, .number(in: 0...1000), "The weight of the soft Dice loss."),
        Setting("crossEntropy", \.crossEntropy, .number(in: 0...1000), "The weight of the binary cross-entropy."),
        Setting(
            "smoothing", \.smoothing, .number(in: 0...1e6), unit: "voxels",
            "Added to both parts of the soft Dice fraction."),
    ])
}

extension TrainingConfiguration.ValidationSettings {
    static let settings = SettingTable<Self>([
        Setting("every", \.every, .wholeNumber(in: 1...100_000_000), unit: "steps", "Steps between validations."),
        Setting(
            "episodes", \.episodes, .wholeNumber(in: 0...1_000_000),
            "Fixed episodes of the validation split; 0 for a run without validation."),
        Setting(
            "patience", \.patience, .wholeNumber(in: 0...1_000_000),
            "Validations without a better Dice after which the run stops; 0 never stops early."),
    ])
}

extension TrainingConfiguration.CheckpointSettings {
    static let settings = SettingTable<Self>([
        Setting("every", \.every, .wholeNumber(in: 1...100_000_000), unit: "steps", "Steps between checkpoints."),
        Setting("keep", \.keep, .wholeNumber(in: 1...10_000), "How many of the newest are kept, besides the best."),
    ])
}
