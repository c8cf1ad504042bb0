/// A change of intensities that happens with a probability, its parameters drawn from ranges.
///
/// Steps are listed in the order in which they are applied. Units are normalised: 0 is the case's mean, 1 its standard
/// deviation; sigmas of blurs are in voxels of the patch.
public struct IntensityAugmentation: Hashable, Sendable, Codable {
    /// How often the step happens, 0 to 1.
    public var probability: Double
    /// What happens.
    public var step: Step

    public init(probability: Double, step: Step) { (self.probability, self.step) = (probability, step) }

    /// What happens to the intensities. Ranges are drawn from uniformly; the formulas stand in docs/rendering.md.
    public enum Step: Hashable, Sendable, Codable {
        case brightnessMultiply(factor: NumberRange)
        case brightnessAdd(offset: NumberRange)
        /// `offset` is normal with this deviation.
        case brightnessAddNormal(deviation: Double)
        case contrast(factor: NumberRange, keepRange: Bool)
        case gamma(exponent: NumberRange, inverted: Bool, retainStatistics: Bool)
        /// Each coefficient of the cubic polynomial is uniform in ± a strength drawn from the range.
        case biasField(strength: NumberRange)
        case gaussianBlur(sigma: NumberRange, anisotropic: Bool)
        case gaussianNoise(sigma: NumberRange)
        case ricianNoise(sigma: NumberRange)
        case lowResolution(factor: NumberRange, anisotropic: Bool)
        case sharpening(amount: NumberRange, sigma: NumberRange)
        /// `count` boxes whose sides are fractions of the patch's; filled with the patch's padding value 0 (the mean).
        case cutOut(count: ClosedRange<Int>, side: NumberRange)
    }
}
