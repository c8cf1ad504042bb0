import Configuration
import Datasets
import Volumes

extension PreparationConfiguration {
    /// The settings of a preparation's configuration file.
    public static let settings = SettingTable<PreparationConfiguration>([
        Setting(
            "spacing", \.spacing, spacingKind, unit: "mm",
            "Voxel size of the prepared volumes along x, y and z. Their axes run right, anterior, superior (RAS)."),
        Setting(
            "oblique", \.oblique, .choice,
            """
            Volumes whose axes are turned against the body's: kept so, with the rotation in the affine, or resampled along \
            the world's axes; the space around them then gets their smallest intensity.
            """),
        Setting(
            "interpolation", \.resampling.inPlane, .choice,
            "Interpolation of images; cubic is the B-spline of order 3. Labels always take the nearest voxel."),
        Setting("throughPlane", \.resampling.throughPlane, throughPlaneKind, "Interpolation through the plane."),
        Setting(
            "crop", \.crop, cropKind,
            "What is cut away. Cases without labels always keep the whole volume."),
        Setting(
            "windows", \.windows, .mapping(windowTable, defaults: iris.windows),
            "The window that intensities are clipped to before their mean and deviation are taken, by modality."),
        Setting(
            "stepsPerDeviation", \.stepsPerDeviation, .number(in: 10...30_000),
            """
            Voxels are stored as 16-bit integers; one step is at most the case's standard deviation inside its window \
            divided by this.
            """),
        Setting(
            "nonFinite", \.nonFinite, .choice,
            "Source voxels that are not a finite number: refuse the case, or replace them by the smallest finite value."
        ),
        Setting(
            "geometry", GeometryLimits.kind, "How exact headers have to be.", fallback: { _ in "as below" }
        ) { limits, root, _ in
            (root.labelTolerance, root.largestShear) = (limits.labelTolerance, limits.largestShear)
        },
        Setting(
            "probabilityRule", \.probabilityRule, probabilityRuleKind,
            """
            How maps of tissue probability become labels: the manifest's rule, or another, such as \
            `{rule: threshold, threshold: 0.5}`.
            """),
    ])

    private static let spacingKind = SettingKind<Spacing>(
        "[x, y, z], numbers from 0.05 to 50",
        write: { "[\($0.i.plainText), \($0.j.plainText), \($0.k.plainText)]" }
    ) { (value) throws(ConfigurationError) in
        let items = try value.list()
        guard items.count == 3 else {
            throw value.error("expected three lengths, along x, y and z, but found \(items.count).")
        }
        var lengths: [Double] = []
        for item in items { lengths.append(try item.double(in: 0.05...50)) }
        do { return try Spacing(lengths[0], lengths[1], lengths[2]) } catch { throw value.error("\(error)") }
    }

    private static let windowTable = SettingTable<[Modality: Window]>(
        Modality.allCases.map { modality in
            Setting(
                modality.rawValue, WindowDraft.kind, "The window of \(modality.inWords).",
                fallback: { $0[modality].map(WindowDraft.text) ?? "none" }
            ) { window, root, _ in root[modality] = window }
        })

    private static let probabilityRuleKind = SettingKind<ProbabilityLabelRule?>(
        "`manifest`, {rule: largest-positive}, {rule: remainder} or {rule: threshold, threshold: number from 0 to 1}",
        write: { _ in "manifest" }
    ) { (value) throws(ConfigurationError) in
        (try? value.string()) == "manifest" ? nil : try ProbabilityLabelRule(value)
    }
}

extension Modality {
    fileprivate var inWords: String {
        switch self {
        case .ct: "computed tomography"
        case .mr: "magnetic resonance"
        case .pet: "positron emission tomography"
        case .other: "all other images"
        }
    }
}

/// The mapping `geometry`.
private struct GeometryLimits {
    var labelTolerance = PreparationConfiguration.iris.labelTolerance
    var largestShear = PreparationConfiguration.iris.largestShear

    static let kind = SettingKind<GeometryLimits>.mapping(
        SettingTable([
            Setting(
                "labelTolerance", \.labelTolerance, .number(in: 0...10), unit: "voxels",
                "How far the corners of a label's grid may lie from those of its image's."),
            Setting(
                "largestShear", \.largestShear, .number(in: 0...0.5),
                "The largest cosine between two axes that is repaired to right angles; beyond it the case is refused."),
        ]), defaults: GeometryLimits())
}

/// A window as it is written, before it is known which bounds are given.
private struct WindowDraft {
    var low: Double?
    var high: Double?
    var lowPercentile: Double?
    var highPercentile: Double?

    static let kind = SettingKind<PreparationConfiguration.Window>.mapping(
        SettingTable([
            Setting("low", \.low, .number, "The value that smaller ones become."),
            Setting("high", \.high, .number, "The value that greater ones become."),
            Setting(
                "lowPercentile", \.lowPercentile, .number(in: 0...100), unit: "%",
                "The same as a percentile of the cropped volume."),
            Setting("highPercentile", \.highPercentile, .number(in: 0...100), unit: "%", "As lowPercentile."),
        ]), draft: WindowDraft(), called: "mapping of low and high, or of lowPercentile and highPercentile", write: text
    ) { (draft, value) throws(ConfigurationError) in try draft.window(value) }

    private func window(_ value: YAMLValue) throws(ConfigurationError) -> PreparationConfiguration.Window {
        let window: PreparationConfiguration.Window
        switch ((low, high), (lowPercentile, highPercentile)) {
        case ((let low?, let high?), (nil, nil)): window = .values(low: low, high: high)
        case ((nil, nil), (let low?, let high?)): window = .percentiles(low: low, high: high)
        default: throw value.error("expected low and high, or lowPercentile and highPercentile.")
        }
        switch window {
        case .values(let low, let high), .percentiles(let low, let high):
            guard low < high else { throw value.error("expected the lower bound to be below the upper one.") }
        }
        return window
    }

    static func text(_ window: PreparationConfiguration.Window) -> String {
        switch window {
        case .values(let low, let high): "{low: \(low.plainText), high: \(high.plainText)}"
        case .percentiles(let low, let high):
            "{lowPercentile: \(low.plainText), highPercentile: \(high.plainText)}"
        }
    }
}
