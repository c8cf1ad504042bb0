import Digests
import FoundationEssentials

/// The digests of a tree's files, written once and held against the tree later.
///
/// Voxels are told from bytes: a file that was recompressed is another file with the same voxels.
public struct LockFile: Codable, Equatable, Sendable {
    /// What is held of one file.
    public struct Entry: Codable, Equatable, Sendable {
        /// Bytes on disk.
        public let size: Int
        /// The SHA-256 of the bytes on disk, as `sha256sum` prints it.
        public let sha256: String
        /// The `ContentDigest` of the decompressed voxels; absent when the file could not be decoded.
        public let voxels: String?

        public init(size: Int, sha256: String, voxels: String? = nil) {
            (self.size, self.sha256, self.voxels) = (size, sha256, voxels)
        }
    }

    /// The format of the lock file.
    public let version: Int
    /// The dataset's name.
    public let dataset: String
    /// By path below the source folder.
    public let files: [String: Entry]

    /// Version 1 had other voxel digests.
    static let version = 2

    /// A lock whose digests were taken elsewhere.
    public init(dataset: String, files: [String: Entry]) {
        (version, self.dataset, self.files) = (Self.version, dataset, files)
    }

    /// The lock of an audited tree, every file of which was digested.
    public init(_ report: AuditReport) {
        (version, dataset) = (Self.version, report.dataset)
        files = Dictionary(
            report.files.compactMap { file in
                file.fileDigest.map {
                    (file.path, Entry(size: file.size, sha256: $0.hexadecimal, voxels: file.voxelDigest?.hexadecimal))
                }
            }, uniquingKeysWith: { first, _ in first })
    }

    /// - Throws: ``LockFileError`` when the file is absent, is no lock file, or is of another version.
    public init(contentsOf url: URL) throws {
        let data: Data
        do { data = try Data(contentsOf: url) } catch {
            throw LockFileError(file: url.path, found: "no readable file", fix: "Write one with --write-lock.")
        }
        do { self = try JSONDecoder().decode(LockFile.self, from: data) } catch {
            throw LockFileError(file: url.path, found: "something else", fix: "Write it anew with --write-lock.")
        }
        guard version == Self.version else {
            throw LockFileError(
                file: url.path, found: "version \(version)",
                fix: "Check the files with the program that wrote it, then write it anew with --write-lock.")
        }
    }

    /// Writes the lock with keys in order, so that two locks compare line by line.
    public func write(to url: URL) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        try encoder.encode(self).write(to: url, options: .atomic)
    }

    /// How the files of a tree differ from the lock.
    func findings(for records: [FileRecord], dataset: String) -> [Finding] {
        var found: [Finding] = [], seen: Set<String> = []
        for record in records where seen.insert(record.path).inserted {
            guard let entry = files[record.path] else {
                found.append(
                    Finding(
                        .unlockedFile, dataset: dataset, file: record.path, expected: "a file that the lock names",
                        found: "a new one"))
                continue
            }
            if let digest = record.voxelDigest, let locked = entry.voxels, digest.hexadecimal != locked {
                found.append(
                    Finding(
                        .changedVoxels, dataset: dataset, file: record.path, expected: "voxels with digest \(locked)",
                        found: "\(digest)"))
            } else if let digest = record.fileDigest, digest.hexadecimal != entry.sha256 {
                let hasSameVoxels = entry.voxels != nil && record.voxelDigest != nil
                found.append(
                    Finding(
                        hasSameVoxels ? .changedFile : .changedVoxels, dataset: dataset, file: record.path,
                        expected: "a file with SHA-256 \(entry.sha256)",
                        found: hasSameVoxels ? "\(digest), with the same voxels" : "\(digest)"))
            }
        }
        for path in files.keys.sorted() where !seen.contains(path) {
            found.append(
                Finding(
                    .lockedFileMissing, dataset: dataset, file: path, expected: "a file that the lock names",
                    found: "none"))
        }
        return found
    }
}

/// Why a lock file cannot be used.
public struct LockFileError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The lock file, what was found in it, and what to do.
    public let file, found, fix: String
    public var description: String {
        "\(file): expected a lock file of version \(LockFile.version) but found \(found). \(fix)"
    }
}
