/// What cannot be computed from a dataset's files: its name, terms, layout, label table, splits and known faults.
///
/// Read from `manifests/<name>.yaml`; `manifests/schema.json` is the JSON Schema of that file.
public struct Manifest: Sendable {
    /// The path of the file it was read from.
    public let file: String
    /// The name on the command line and in the store.
    public let name: String
    /// The dataset's full name.
    public let title: String
    /// The release, as its publisher counts.
    public let version: String
    /// The terms of use.
    public let licence: String
    /// The address of the licence's text, where it is a known one.
    public let licenceURL: String?
    /// What to cite.
    public let citation: String
    /// Who made the dataset.
    public let creator: String?
    /// When it was published: a year, or an ISO 8601 date.
    public let published: String?
    /// Where the data comes from.
    public let source: ManifestSource
    /// How it lies on disk.
    public let layout: ManifestLayout
    /// How a case's modality is told.
    public let modality: ModalityRule
    /// What one step of an image's numbers means, by modality, such as "HU".
    public let intensityUnits: [Modality: String]
    /// The label table by ascending value; empty when the tree's own `dataset.json` states it.
    public let classes: [ManifestClass]
    /// Label values that become background.
    public let labelRules: [LabelRule]
    /// Whose header places the labels in the world.
    public let labelGeometry: LabelGeometry
    /// How probability maps become labels; `nil` where labels are label values.
    public let probabilityRule: ProbabilityLabelRule?
    /// How many cases a complete copy has, by part and modality.
    public let expectedCounts: [ExpectedCount]
    /// The split of the official release, where it is a list rather than a folder.
    public let officialSplit: SplitLists?
    /// The split of the paper's published configuration.
    public let paperSplit: SplitLists?
    /// Faults that the published data is known to have.
    public let knownDefects: [KnownDefect]
    /// Replacements of header spacings that are known to be wrong, by case id.
    public let spacingCorrections: [String: SpacingCorrection]
    /// How much stays around the labelled box when a case is cropped; `nil` to keep the whole volume.
    public let cropContext: CropContext?
    /// What a user should know, in plain sentences.
    public let notes: [String]
    /// The structures that the classes refer to.
    public let structures: StructureCatalogue

    /// Whether one layout serves many datasets, so that label table and name come from the tree.
    public var isGeneric: Bool { classes.isEmpty }

    /// The classes that `rules` leave to images of a modality.
    public func classes(for modality: Modality) -> [ManifestClass] {
        let dropped = droppedValues(for: modality)
        return classes.filter { !dropped.contains($0.value) }
    }

    /// The label values that become background in images of a modality.
    public func droppedValues(for modality: Modality) -> Set<Int> {
        Set(labelRules.filter { $0.modality == nil || $0.modality == modality }.flatMap(\.values))
    }

    /// The known defects of one case.
    public func knownDefects(of caseID: String) -> [KnownDefect] { knownDefects.filter { $0.caseID == caseID } }
}

/// Where a dataset comes from.
public struct ManifestSource: Equatable, Sendable {
    /// The address of the dataset's page.
    public let homepage: String
    /// The archive, record or command to fetch.
    public let record: String
    /// The size of the download, in words.
    public let size: String
    /// Who may fetch it and how.
    public let access: String
}

/// How a dataset lies on disk.
public struct ManifestLayout: Equatable, Sendable {
    /// The reader of this layout.
    public let adapter: LayoutName
    /// The folders and files in one line, for error messages.
    public let expected: String
    /// Other shapes in which the same data is found and read.
    public let variants: [String]
    /// Shapes and files that are deliberately not read.
    public let refused: [String]
}

/// How a case's modality is told.
public enum ModalityRule: Equatable, Sendable {
    case constant(Modality)
    /// By the number in the id.
    case byNumber([(range: ClosedRange<Int>, modality: Modality)])
    /// By the channel names of the tree's `dataset.json`.
    case datasetJSON

    /// The modality of the case with a number, or `nil` when no range holds it or the tree decides.
    public func modality(number: Int?) -> Modality? {
        switch self {
        case .constant(let modality): modality
        case .byNumber(let ranges): number.flatMap { number in ranges.first { $0.range.contains(number) }?.modality }
        case .datasetJSON: nil
        }
    }

    /// Equal rules tell every case's modality alike.
    public static func == (a: ModalityRule, b: ModalityRule) -> Bool {
        switch (a, b) {
        case (.constant(let a), .constant(let b)): a == b
        case (.byNumber(let a), .byNumber(let b)):
            a.elementsEqual(b) { $0.range == $1.range && $0.modality == $1.modality }
        case (.datasetJSON, .datasetJSON): true
        default: false
        }
    }
}

/// Whose header places the labels in the world.
public enum LabelGeometry: String, CaseIterable, Sendable {
    /// The label file's, which must agree with the image's.
    case own
    /// The image's whenever the shapes agree; the label file's header is known to be unreliable.
    case image
}

/// How many cases a complete copy has in one part.
public struct ExpectedCount: Equatable, Sendable {
    /// The part of the release.
    public let split: Split
    /// The modality counted.
    public let modality: Modality
    /// The number of images.
    public let cases: Int
    /// How many of them have labels.
    public let labelled: Int
}

/// A fault that the published data is known to have. It acknowledges the audit's finding without hiding it.
public struct KnownDefect: Equatable, Sendable {
    /// The case that has the fault.
    public let caseID: String
    /// The audit's code of the finding; `nil` when no check of the files can see the fault.
    public let code: String?
    /// What is wrong, in words.
    public let note: String
    /// What to do about it.
    public let remedy: String
}

/// The margin around the labelled box, in voxels of the prepared grid along the RAS axes x, y and z.
public struct CropContext: Equatable, Sendable {
    /// Voxels on either side along one axis.
    public let x, y, z: Int

    public init(x: Int, y: Int, z: Int) { (self.x, self.y, self.z) = (x, y, z) }
}
