import Digests

/// Something that an audit or a preparation found in the source data.
public struct StoredFinding: Hashable, Sendable {
    /// How bad a finding is.
    public enum Severity: String, Sendable, CaseIterable { case error, warning, info }
    /// A stable code, see `docs/audit-codes.md`.
    public let code: String
    /// How bad it is.
    public let severity: Severity
    /// The file it is about; `nil` for the case as a whole.
    public let file: String?
    /// What should be there, what is there, and what to do.
    public let expected, found, fix: String

    public init(code: String, severity: Severity, file: String?, expected: String, found: String, fix: String) {
        (self.code, self.severity, self.file) = (code, severity, file)
        (self.expected, self.found, self.fix) = (expected, found, fix)
    }
}

/// A case that stays out of the store.
public struct QuarantinedCase: Sendable {
    /// The case's key.
    public let key: CaseKey
    /// The patient, and how the image was taken.
    public let subject, modality: String
    /// The part of the dataset's own split and of the paper's.
    public let officialSplit, paperSplit: CaseSplit
    /// The files that the case was to be made from.
    public let sources: [SourceFile]
    /// The digest of the configuration that it was refused by.
    public let configurationDigest: SHA256Digest
    /// One sentence for the list of cases.
    public let reason: String
    /// Why it was set aside.
    public let findings: [StoredFinding]

    public init(
        key: CaseKey, subject: String, modality: String, officialSplit: CaseSplit = .none,
        paperSplit: CaseSplit = .none,
        sources: [SourceFile] = [], configurationDigest: SHA256Digest, reason: String, findings: [StoredFinding] = []
    ) {
        (self.key, self.subject, self.modality) = (key, subject, modality)
        (self.officialSplit, self.paperSplit, self.sources) = (officialSplit, paperSplit, sources)
        (self.configurationDigest, self.reason, self.findings) = (configurationDigest, reason, findings)
    }
}

/// A line of the store's history.
public struct RunRecord: Hashable, Sendable {
    /// The dataset's name.
    public let dataset: String
    /// The digest of the configuration.
    public let configurationDigest: SHA256Digest
    /// The program and its version.
    public let program: String
    /// ISO 8601, UTC.
    public let started: String
    /// How long it took.
    public let seconds: Double
    /// Numbers of cases.
    public let prepared, unchanged, quarantined: Int

    public init(
        dataset: String, configurationDigest: SHA256Digest, program: String, started: String, seconds: Double,
        prepared: Int,
        unchanged: Int, quarantined: Int
    ) {
        (self.dataset, self.configurationDigest, self.program) = (dataset, configurationDigest, program)
        (self.started, self.seconds) = (started, seconds)
        (self.prepared, self.unchanged, self.quarantined) = (prepared, unchanged, quarantined)
    }
}
