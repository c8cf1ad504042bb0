/// The learned part of a layer normalisation: a gain and a bias per feature.
public struct LayerNorm {
    /// Multiplies each feature, [E].
    public let gain: Parameter
    /// Added to each feature, [E].
    public let bias: Parameter
    /// Added to the variance.
    public let epsilon: Float

    public init(gain: Parameter, bias: Parameter, epsilon: Float = 1e-5) {
        (self.gain, self.bias, self.epsilon) = (gain, bias, epsilon)
    }
}
