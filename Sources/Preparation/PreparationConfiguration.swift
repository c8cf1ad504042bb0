import Configuration
import Datasets
import FoundationEssentials
import Volumes

/// How raw cases become the volumes of a store; read from `configs/prepare/*.yaml`, whose comments explain every key.
public struct PreparationConfiguration: Equatable, Sendable {
    /// Voxel size of prepared volumes along x, y, z.
    public var spacing: Spacing
    /// What becomes of volumes whose axes are turned against the world's.
    public var oblique: Oblique
    public var resampling: ResamplingRule
    public var crop: Crop
    /// The window of each modality.
    public var windows: [Modality: Window]
    /// Steps of the stored integers per standard deviation.
    public var stepsPerDeviation: Double
    public var nonFinite: NonFinite
    /// How far corners of label and image may lie apart, in voxels of the image.
    public var labelTolerance: Double
    /// The largest |cosine| between two axes that is repaired.
    public var largestShear: Double
    /// `nil` for the manifest's.
    public var probabilityRule: ProbabilityLabelRule?

    public enum Crop: Equatable, Sendable {
        case nothing
        /// To the labelled box and some context: the manifest's when `nil`.
        case labels(context: CropContext?)
    }

    public enum Window: Equatable, Sendable {
        case values(low: Double, high: Double)
        /// Of the cropped volume, in percent.
        case percentiles(low: Double, high: Double)
    }

    public enum Oblique: String, CaseIterable, Sendable {
        /// They stay turned; the rotation is in the affine.
        case keep
        /// They are resampled along the world's axes.
        case resample
    }

    public enum NonFinite: String, CaseIterable, Sendable { case refuse, replace }

    /// The paper's values, those of `configs/prepare/iris.yaml`.
    public static let iris = PreparationConfiguration(
        spacing: try! Spacing(1.5, 1.5, 1.5), oblique: .keep, resampling: .cubic, crop: .labels(context: nil),
        windows: [
            .ct: .values(low: -991, high: 500), .mr: .percentiles(low: 2, high: 98),
            .pet: .percentiles(low: 2, high: 98),
            .other: .percentiles(low: 2, high: 98),
        ],
        stepsPerDeviation: 1000, nonFinite: .refuse, labelTolerance: 0.1, largestShear: 0.05, probabilityRule: nil)
}

// MARK: Reading

extension PreparationConfiguration {
    /// Reads `configs/prepare/iris.yaml` or another file.
    ///
    /// - Throws: `ConfigurationError` naming line and key.
    public init(file: URL) throws {
        let data: Data
        do { data = try Data(contentsOf: file) } catch {
            throw ConfigurationError(
                file: file.path, line: nil, path: "",
                problem: "cannot be read. Name an existing file, such as configs/prepare/iris.yaml.")
        }
        try self.init(text: String(decoding: data, as: UTF8.self), file: file.path)
    }

    /// Reads the text of a configuration file.
    public init(text: String, file: String) throws(ConfigurationError) {
        self = .iris
        let root = try YAMLValue(text: text, file: file)
        var result = self
        try root.mapping { (keys) throws(ConfigurationError) in
            if let value = keys.optional("spacing") { result.spacing = try Self.spacing(value) }
            if let value = keys.optional("oblique") { result.oblique = try value.choice() }
            if let value = keys.optional("interpolation") { result.resampling.inPlane = try value.choice() }
            if let value = keys.optional("throughPlane") {
                result.resampling.throughPlane = try Self.throughPlane(value)
            }
            if let value = keys.optional("crop") { result.crop = try Self.crop(value) }
            if let value = keys.optional("windows") { try Self.windows(value, into: &result.windows) }
            if let value = keys.optional("stepsPerDeviation") {
                result.stepsPerDeviation = try value.double(in: 10...30_000)
            }
            if let value = keys.optional("nonFinite") { result.nonFinite = try value.choice() }
            if let value = keys.optional("geometry") {
                try value.mapping { (keys) throws(ConfigurationError) in
                    if let value = keys.optional("labelTolerance") {
                        result.labelTolerance = try value.double(in: 0...10)
                    }
                    if let value = keys.optional("largestShear") {
                        result.largestShear = try value.double(in: 0...0.5)
                    }
                }
            }
            if let value = keys.optional("probabilityRule") {
                result.probabilityRule = (try? value.string()) == "manifest" ? nil : try ProbabilityLabelRule(value)
            }
        }
        self = result
    }

