import Digests
import FoundationEssentials
import Volumes

/// What episodes are drawn from and how their patches are made. Together with a store and a seed it decides every episode.
///
/// The defaults are those of an empty YAML file: one reference, one class, 128³ voxels, class-centred, no augmentation.
public struct EpisodeConfiguration: Hashable, Sendable, Codable {
    /// The format of the YAML file and of the canonical JSON.
    public static let format = 1

    /// Which datasets, and how often.
    public var datasets = DatasetMixture()
    /// Which classes, and how often.
    public var classes = ClassSelection()
    /// Modalities that may meet in one episode; a modality that no group lists is a group of its own.
    public var modalityGroups: [[String]] = []
    /// Which parts of the datasets are used.
    public var split = SplitSelection()
    /// The number of references, drawn uniformly.
    public var shots: ClosedRange<Int> = 1...1
    /// Size and place of patches.
    public var patch = PatchSettings()
    /// How the query differs from the references.
    public var query = QuerySettings()
    /// Errors put into reference masks; `nil` for none.
    public var maskPerturbation: MaskPerturbation?
    /// How patches are turned, stretched, moved, bent and flipped.
    public var spatial = SpatialAugmentation()
    /// Changes of intensities in the order in which they are applied.
    public var intensity: [IntensityAugmentation] = []
    /// Augmentation that replaces the common one for some modalities.
    public var modalities: [String: ModalityAugmentation] = [:]

    public init() {}

    /// Which datasets, and how often.
    public struct DatasetMixture: Hashable, Sendable, Codable {
        /// Relative frequencies; only these datasets are used. Every dataset of the store, alike, when empty.
        public var weights: [String: Double] = [:]
        /// The size that multiplies a dataset's weight.
        public var balance: Balance = .uniform
        /// The size that `balance` names enters as size^(1/temperature): 1 in proportion, large values nearly alike.
        public var temperature = 1.0

        /// A size of a dataset that multiplies its weight.
        public enum Balance: String, CaseIterable, Sendable, Codable { case uniform, cases, subjects, classes }
    }

    /// Which classes, how often, and how many in an episode.
    public struct ClassSelection: Hashable, Sendable, Codable {
        /// The number of classes of an episode, drawn uniformly. The first, the anchor, is drawn by weight; the others are
        /// drawn from those that every reference patch shows, so there may be fewer.
        public var perEpisode: ClosedRange<Int> = 1...1
        /// Relative frequencies by structure (`liver`) or by dataset and structure (`amos22/liver`); 1 when absent, 0 excludes.
        public var weights: [String: Double] = [:]
        /// The size that multiplies a class's weight.
        public var balance: Balance = .uniform
        /// The size enters as size^(1/temperature).
        public var temperature = 1.0
        /// The probability that a class other than the anchor is dropped again.
        public var dropProbability = 0.0
        /// The fewest voxels that each class of an episode has in every reference patch.
        public var minimumVoxels = 8

        /// A size of a class that multiplies its weight within its dataset.
        public enum Balance: String, CaseIterable, Sendable, Codable { case uniform, cases, subjects }
    }

    /// Which parts of the datasets give references and queries.
    public struct SplitSelection: Hashable, Sendable, Codable {
        /// Whose split is meant.
        public var list: List = .paper
        /// Parts that references come from.
        public var reference: [Part] = [.train, .none]
        /// Parts that queries come from.
        public var query: [Part] = [.train, .none]

        /// Whose split: the dataset's own, or the paper's.
        public enum List: String, CaseIterable, Sendable, Codable { case official, paper }
        /// `none` stands for cases that the list does not name.
        public enum Part: String, CaseIterable, Sendable, Codable { case train, validation, test, none }
    }

    /// Size and place of patches.
    public struct PatchSettings: Hashable, Sendable, Codable {
        /// Voxels along i, j and k.
        public var size = try! GridShape(128, 128, 128)
        /// What lies beyond the volume.
        public var padding: PatchPlan.Padding = .windowMinimum
        /// Whether a patch is moved so that it leaves the volume as little as possible, before augmentation.
        public var keepInside = true
        /// How far a class-centred patch may be moved off the class, as a fraction of its half size.
        public var centreJitter = 0.25
    }

    /// How the query differs from the references.
    public struct QuerySettings: Hashable, Sendable, Codable {
        /// The probability that the query patch is centred on the anchor class; else it lies anywhere.
        public var classCentred = 1.0
        /// The probability that the query's case lacks the anchor class, where there is such a case.
        public var negatives = 0.0
    }

    /// Errors of a careless annotator, applied to reference masks only.
    public struct MaskPerturbation: Hashable, Sendable, Codable {
        /// How often masks are perturbed, 0 to 1.
        public var probability: Double
        /// The largest number of voxels that a mask grows or shrinks by, 0 to 8.
        public var radius: Int
        /// The largest shift along each axis, in voxels, 0 to 16.
        public var shift: Int

        public init(probability: Double, radius: Int, shift: Int) {
            (self.probability, self.radius, self.shift) = (probability, radius, shift)
        }
    }

    /// Augmentation of one modality. What is `nil` stays as for all.
    public struct ModalityAugmentation: Hashable, Sendable, Codable {
        /// Replaces the common spatial augmentation.
        public var spatial: SpatialAugmentation?
        /// Replaces the common intensity augmentation.
        public var intensity: [IntensityAugmentation]?

        public init() {}
    }

    /// The spatial augmentation of a modality.
    public func spatial(for modality: String) -> SpatialAugmentation { modalities[modality]?.spatial ?? spatial }

    /// The intensity augmentation of a modality.
    public func intensity(for modality: String) -> [IntensityAugmentation] {
        modalities[modality]?.intensity ?? intensity
    }
}

extension EpisodeConfiguration {
    /// The configuration as JSON with sorted keys and every setting spelt out: equal for equal settings.
    public var canonicalJSON: String { canonicalText(Versioned(configuration: self, format: Self.format)) }

    /// SHA-256 of the canonical JSON.
    public var digest: SHA256Digest { SHA256Digest(of: canonicalJSON) }

    private struct Versioned: Encodable {
        let configuration: EpisodeConfiguration
        let format: Int
    }
}

/// JSON on one line with sorted keys; numbers in the shortest form that reads back equal.
func canonicalText(_ value: some Encodable) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    // The types that are written so hold finite numbers and text only, which always encode.
    return String(decoding: try! encoder.encode(value), as: UTF8.self)
}
