/// Something in a raw tree that does not fit its layout. It belongs to one case or to the tree, and never stops the
/// other cases.
public struct LayoutProblem: Error, Hashable, Sendable, CustomStringConvertible {
    /// One of the catalogue's codes about folder trees.
    public var code: FindingCode
    /// How bad it is.
    public var severity: Severity
    /// The case that cannot be used (severity error) or is concerned; `nil` for the tree as a whole.
    public var caseID: String?
    /// The path of the file or folder meant.
    public var file: String
    /// What should be there.
    public var expected: String
    /// What is there.
    public var found: String
    /// What to do about it.
    public var fix: String

    public init(
        _ code: FindingCode, severity: Severity = .error, case caseID: String? = nil, file: String, expected: String,
        found: String,
        fix: String
    ) {
        (self.code, self.severity, self.caseID, self.file) = (code, severity, caseID, file)
        (self.expected, self.found, self.fix) = (expected, found, fix)
    }

    public var description: String { "\(file): expected \(expected) but found \(found). \(fix)" }
}
