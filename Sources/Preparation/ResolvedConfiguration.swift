import Datasets
import Digests
import Volumes

/// A preparation configuration as it applies to one dataset: nothing is left to look up.
///
/// Its text is the canonical form: one `key: value` per line in a fixed order. Two preparations with equal texts make equal
/// volumes of equal sources.
struct ResolvedConfiguration: Sendable {
    /// Counts up whenever a change of the program changes the volumes that it makes.
    static let algorithmVersion = 1

    let configuration: PreparationConfiguration
    /// `nil` to keep the whole volume.
    let cropContext: CropContext?
    let probabilityRule: ProbabilityLabelRule?
    let classes: [ManifestClass]
    let labelRules: [LabelRule]
    let ignoredValue: Int?

    init(_ configuration: PreparationConfiguration, manifest: Manifest, listing: CaseListing) {
        self.configuration = configuration
        cropContext =
            switch configuration.crop {
            case .nothing: nil
            case .labels(let context): context ?? manifest.cropContext
            }
        probabilityRule = configuration.probabilityRule ?? manifest.probabilityRule
        classes = listing.classes ?? manifest.classes
        (labelRules, ignoredValue) = (manifest.labelRules, listing.ignoredValue)
    }

    /// For images of no dataset in particular.
    init(
        _ configuration: PreparationConfiguration, cropContext: CropContext?, probabilityRule: ProbabilityLabelRule?,
        classes: [ManifestClass]
    ) {
        (self.configuration, self.cropContext, self.probabilityRule) = (configuration, cropContext, probabilityRule)
        (self.classes, labelRules, ignoredValue) = (classes, [], nil)
    }

    /// The canonical form.
    var text: String {
        let spacing = configuration.spacing
        var lines = [
            "algorithm: \(Self.algorithmVersion)",
            "spacing: \(spacing.i) \(spacing.j) \(spacing.k)",
            "oblique: \(configuration.oblique.rawValue)",
            "interpolation: \(configuration.resampling.inPlane.rawValue)",
            "throughPlane: \(throughPlaneText)",
            "crop: \(cropContext.map { "labels \($0.x) \($0.y) \($0.z)" } ?? "nothing")",
        ]
        for modality in Modality.allCases.sorted() {
            guard let window = configuration.windows[modality] else { continue }
            switch window {
            case .values(let low, let high): lines.append("window \(modality.rawValue): \(low) \(high)")
            case .percentiles(let low, let high):
                lines.append("window \(modality.rawValue): percentiles \(low) \(high)")
            }
        }
        lines += [
            "stepsPerDeviation: \(configuration.stepsPerDeviation)",
            "nonFinite: \(configuration.nonFinite.rawValue)",
            "labelTolerance: \(configuration.labelTolerance)",
            "largestShear: \(configuration.largestShear)",
            "probabilityRule: \(probabilityRule.map { "\($0)" } ?? "none")",
            "ignoredLabel: \(ignoredValue.map { "\($0)" } ?? "none")",
            "labelValues: \(classes.map { "\($0.value)" }.joined(separator: " "))",
        ]
        for rule in labelRules {
            lines.append(
                "dropped labels \(rule.modality?.rawValue ?? "all"): \(rule.values.map { "\($0)" }.joined(separator: " "))"
            )
        }
        return lines.map { $0 + "\n" }.joined()
    }

    var digest: SHA256Digest { SHA256Digest(of: text) }

    private var throughPlaneText: String {
        switch configuration.resampling.throughPlane {
        case .sameAsInPlane: "same"
        case .axis(let axis, let interpolation): "axis \(["x", "y", "z"][axis]) \(interpolation.rawValue)"
        case .coarseAxes(let interpolation, let ratio): "coarserThan \(ratio) \(interpolation.rawValue)"
        }
    }

    /// What a label value of a case of this modality becomes: itself, 0 for background, or `nil` when it is unknown.
    func labelTable(_ modality: Modality) -> [UInt8?] {
        var table = [UInt8?](repeating: nil, count: 256)
        table[0] = 0
        for entry in classes { table[entry.value] = UInt8(entry.value) }
        for rule in labelRules where rule.modality == nil || rule.modality == modality {
            for value in rule.values { table[value] = 0 }
        }
        if let ignoredValue, (0...255).contains(ignoredValue) { table[ignoredValue] = 0 }
        return table
    }
}
