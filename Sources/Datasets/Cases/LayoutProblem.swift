/// Something in a raw tree that does not fit its layout. It belongs to one case or to the tree, and never stops the
/// other cases.
public struct LayoutProblem: Error, Hashable, Sendable, CustomStringConvertible {
    /// The stable names of what can be wrong with a layout.
    public enum Code: String, CaseIterable, Sendable {
        /// A label without its image, or an image that the dataset's own list names and the folder lacks.
        case missingImage = "missing-image"
        /// An image of a labelled part without its label.
        case missingLabel = "missing-label"
        /// One of the three probability maps of a case is absent.
        case missingMap = "missing-map"
        /// One case is found in two places.
        case duplicateCase = "duplicate-case"
        /// A file that is not named as the layout wants, or is not a NIfTI file.
        case misnamedFile = "misnamed-file"
        /// An image on disk that the dataset's own list does not name.
        case unlistedFile = "unlisted-file"
        /// A number that the dataset's own list states and its entries contradict.
        case countMismatch = "count-mismatch"
        /// A list, table or description file that is absent or cannot be understood.
        case unreadableMetadata = "unreadable-metadata"
        /// A folder, file or name that cannot be read.
        case unreadableFile = "unreadable-file"
        /// A path in the dataset's own list that leads out of the dataset's folder.
        case unsafePath = "unsafe-path"
        /// A 4D case whose labelled frames cannot be told.
        case unknownFrames = "unknown-frames"
        /// A file of another release or variant that is deliberately not read.
        case unsupportedVariant = "unsupported-variant"
    }

    public var code: Code
    public var severity: Severity
    /// The case that cannot be used (severity error) or is concerned; `nil` for the tree as a whole.
    public var caseID: String?
    /// The path of the file or folder meant.
    public var file: String
    public var expected: String
    public var found: String
    public var fix: String

    public init(
        _ code: Code, severity: Severity = .error, case caseID: String? = nil, file: String, expected: String,
        found: String,
        fix: String
    ) {
        (self.code, self.severity, self.caseID, self.file) = (code, severity, caseID, file)
        (self.expected, self.found, self.fix) = (expected, found, fix)
    }

    public var description: String { "\(file): expected \(expected) but found \(found). \(fix)" }
}
