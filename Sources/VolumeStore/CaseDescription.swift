import Digests
import Volumes

/// A file that a prepared case was made from.
public struct SourceFile: Hashable, Sendable {
    /// What a source file is for.
    public enum Role: String, Sendable, CaseIterable { case image, label }
    /// What the file is for.
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
    /// The dataset's and the case's name.
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
    /// The case's key.
    public let key: CaseKey
    /// The patient, unique within the dataset.
    public let subject: String
    /// Such as CT or MR; cases of different modality never meet in an episode.
    public let modality: String
    /// The part of the dataset's own split and of the paper's.
    public let officialSplit, paperSplit: CaseSplit
    /// Where the source image's voxels lay.
    public let sourceGrid: Grid
    /// Intensities of the source, before anything was done.
    public let sourceIntensities: SourceIntensities
    /// How stored integers become intensities.
    public let quantisation: Quantisation
    /// How intensities are clipped and scaled.
    public let normalisation: IntensityNormalisation
    /// The files that the case was made from.
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

    /// The case's key.
    public let key: CaseKey
    /// The patient.
    public let subject: String
    /// How the image was taken.
    public let modality: String
    /// The part of the dataset's own split and of the paper's.
    public let officialSplit, paperSplit: CaseSplit
    /// The files that the case was made from.
    public let sources: [SourceFile]
    /// The digest of the configuration that it was prepared by.
    public let configurationDigest: SHA256Digest
    /// Whether it was prepared or set aside.
    public let status: Status
}

/// The part of a case's record that only prepared cases have.
public struct PreparedRecord: Sendable {
    /// Shape and place of the source.
    public let sourceGrid: Grid
    /// Intensities of the source, before anything was done.
    public let sourceIntensities: SourceIntensities
    /// Shape and place of the prepared volumes.
    public let grid: Grid
    /// How stored integers become intensities.
    public let quantisation: Quantisation
    /// How intensities are clipped and scaled.
    public let normalisation: IntensityNormalisation
    /// The image's file.
    public let image: StoredFile
    /// The label's file; `nil` without labels.
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
    /// The file's size.
    public let bytes: Int
    /// SHA-256 of the whole file.
    public let digest: SHA256Digest
}
