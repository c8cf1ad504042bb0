import FoundationEssentials

/// One image of a raw dataset with its labels, found on disk but not opened.
public struct SourceCase: Hashable, Sendable {
    /// The manifest's name, such as `amos22`.
    public var dataset: String
    /// Unique within the dataset; usable as a file name.
    public var id: String
    /// The patient. Cases of one subject (cine frames, channels) never go to different splits.
    public var subject: String
    /// How the image was taken.
    public var modality: Modality
    /// The split of the official release; `nil` where it has none for this case.
    public var officialSplit: Split?
    /// The split of the paper's published lists; `nil` when they do not name the case.
    public var paperSplit: Split?
    /// Where the image's voxels are.
    public var image: SourceImage
    /// `nil` for an unlabelled case.
    public var label: SourceLabel?
    /// What must be mended in the image's header before its geometry is used.
    public var spacingCorrection: SpacingCorrection?
    /// What the dataset's own table says about the voxel size; `nil` where there is none.
    public var statedSpacing: StatedSpacing?
    /// Whether the label's own geometry is worthless and the image's is taken when the shapes agree.
    public var ignoresLabelHeader: Bool
    /// What is worth knowing about the case, in plain sentences.
    public var notes: [String]

    public init(
        dataset: String, id: String, subject: String? = nil, modality: Modality, officialSplit: Split? = nil,
        paperSplit: Split? = nil, image: SourceImage, label: SourceLabel? = nil,
        spacingCorrection: SpacingCorrection? = nil, statedSpacing: StatedSpacing? = nil,
        ignoresLabelHeader: Bool = false, notes: [String] = []
    ) {
        (self.dataset, self.id, self.subject, self.modality) = (dataset, id, subject ?? id, modality)
        (self.officialSplit, self.paperSplit) = (officialSplit, paperSplit)
        (self.image, self.label) = (image, label)
        (self.spacingCorrection, self.statedSpacing) = (spacingCorrection, statedSpacing)
        (self.ignoresLabelHeader, self.notes) = (ignoresLabelHeader, notes)
    }

    /// The files that the case is made of, image first.
    public var files: [URL] { [image.file] + (label?.files ?? []) }
}

/// Where the voxels of an image are.
public struct SourceImage: Hashable, Sendable {
    /// The file that holds the volume.
    public var file: URL
    /// The index along the fourth axis, from 0, for cine frames and channels; `nil` when the file is one volume.
    public var frame: Int?

    public init(file: URL, frame: Int? = nil) { (self.file, self.frame) = (file, frame) }
}

/// Where the labels of an image are.
public enum SourceLabel: Hashable, Sendable {
    /// A file of label values; `frame` as in ``SourceImage``.
    case file(URL, frame: Int? = nil)
    /// Three maps of tissue probability, to be joined by the manifest's ``ProbabilityLabelRule``.
    case probabilityMaps(grayMatter: URL, whiteMatter: URL, csf: URL)

    /// The files that the labels are read from.
    public var files: [URL] {
        switch self {
        case .file(let file, _): [file]
        case .probabilityMaps(let grayMatter, let whiteMatter, let csf): [grayMatter, whiteMatter, csf]
        }
    }
}
