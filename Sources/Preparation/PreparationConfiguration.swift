import Configuration
import Datasets
import FoundationEssentials
import Volumes

/// How raw cases become the volumes of a store; read from `configs/prepare/*.yaml`.
public struct PreparationConfiguration: Equatable, Sendable {
    /// Voxel size of prepared volumes along x, y, z.
    public var spacing: Spacing
    /// What becomes of volumes whose axes are turned against the world's.
    public var oblique: Oblique
    /// Interpolation of images.
    public var resampling: ResamplingRule
    /// What is cut away.
    public var crop: Crop
    /// The window of each modality.
    public var windows: [Modality: Window]
    /// Steps of the stored integers per standard deviation.
    public var stepsPerDeviation: Double
    /// What becomes of voxels that are not finite numbers.
    public var nonFinite: NonFinite
    /// How far corners of label and image may lie apart, in voxels of the image.
    public var labelTolerance: Double
    /// The largest |cosine| between two axes that is repaired.
    public var largestShear: Double
    /// `nil` for the manifest's.
    public var probabilityRule: ProbabilityLabelRule?

    /// What is cut away of a case.
    public enum Crop: Equatable, Sendable {
        case nothing
        /// To the labelled box and some context: the manifest's when `nil`.
        case labels(context: CropContext?)
    }

    /// What intensities are clipped to.
    public enum Window: Equatable, Sendable {
        case values(low: Double, high: Double)
        /// Of the cropped volume, in percent.
        case percentiles(low: Double, high: Double)
    }

    /// What becomes of oblique volumes.
    public enum Oblique: String, CaseIterable, Sendable {
        /// They stay turned; the rotation is in the affine.
        case keep
        /// They are resampled along the world's axes.
        case resample
    }

    /// What becomes of voxels that are not finite numbers: the case is refused, or they get the smallest finite value.
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
        self = try Self.settings.read(YAMLValue(text: text, file: file), into: .iris)
    }
}
