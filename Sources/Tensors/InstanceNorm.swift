/// The learned part of an instance normalisation: a gain and a bias per channel.
public struct InstanceNorm {
    /// Multiplies each channel, [C].
    public let gain: Parameter
    /// Added to each channel, [C].
    public let bias: Parameter
    /// Added to the variance.
    public let epsilon: Float

    public init(gain: Parameter, bias: Parameter, epsilon: Float = 1e-5) {
        (self.gain, self.bias, self.epsilon) = (gain, bias, epsilon)
    }
}
