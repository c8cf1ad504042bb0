/// The stable names of everything that the audit can find. `docs/audit-codes.md` lists them for readers.
public enum FindingCode: String, CaseIterable, Sendable, Comparable {
    // The tree; all but the last three are the adapters' own (``LayoutProblem``).
    case missingImage = "missing-image"
    case missingLabel = "missing-label"
    case missingMap = "missing-map"
    case duplicateCase = "duplicate-case"
    case misnamedFile = "misnamed-file"
    case unlistedFile = "unlisted-file"
    case countMismatch = "count-mismatch"
    case unreadableMetadata = "unreadable-metadata"
    case unreadableFile = "unreadable-file"
    case unsafePath = "unsafe-path"
    case unknownFrames = "unknown-frames"
    case unsupportedVariant = "unsupported-variant"
    case junkFile = "junk-file"
    case extraFile = "extra-file"
    case linkOutsideSource = "link-outside-source"

    // Bytes.
    case truncatedGzip = "truncated-gzip"
    case corruptGzip = "corrupt-gzip"
    case trailingBytes = "trailing-bytes"
    case truncatedFile = "truncated-file"
    case excessBytes = "excess-bytes"
    case misleadingName = "misleading-name"

    // Header.
    case invalidHeader = "invalid-header"
    case invalidDimensions = "invalid-dimensions"
    case invalidDatatype = "invalid-datatype"
    case invalidVoxelOffset = "invalid-voxel-offset"
    case invalidScaling = "invalid-scaling"
    case invalidGeometry = "invalid-geometry"
    case wrongUnits = "wrong-units"

    // Geometry.
    case shapeMismatch = "shape-mismatch"
    case spacingMismatch = "spacing-mismatch"
    case originMismatch = "origin-mismatch"
    case orientationMismatch = "orientation-mismatch"
    case labelGeometryIgnored = "label-geometry-ignored"
    case identityAffine = "identity-affine"
    case shearedAffine = "sheared-affine"
    case formsDisagree = "forms-disagree"
    case implausibleSpacing = "implausible-spacing"
    case spacingCorrected = "spacing-corrected"
    case spacingNotAsListed = "spacing-not-as-listed"

    // Image values.
    case notANumber = "not-a-number"
    case infiniteValue = "infinite-value"
    case constantImage = "constant-image"
    case hounsfieldOffset = "hounsfield-offset"
    case wrongModality = "wrong-modality"

    // Label values.
    case unknownLabel = "unknown-label"
    case fractionalLabel = "fractional-label"
    case negativeLabel = "negative-label"
    case nonFiniteLabel = "non-finite-label"
    case probabilityOutOfRange = "probability-out-of-range"
    case emptyLabel = "empty-label"
    case missingClass = "missing-class"
    case labelSpeck = "label-speck"
    case oddLabelType = "odd-label-type"

    // Labels and image together.
    case shiftedLabel = "shifted-label"
    case flippedLabel = "flipped-label"
    case swappedLabels = "swapped-labels"
    case disagreeingLabel = "disagreeing-label"
    case labelInAir = "label-in-air"

    // Anatomy.
    case leftRightFlip = "left-right-flip"
    case frontBackFlip = "front-back-flip"
    case upsideDown = "upside-down"
    case swappedPair = "swapped-pair"
    case wrongSide = "wrong-side"
    case implausibleVolume = "implausible-volume"

    // Between cases.
    case duplicateImage = "duplicate-image"
    case nearDuplicateImage = "near-duplicate-image"
    case duplicateLabel = "duplicate-label"

    // Splits.
    case subjectInTwoSplits = "subject-in-two-splits"
    case splitSum = "split-sum"
    case unassignedSubject = "unassigned-subject"
    case incompleteCopy = "incomplete-copy"

    // Lock file.
    case changedVoxels = "changed-voxels"
    case changedFile = "changed-file"
    case lockedFileMissing = "locked-file-missing"
    case unlockedFile = "unlocked-file"

    // The audit itself.
    case failedCheck = "failed-check"

    /// By the order of the catalogue.
    public static func < (a: Self, b: Self) -> Bool { a.rank < b.rank }

    private static let ranks = Dictionary(uniqueKeysWithValues: allCases.enumerated().map { ($0.element, $0.offset) })
    private var rank: Int { Self.ranks[self]! }
}
