import Configuration

extension Setting where Root == TrainingConfiguration {
    /// The learning rate; a cosine ends with the run unless told otherwise, so `steps` is read before it.
    static var learningRate: Setting {
        Setting(
            required: "learningRate", LearningRateDraft.kind, "The step size over time."
        ) { draft, root in root.learningRate = draft.schedule(steps: root.steps) }
    }
}

/// A learning rate as it is written, before it is known which keys belong together.
struct LearningRateDraft {
    enum Kind: String, CaseIterable { case constant, exponential, cosine }

    var peak = 0.0
    var warmUpSteps = 0
    var decay = Kind.constant
    var factor: Double?
    var decaySteps: Int?
    var end: Int?
    var floor: Double?

    static let settings = SettingTable<LearningRateDraft>([
        Setting(required: "peak", \.peak, .number(in: 1e-12...100), "The rate after the warm-up."),
        Setting(
            "warmUpSteps", \.warmUpSteps, .wholeNumber(in: 0...100_000_000), unit: "steps",
            "Steps in which the rate rises linearly to the peak."),
        Setting("decay", \.decay, .choice, "How the rate falls after the warm-up."),
        Setting(
            "factor", \.factor, .number(in: 1e-6...1),
            "Required for exponential, and only there: what the rate is multiplied by every decaySteps steps, continuously."
        ),
        Setting(
            "decaySteps", \.decaySteps, .wholeNumber(in: 1...100_000_000), unit: "steps",
            "Required for exponential, and only there."),
        Setting(
            "end", \.end, absent: "steps of the run", .wholeNumber(in: 1...100_000_000), unit: "steps",
            "For cosine only: the step at which the floor is reached."),
        Setting(
            "floor", \.floor, absent: "0", .number(in: 0...1),
            "For cosine only: the lowest rate, as a fraction of the peak."),
    ])

    static let kind = SettingKind<LearningRateDraft>.mapping(settings, draft: LearningRateDraft(), write: { _ in "" }) {
        (draft, value) throws(ConfigurationError) in try draft.checked(value)
    }

    /// - Throws: `ConfigurationError` for a key of another decay, or a missing one of this.
    func checked(_ value: YAMLValue) throws(ConfigurationError) -> LearningRateDraft {
        let given: [(key: String, owner: Kind, isGiven: Bool)] = [
            ("factor", .exponential, factor != nil), ("decaySteps", .exponential, decaySteps != nil),
            ("end", .cosine, end != nil), ("floor", .cosine, floor != nil),
        ]
        for (key, owner, isGiven) in given {
            if isGiven, owner != decay {
                throw value.error(
                    "\(key) belongs to the decay \(owner.rawValue) but the decay is \(decay.rawValue). Remove one of the two."
                )
            }
            if owner == .exponential, decay == .exponential, !isGiven {
                throw value.error("the key \(key) is missing.")
            }
        }
        return self
    }

    /// - Parameter steps: the length of the run.
    func schedule(steps: Int) -> LearningRateSchedule {
        let fall: LearningRateSchedule.Decay =
            switch decay {
            case .constant: .constant
            case .exponential: .exponential(factor: factor!, steps: decaySteps!)
            case .cosine: .cosine(end: end ?? steps, floor: floor ?? 0)
            }
        return LearningRateSchedule(peak: peak, warmUpSteps: warmUpSteps, decay: fall)
    }
}
