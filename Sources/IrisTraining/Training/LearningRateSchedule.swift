import Glibc

/// The learning rate at each step: a linear warm-up to the peak, then a decay.
public struct LearningRateSchedule: Hashable, Sendable, Codable {
    /// How the rate falls after the warm-up.
    public enum Decay: Hashable, Sendable, Codable {
        case constant
        /// Multiplied by `factor` every `steps` steps, continuously.
        case exponential(factor: Double, steps: Int)
        /// A half cosine from the peak to `floor` times the peak at step `end`; constant afterwards.
        case cosine(end: Int, floor: Double)
    }

    /// The rate after the warm-up.
    public var peak: Double
    /// Steps in which the rate rises linearly.
    public var warmUpSteps: Int
    /// How the rate falls after the warm-up.
    public var decay: Decay

    public init(peak: Double, warmUpSteps: Int, decay: Decay) {
        (self.peak, self.warmUpSteps, self.decay) = (peak, warmUpSteps, decay)
    }

    /// The rate of step `step`, counted from 0. The first step of a warm-up of n has peak / n, the last has the peak.
    public func rate(at step: Int) -> Double {
        if step < warmUpSteps { return peak * Double(step + 1) / Double(warmUpSteps) }
        switch decay {
        case .constant:
            return peak
        case .exponential(let factor, let steps):
            return peak * pow(factor, Double(step - warmUpSteps) / Double(steps))
        case .cosine(let end, let floor):
            let progress = min(1, Double(step - warmUpSteps) / Double(max(1, end - warmUpSteps)))
            return peak * (floor + (1 - floor) * (1 + cos(.pi * progress)) / 2)
        }
    }
}
