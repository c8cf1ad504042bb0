import CKernels

/// An exponential moving average of a model's parameters, which often segments better than the last ones.
public final class WeightAverage {
    /// The share of the average that stays at each update.
    public let decay: Float
    /// The averages, in the layout of ``ParameterSet/values``.
    public let values: Tensor
    /// Updates made. Set when a saved state is restored.
    public var updateCount = 0

    /// Begins with the current values of `parameters`.
    public init(of parameters: ParameterSet, decay: Float) {
        self.decay = decay
        values = parameters.values.copy()
    }

    /// `average = d average + (1 - d) value`, where d is ``decay`` but no more than (1 + n) / (10 + n) at update n, so that
    /// the first values fade quickly.
    public func update(from parameters: ParameterSet, engine: Engine = .shared) {
        let early = Float(1 + updateCount) / Float(10 + updateCount)
        updateCount += 1
        engine.parallel(values.count, grain: 1 << 14) { _, range in
            iris_tensor_moving_average(
                min(decay, early), parameters.values.floats + range.lowerBound, range.count,
                values.floats + range.lowerBound)
        }
    }

    /// Exchanges the averages with the parameters' values; a second call restores both.
    public func swap(with parameters: ParameterSet) {
        let kept = values.copy()
        values.floats.update(from: parameters.values.floats, count: values.count)
        parameters.values.floats.update(from: kept.floats, count: values.count)
        parameters.valuesChanged()
    }
}
