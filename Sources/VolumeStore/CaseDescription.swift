import Digests
import Volumes

/// A file that a prepared case was made from.
public struct SourceFile: Hashable, Sendable {
    public enum Role: String, Sendable, CaseIterable { case image, label }
    public let role: Role
    /// The path below the dataset's source folder.
    public let path: String
    /// Size in bytes and time of last change in nanoseconds since 1970, as `stat` told when the file was read.
    public let bytes, modified: Int
    /// SHA-256 of the file's bytes.
    public let digest: SHA256Digest

    public init(role: Role, path: String, bytes: Int, modified: Int, digest: SHA256Digest) {
        (self.role, self.path, self.bytes, self.modified, self.digest) = (role, path, bytes, modified, digest)
    }
}

/// Which case: dataset and case name.
public struct CaseKey: Hashable, Sendable, Codable, Comparable, CustomStringConvertible {
    public let dataset, name: String

    public init(dataset: String, name: String) { (self.dataset, self.name) = (dataset, name) }

    public var description: String { "\(dataset)/\(name)" }

    /// The canonical order: by the UTF-8 bytes of the dataset, then of the name, as SQLite's BINARY collation.
    public static func < (a: CaseKey, b: CaseKey) -> Bool {
        a.dataset == b.dataset
            ? a.name.utf8.lexicographicallyPrecedes(b.name.utf8)
            : a.dataset.utf8.lexicographicallyPrecedes(b.dataset.utf8)
    }
}

/// Everything known of a prepared case except its voxels and what follows from them.
public struct CaseDescription: Sendable {
    public let key: CaseKey
    /// The patient, unique within the dataset.
    public let subject: String
    /// Such as CT or MR; cases of different modality never meet in an episode.
    public let modality: String
    public let officialSplit, paperSplit: CaseSplit
    /// Where the source image's voxels lay.
    public let sourceGrid: Grid
    public let sourceIntensities: SourceIntensities
    public let quantisation: Quantisation
    public let normalisation: IntensityNormalisation
    public let sources: [SourceFile]
    /// SHA-256 of the preparation configuration in its canonical form.
    public let configurationDigest: SHA256Digest
    /// What is worth knowing of the case, such as a repair of its header.
    public let findings: [StoredFinding]

    public init(
        key: CaseKey, subject: String, modality: String, officialSplit: CaseSplit = .none,
        paperSplit: CaseSplit = .none,
        sourceGrid: Grid, sourceIntensities: SourceIntensities, quantisation: Quantisation = .identity,
        normalisation: IntensityNormalisation, sources: [SourceFile] = [], configurationDigest: SHA256Digest,
        findings: [StoredFinding] = []
    ) {
        (self.key, self.subject, self.modality) = (key, subject, modality)
        (self.officialSplit, self.paperSplit) = (officialSplit, paperSplit)
        (self.sourceGrid, self.sourceIntensities) = (sourceGrid, sourceIntensities)
        (self.quantisation, self.normalisation) = (quantisation, normalisation)
        (self.sources, self.configurationDigest, self.findings) = (sources, configurationDigest, findings)
    }

    /// A mark in the headers of the case's files, so that files of another preparation are never taken for this one's.
    var token: String {
        let parts = [
            "\(key)", subject, modality, officialSplit.name, paperSplit.name, "\(quantisation.slope)",
            "\(quantisation.intercept)",
            "\(normalisation.clipLow)", "\(normalisation.clipHigh)", "\(normalisation.mean)",
            "\(normalisation.standardDeviation)", configurationDigest.hexadecimal,
        ]
        return String(
            SHA256Digest(of: (parts + sources.map(\.digest.hexadecimal)).joined(separator: "\t")).hexadecimal.prefix(32)
        )
    }
}

/// A case as the index holds it.
public struct StoredCase: Sendable {
    /// What became of the case.
    public enum Status: Sendable {
        case prepared(PreparedRecord)
        /// Kept out of the store; the reason names file, expectation and finding.
        case quarantined(reason: String)
    }

    public let key: CaseKey
    public let subject: String
    public let modality: String
    public let officialSplit, paperSplit: CaseSplit
    public let sources: [SourceFile]
    public let configurationDigest: SHA256Digest
    public let status: Status
}

/// The part of a case's record that only prepared cases have.
public struct PreparedRecord: Sendable {
    public let sourceGrid: Grid
    public let sourceIntensities: SourceIntensities
    public let grid: Grid
    public let quantisation: Quantisation
    public let normalisation: IntensityNormalisation
    public let image: StoredFile
    public let label: StoredFile?
    /// The mark in the files' headers.
    public let token: String
    /// The classes present, by rising value; without sampled positions.
    public let classes: [ClassPresence]
}

/// A volume file of the store.
public struct StoredFile: Hashable, Sendable {
    /// The path below the store's folder.
    public let path: String
    public let bytes: Int
    /// SHA-256 of the whole file.
    public let digest: SHA256Digest
}
