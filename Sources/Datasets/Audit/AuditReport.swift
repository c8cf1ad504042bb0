import FoundationEssentials

/// Everything an audit found, in an order that does not depend on how many jobs ran.
public struct AuditReport: Sendable {
    /// The dataset's name, or `store`.
    public let dataset: String
    /// What was audited, for headings.
    public let title: String
    /// The source folder.
    public let root: String
    /// What the audit was asked to do.
    public let options: AuditOptions
    /// What was found out about each case, in the order of the listing.
    public let cases: [CaseRecord]
    /// What was found out about each file.
    public let files: [FileRecord]
    /// The label table of each dataset.
    public let classes: [String: [ManifestClass]]
    /// Errors first, then by code and case.
    public let findings: [Finding]
    /// Cases that exist but lack a file.
    public let unusableCases: [String]
    /// The time that the audit took.
    public let elapsed: Duration

    /// Whether an error was found that no known defect explains.
    public var isFailure: Bool { findings.contains(where: \.isFailure) }

    /// The number of findings of a severity.
    public func count(_ severity: Severity) -> Int { findings.count { $0.severity == severity } }

    static func ordered(_ findings: [Finding]) -> [Finding] {
        findings.enumerated().sorted { x, y in
            let (a, b) = (x.element, y.element)
            if a.severity != b.severity { return a.severity > b.severity }
            if a.code != b.code { return a.code < b.code }
            let (p, q) = (a.caseID ?? "", b.caseID ?? "")
            if p != q { return (p.count, p) < (q.count, q) }
            if a.file != b.file { return (a.file ?? "") < (b.file ?? "") }
            return x.offset < y.offset
        }.map(\.element)
    }
}
