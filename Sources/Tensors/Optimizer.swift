import CKernels

/// A rule that changes parameters by their gradients. Its state is two long tensors beside those of the parameter set.
public final class Optimizer {
    /// Which rule.
    public enum Method: String, Sendable, CaseIterable {
        /// Adam with decoupled weight decay (Loshchilov and Hutter, ICLR 2019).
        case adamw
        /// Layer-wise adaptive moments (You et al., ICLR 2020): AdamW's direction, scaled per parameter by the ratio of
        /// the parameter's norm to the direction's.
        case lamb
    }

    /// The method and its constants.
    public struct Settings: Sendable, Hashable {
        /// The method.
        public var method: Method
        /// The decay of the mean of gradients.
        public var beta1: Float
        /// The decay of the mean of squared gradients.
        public var beta2: Float
        /// Added to the root of the second moment.
        public var epsilon: Float
        /// Applied to parameters of two or more axes; gains, biases and other vectors do not decay.
        public var weightDecay: Float

        public init(
            method: Method = .lamb, beta1: Float = 0.9, beta2: Float = 0.999, epsilon: Float = 1e-6,
            weightDecay: Float = 1e-5
        ) {
            (self.method, self.beta1, self.beta2) = (method, beta1, beta2)
            (self.epsilon, self.weightDecay) = (epsilon, weightDecay)
        }
    }

    /// The method and its constants.
    public let settings: Settings
    /// What is optimised.
    public let parameters: ParameterSet
    /// Moving averages of the gradients and of their squares, in the layout of ``ParameterSet/values``.
    public let firstMoments: Tensor
    /// Means of squared gradients, all parameters one after the other.
    public let secondMoments: Tensor
    /// Steps made. Set when a saved state is restored.
    public var stepCount = 0

    public init(_ parameters: ParameterSet, settings: Settings) {
        (self.parameters, self.settings) = (parameters, settings)
        firstMoments = Tensor(zeros: parameters.values.shape)
        secondMoments = Tensor(zeros: parameters.values.shape)
    }

    /// Changes the parameters by their gradients and forgets the gradients.
    ///
    /// - Parameters:
    ///   - rate: the learning rate of this step.
    ///   - gradientScale: what every gradient is multiplied with first: clipping, accumulation.
    ///   - engine: whose threads do the work.
    public func step(rate: Float, gradientScale: Float = 1, engine: Engine = .shared) {
        parameters.finishGradients()
        stepCount += 1
        let moments = iris_moments(
            beta1: settings.beta1, beta2: settings.beta2, bias1: correction(settings.beta1),
            bias2: correction(settings.beta2),
            epsilon: settings.epsilon, gradient_scale: gradientScale)
        let (w, g) = (parameters.values.floats, parameters.gradients.floats)
        let (m, v) = (firstMoments.floats, secondMoments.floats)
        for parameter in parameters.parameters {
            let decay = parameter.shape.count >= 2 ? settings.weightDecay : 0, base = parameter.range.lowerBound
            switch settings.method {
            case .adamw:
                engine.parallel(parameter.count, grain: 1 << 14) { _, range in
                    let at = base + range.lowerBound
                    iris_tensor_adamw(moments, rate, decay, range.count, g + at, m + at, v + at, w + at)
                }
            case .lamb:
                var norms = [Double](repeating: 0, count: 2 * engine.threadCount)
                norms.withUnsafeMutableBufferPointer { buffer in
                    let norms = UncheckedSendablePointer(buffer.baseAddress!)
                    engine.parallel(parameter.count, grain: 1 << 14) { part, range in
                        let at = base + range.lowerBound
                        iris_tensor_lamb_direction(
                            moments, decay, range.count, g + at, m + at, v + at, w + at, norms.pointer + 2 * part)
                    }
                }
                let weight = stride(from: 0, to: norms.count, by: 2).reduce(0) { $0 + norms[$1] }.squareRoot()
                let update = stride(from: 1, to: norms.count, by: 2).reduce(0) { $0 + norms[$1] }.squareRoot()
                let trust = weight > 0 && update > 0 ? Float(weight / update) : 1
                engine.parallel(parameter.count, grain: 1 << 14) { _, range in
                    let at = base + range.lowerBound
                    iris_tensor_add_scaled(-rate * trust, g + at, range.count, w + at)
                }
            }
        }
        parameters.valuesChanged()
        parameters.clearGradients()
    }

    private func correction(_ beta: Float) -> Float {
        var power = 1.0
        for _ in 0..<min(stepCount, 100_000) { power *= Double(beta) }
        return Float(1 / (1 - power))
    }
}

extension ParameterSet {
    /// The Euclidean norm of all gradients together; not finite when any gradient is not.
    public func gradientNorm(engine: Engine = .shared) -> Double {
        finishGradients()
        var sums = [Double](repeating: 0, count: engine.threadCount)
        sums.withUnsafeMutableBufferPointer { buffer in
            let sums = UncheckedSendablePointer(buffer.baseAddress!)
            engine.parallel(gradients.count, grain: 1 << 14) { part, range in
                sums.pointer[part] = iris_tensor_sum_of_squares(gradients.floats + range.lowerBound, range.count)
            }
        }
        return sums.reduce(0, +).squareRoot()
    }
}
