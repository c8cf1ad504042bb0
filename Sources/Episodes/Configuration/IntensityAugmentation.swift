import Configuration
import Glibc
import RandomNumbers

/// A change of intensities that happens with a probability, its parameters drawn from ranges.
///
/// Steps are listed in the order in which they are applied. Units are normalised: 0 is the case's mean, 1 its standard
/// deviation; sigmas of blurs are in voxels of the patch.
public struct IntensityAugmentation: Hashable, Sendable, Codable {
    public var probability: Double
    public var step: Step

    public init(probability: Double, step: Step) { (self.probability, self.step) = (probability, step) }

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

extension IntensityAugmentation {
    /// Reads one item of the list: a mapping of the step's name to its settings.
    init(_ value: YAMLValue) throws(ConfigurationError) {
        let pairs = try value.pairs()
        guard pairs.count == 1 else {
            throw value.error(
                "expected one step such as \"gaussianNoise: {probability: 0.1, sigma: [0, 0.1]}\" but found \(pairs.count) keys."
            )
        }
        let (name, settings) = pairs[0]
        guard let kind = Kind(rawValue: name) else {
            let names = Kind.allCases.map(\.rawValue)
            let hint =
                nearestName(to: name, among: names).map { "Did you mean \($0)?" }
                ?? "Known here: \(names.joined(separator: ", "))."
            throw settings.error("unknown intensity step. \(hint)")
        }
        self = try settings.mapping { (step) throws(ConfigurationError) in
            IntensityAugmentation(probability: try step.probability(), step: try kind.read(&step))
        }
    }

    private enum Kind: String, CaseIterable {
        case brightnessMultiply, brightnessAdd, brightnessAddNormal, contrast, gamma, biasField, gaussianBlur,
            gaussianNoise
        case ricianNoise, lowResolution, sharpening, cutOut

        func read(_ settings: inout YAMLMapping) throws(ConfigurationError) -> Step {
            switch self {
            case .brightnessMultiply:
                .brightnessMultiply(factor: try NumberRange(settings.required("factor"), within: 0...100))
            case .brightnessAdd:
                .brightnessAdd(offset: try NumberRange(settings.required("offset"), within: -100...100))
            case .brightnessAddNormal:
                .brightnessAddNormal(deviation: try settings.required("deviation").double(in: 0...100))
            case .contrast:
                .contrast(
                    factor: try NumberRange(settings.required("factor"), within: 0...100),
                    keepRange: try settings.flag("keepRange", default: true))
            case .gamma:
                .gamma(
                    exponent: try NumberRange(settings.required("exponent"), within: 0.05...20),
                    inverted: try settings.flag("inverted", default: false),
                    retainStatistics: try settings.flag("retainStatistics", default: true))
            case .biasField:
                .biasField(strength: try NumberRange(settings.required("strength"), within: 0...5))
            case .gaussianBlur:
                .gaussianBlur(
                    sigma: try NumberRange(settings.required("sigma"), within: 0...8),
                    anisotropic: try settings.flag("anisotropic", default: false))
            case .gaussianNoise:
                .gaussianNoise(sigma: try NumberRange(settings.required("sigma"), within: 0...10))
            case .ricianNoise:
                .ricianNoise(sigma: try NumberRange(settings.required("sigma"), within: 0...10))
            case .lowResolution:
                .lowResolution(
                    factor: try NumberRange(settings.required("factor"), within: 0.05...1),
                    anisotropic: try settings.flag("anisotropic", default: false))
            case .sharpening:
                .sharpening(
                    amount: try NumberRange(settings.required("amount"), within: 0...50),
                    sigma: try NumberRange(settings.required("sigma"), within: 0.1...8))
            case .cutOut:
                .cutOut(
                    count: try settings.required("count").wholeRange(in: 1...16),
                    side: try NumberRange(settings.required("side"), within: 0...1))
            }
        }
    }
}

extension YAMLMapping {
    /// The setting `probability`, 1 when absent.
    mutating func probability() throws(ConfigurationError) -> Double {
        try number("probability", in: 0...1, default: 1)
    }
}