    private static func spacing(_ value: YAMLValue) throws(ConfigurationError) -> Spacing {
        let items = try value.list()
        guard items.count == 3 else {
            throw value.error("expected three lengths, along x, y and z, but found \(items.count).")
        }
        var lengths: [Double] = []
        for item in items { lengths.append(try item.double(in: 0.05...50)) }
        do { return try Spacing(lengths[0], lengths[1], lengths[2]) } catch { throw value.error("\(error)") }
    }

    private static func throughPlane(_ value: YAMLValue) throws(ConfigurationError) -> ResamplingRule.ThroughPlane {
        if (try? value.string()) == "same" { return .sameAsInPlane }
        return try value.mapping { (keys) throws(ConfigurationError) in
            let interpolation: Interpolation = try keys.required("interpolation").choice()
            let axis = keys.optional("axis"), ratio = keys.optional("coarserThan")
            switch (axis, ratio) {
            case (let axis?, nil): return .axis(try axis.choice(WorldAxis.self).number, interpolation)
            case (nil, let ratio?): return .coarseAxes(interpolation, ratio: try ratio.double(in: 1...100))
            default: throw value.error("expected `same`, or interpolation with either axis or coarserThan.")
            }
        }
    }

    private enum WorldAxis: String, CaseIterable {
        case x, y, z
        var number: Int { self == .x ? 0 : self == .y ? 1 : 2 }
    }

    private static func crop(_ value: YAMLValue) throws(ConfigurationError) -> Crop {
        try value.mapping { (keys) throws(ConfigurationError) in
            let target: CropTarget = try keys.optional("to")?.choice() ?? .labels
            let context = keys.optional("context")
            guard target == .labels else { return .nothing }
            guard let context, (try? context.string()) != "manifest" else { return .labels(context: nil) }
            return try context.mapping { (keys) throws(ConfigurationError) in
                .labels(
                    context: CropContext(
                        x: try keys.required("x").int(in: 0...1000), y: try keys.required("y").int(in: 0...1000),
                        z: try keys.required("z").int(in: 0...1000)))
            }
        }
    }

    private enum CropTarget: String, CaseIterable { case labels, nothing }

    private static func windows(_ value: YAMLValue, into windows: inout [Modality: Window]) throws(ConfigurationError) {
        var found = windows
        try value.mapping { (keys) throws(ConfigurationError) in
            for modality in Modality.allCases {
                guard let value = keys.optional(modality.rawValue) else { continue }
                found[modality] = try value.mapping { (keys) throws(ConfigurationError) in
                    let values = (keys.optional("low"), keys.optional("high"))
                    let percents = (keys.optional("lowPercentile"), keys.optional("highPercentile"))
                    let window: Window
                    switch (values, percents) {
                    case ((let low?, let high?), (nil, nil)):
                        window = .values(low: try low.double(), high: try high.double())
                    case ((nil, nil), (let low?, let high?)):
                        window = .percentiles(low: try low.double(in: 0...100), high: try high.double(in: 0...100))
                    default: throw value.error("expected low and high, or lowPercentile and highPercentile.")
                    }
                    guard window.isOrdered else {
                        throw value.error("expected the lower bound to be below the upper one.")
                    }
                    return window
                }
            }
        }
        windows = found
    }
}

extension PreparationConfiguration.Window {
    fileprivate var isOrdered: Bool {
        switch self {
        case .values(let low, let high), .percentiles(let low, let high): low < high
        }
    }
}
