import Configuration

extension IntensityAugmentation {
    /// One item of the list: a mapping of the step's name to its settings.
    static let kind = SettingKind<IntensityAugmentation>(
        "mapping of one step's name to its settings",
        settings: StepName.allCases.map { name in
            SettingDescription(
                key: name.rawValue, values: "mapping", fallback: "absent", meaning: name.meaning,
                settings: name.settings.descriptions(defaults: StepDraft()))
        }, write: { _ in "" }
    ) { (value) throws(ConfigurationError) in
        let pairs = try value.pairs()
        guard pairs.count == 1 else {
            throw value.error(
                "expected one step such as \"gaussianNoise: {probability: 0.1, sigma: [0, 0.1]}\" but found \(pairs.count) keys."
            )
        }
        let (key, settings) = pairs[0]
        guard let name = StepName(rawValue: key) else {
            let names = StepName.allCases.map(\.rawValue)
            let hint =
                nearestName(to: key, among: names).map { "Did you mean \($0)?" }
                ?? "Known here: \(names.joined(separator: ", "))."
            throw settings.error("unknown intensity step. \(hint)")
        }
        let draft = try name.settings.read(settings, into: StepDraft())
        return IntensityAugmentation(probability: draft.probability, step: name.step(draft))
    }
}

/// The settings of every step; each step has some of them.
private struct StepDraft {
    var probability = 1.0
    var range = NumberRange(0, 0)
    var deviation = 0.0
    var keepRange = true
    var inverted = false
    var retainStatistics = true
    var anisotropic = false
    var sigma = NumberRange(0, 0)
    var count = 1...1
}

private enum StepName: String, CaseIterable {
    case brightnessMultiply, brightnessAdd, brightnessAddNormal, contrast, gamma, biasField, gaussianBlur,
        gaussianNoise
    case ricianNoise, lowResolution, sharpening, cutOut

    var meaning: String {
        switch self {
        case .brightnessMultiply: "Intensities are multiplied by a factor."
        case .brightnessAdd: "An offset is added."
        case .brightnessAddNormal: "A normally distributed offset is added."
        case .contrast: "Distances from the patch's mean are multiplied by a factor."
        case .gamma: "Intensities, scaled to 0 to 1 by the patch's extremes, are raised to a power and scaled back."
        case .biasField:
            "Intensities are multiplied by a smooth field, the exponential of a cubic polynomial in the place."
        case .gaussianBlur: "The patch is smoothed."
        case .gaussianNoise: "Normally distributed noise is added to every voxel."
        case .ricianNoise: "Noise as in magnitude images of magnetic resonance."
        case .lowResolution: "The patch is sampled down and up again."
        case .sharpening: "The difference to the smoothed patch is added."
        case .cutOut: "Boxes are filled with 0, the mean."
        }
    }

    var settings: SettingTable<StepDraft> {
        SettingTable([.probability(\.probability)] + own)
    }

    private var own: [Setting<StepDraft>] {
        switch self {
        case .brightnessMultiply, .contrast:
            let factor = Setting<StepDraft>(required: "factor", \.range, .range(within: 0...100), "The factor.")
            guard self == .contrast else { return [factor] }
            return [
                factor,
                Setting("keepRange", \.keepRange, .flag, "Whether results are clipped to the patch's former range."),
            ]
        case .brightnessAdd:
            return [Setting(required: "offset", \.range, .range(within: -100...100), "The offset.")]
        case .brightnessAddNormal:
            return [
                Setting(required: "deviation", \.deviation, .number(in: 0...100), "The offset's standard deviation.")
            ]
        case .gamma:
            return [
                Setting(required: "exponent", \.range, .range(within: 0.05...20), "The power."),
                Setting(
                    "inverted", \.inverted, .flag,
                    "Whether the scale runs from the greatest down, so that the power acts on the bright end."),
                Setting(
                    "retainStatistics", \.retainStatistics, .flag,
                    "Whether the patch gets its former mean and deviation back."),
            ]
        case .biasField:
            return [
                Setting(
                    required: "strength", \.range, .range(within: 0...5),
                    "Each coefficient of the polynomial is uniform in plus or minus a strength drawn from here.")
            ]
        case .gaussianBlur:
            return [Self.sigma(within: 0...8, unit: "voxels", "The smoothing's deviation."), Self.anisotropic]
        case .gaussianNoise, .ricianNoise:
            return [Self.sigma(within: 0...10, unit: nil, "The noise's deviation.")]
        case .lowResolution:
            return [
                Setting(required: "factor", \.range, .range(within: 0.05...1), "The resolution that is left."),
                Self.anisotropic,
            ]
        case .sharpening:
            return [
                Setting(required: "amount", \.range, .range(within: 0...50), "How much of the difference is added."),
                Self.sigma(within: 0.1...8, unit: "voxels", "The smoothing's deviation."),
            ]
        case .cutOut:
            return [
                Setting(required: "count", \.count, .wholeRange(in: 1...16), "The number of boxes."),
                Setting(
                    required: "side", \.range, .range(within: 0...1), "A box's sides, as fractions of the patch's."),
            ]
        }
    }

    private static let anisotropic = Setting<StepDraft>(
        "anisotropic", \.anisotropic, .flag, "Whether each axis draws a number of its own.")

    private static func sigma(within bounds: ClosedRange<Double>, unit: String?, _ meaning: String)
        -> Setting<StepDraft>
    {
        Setting(required: "sigma", \.sigma, .range(within: bounds), unit: unit, meaning)
    }

    func step(_ draft: StepDraft) -> IntensityAugmentation.Step {
        switch self {
        case .brightnessMultiply: .brightnessMultiply(factor: draft.range)
        case .brightnessAdd: .brightnessAdd(offset: draft.range)
        case .brightnessAddNormal: .brightnessAddNormal(deviation: draft.deviation)
        case .contrast: .contrast(factor: draft.range, keepRange: draft.keepRange)
        case .gamma:
            .gamma(exponent: draft.range, inverted: draft.inverted, retainStatistics: draft.retainStatistics)
        case .biasField: .biasField(strength: draft.range)
        case .gaussianBlur: .gaussianBlur(sigma: draft.sigma, anisotropic: draft.anisotropic)
        case .gaussianNoise: .gaussianNoise(sigma: draft.sigma)
        case .ricianNoise: .ricianNoise(sigma: draft.sigma)
        case .lowResolution: .lowResolution(factor: draft.range, anisotropic: draft.anisotropic)
        case .sharpening: .sharpening(amount: draft.range, sigma: draft.sigma)
        case .cutOut: .cutOut(count: draft.count, side: draft.range)
        }
    }
}

extension Setting {
    /// The setting `probability`, 1 when absent.
    static func probability(_ place: WritableKeyPath<Root, Double> & Sendable) -> Setting {
        Setting("probability", place, .number(in: 0...1), "How often it happens.")
    }
}
