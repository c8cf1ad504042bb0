/// One thing the audit found: where, what was expected, what is there, and what to do about it.
public struct Finding: Hashable, Sendable {
    /// What kind of finding it is.
    public var code: FindingCode
    /// How bad it is.
    public var severity: Severity
    /// The dataset's name; for a finding about a store's volumes that of the volume.
    public var dataset: String
    /// The case concerned; `nil` for a file outside every case or the tree as a whole.
    public var caseID: String?
    /// The path below the source folder, or the folder itself.
    public var file: String?
    /// What should be there.
    public var expected: String
    /// What is there.
    public var found: String
    /// What to do about it.
    public var fix: String
    /// Where to look, when there is a place.
    public var place: Place?
    /// Set when the manifest's list of known defects names this code for this case.
    public var acknowledgement: String?

    /// A voxel to look at: the image and, where there are labels, the label file on the same grid.
    public struct Place: Hashable, Sendable {
        /// Voxel indices i, j, k of the file.
        public var voxel: SIMD3<Int>
        /// The index along the fourth axis.
        public var frame: Int

        public init(voxel: SIMD3<Int>, frame: Int = 0) { (self.voxel, self.frame) = (voxel, frame) }
    }

    public init(
        _ code: FindingCode, severity: Severity? = nil, dataset: String, case caseID: String? = nil,
        file: String? = nil,
        expected: String, found: String, fix: String? = nil, place: Place? = nil
    ) {
        (self.code, self.severity) = (code, severity ?? code.severity)
        (self.dataset, self.caseID, self.file) = (dataset, caseID, file)
        (self.expected, self.found, self.fix) = (expected, found, fix ?? code.fix)
        self.place = place
    }

    /// Whether the finding makes the audit fail: an error that no known defect explains.
    public var isFailure: Bool { severity == .error && acknowledgement == nil }
}

extension Finding: CustomStringConvertible {
    /// One line: severity, code, place, expected, found, fix.
    public var description: String {
        let subject = [caseID, file].compactMap(\.self).joined(separator: " ")
        let known = acknowledgement.map { " Known defect: \($0)" } ?? ""
        return
            "\(severity.rawValue) \(code.rawValue)\(subject.isEmpty ? "" : " \(subject)"): expected \(expected) but found \(found). \(fix)\(known)"
    }
}
