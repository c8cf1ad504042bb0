/// What a training run reports as it goes.
public enum TrainingEvent: Sendable {
    case step(StepReport)
    case validation(ValidationReport)
    /// A checkpoint was written.
    case checkpoint(path: String, step: Int)
    /// The loss or the gradient of a step was not finite; the weights did not change.
    case skipped(step: Int, inARow: Int)
}

/// One optimiser step.
public struct StepReport: Sendable {
    /// Counted from 1.
    public let step: Int
    /// Means over the step's episodes.
    public let loss, diceLoss, crossEntropy: Double
    /// The mean soft Dice coefficient over the step's classes.
    public let dice: Double
    /// The rate of the step.
    public let learningRate: Double
    /// Before clipping.
    public let gradientNorm: Double
    /// Seconds that the step took, and those of them spent waiting for episodes.
    public let seconds, dataSeconds: Double
    /// Episodes of all processes.
    public let episodes: Int
}

/// The model, by its averaged weights, on the fixed validation episodes.
public struct ValidationReport: Sendable {
    /// The number of optimiser steps done.
    public let step: Int
    /// The mean over classes of each class's mean Dice over episodes.
    public let dice: Double
    /// By class.
    public let classes: [ClassKey: Double]
    /// The mean loss of the validation episodes.
    public let loss: Double
    /// Whether it is the best so far.
    public let isBest: Bool
}
