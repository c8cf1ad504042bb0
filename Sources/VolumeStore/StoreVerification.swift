import Digests
import FoundationEssentials
import GRDB
import Glibc
import NIfTI
import Volumes
import WorkerThreads

/// Something wrong with a store.
public struct StoreDefect: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// What kind of defect it is.
    public enum Kind: String, Sendable, CaseIterable {
        /// The index names a file that is not there.
        case missingFile = "missing-file"
        /// A file's bytes are not those that were written.
        case changedFile = "changed-file"
        /// A file or folder that the index does not name.
        case orphanFile = "orphan-file"
        /// Rows of the index that contradict each other or the file they speak of.
        case inconsistentIndex = "inconsistent-index"
        /// A brick file that does not hold what the case's volumes hold.
        case staleBricks = "stale-bricks"
        /// Cases of one dataset that were prepared with different configurations.
        case mixedConfigurations = "mixed-configurations"
    }
    /// What kind of defect it is.
    public let kind: Kind
    /// The case concerned; `nil` for the store as a whole.
    public let key: CaseKey?
    /// The path below the store's folder.
    public let file: String
    /// What should be there, what is there, and what to do.
    public let expected, found, fix: String

    public var description: String { "\(file): expected \(expected) but found \(found). \(fix)" }

    /// A stable order for reports.
    public static func < (a: StoreDefect, b: StoreDefect) -> Bool {
        (a.file, a.kind.rawValue, a.found) < (b.file, b.kind.rawValue, b.found)
    }
}

/// What a verification looked at and what it found.
public struct StoreVerification: Sendable {
    /// How much was looked at.
    public let cases, files, bytes: Int
    /// In the order of the files' paths.
    public let defects: [StoreDefect]
    /// The store's digest, as its catalogue states it.
    public let digest: SHA256Digest
}

extension VolumeStore {
    /// Reads every byte of the store and compares it with the index.
    ///
    /// - Parameters:
    ///   - jobs: files read at the same time.
    ///   - progress: called after each case, on the caller's task, with its number of bytes.
    public func verify(jobs: Int = availableCores, progress: (Int) -> Void = { _ in }) async throws -> StoreVerification
    {
        var defects = try indexDefects()
        let cases = try cases()
        let catalogue = try catalogue()
        defects += try mixedConfigurations(cases)
        defects += orphans(cases)
        var (files, bytes) = (0, 0)
        try await mapConcurrently(cases, jobs: jobs) {
            try self.check($0)
        } receive: { record, found in
            var size = 0
            if case .prepared(let prepared) = record.status {
                let expected = [prepared.image, prepared.label].compactMap(\.self)
                files += expected.count
                size = expected.reduce(0) { $0 + $1.bytes }
            }
            bytes += size
            progress(size)
            defects += found
        }
        return StoreVerification(
            cases: cases.count, files: files, bytes: bytes, defects: defects.sorted(), digest: catalogue.digest)
    }

    /// What SQLite itself finds wrong with the index.
    private func indexDefects() throws -> [StoreDefect] {
        let complaints = try pool.read { db in
            let integrity = try String.fetchAll(db, sql: "PRAGMA integrity_check").filter { $0 != "ok" }
            let keys = try Row.fetchAll(db, sql: "PRAGMA foreign_key_check").map { row in
                "a row of \(row[0] as String? ?? "a table") that refers to a missing row of \(row[2] as String? ?? "another")"
            }
            return integrity + keys
        }
        return complaints.map {
            StoreDefect(
                kind: .inconsistentIndex, key: nil, file: "index.sqlite", expected: "a sound database", found: $0,
                fix: "Delete the store and prepare it again.")
        }
    }

    private func mixedConfigurations(_ cases: [StoredCase]) throws -> [StoreDefect] {
        Dictionary(grouping: cases, by: \.key.dataset).compactMap { dataset, cases in
            let digests = Set(cases.map(\.configurationDigest.hexadecimal)).sorted()
            guard digests.count > 1 else { return nil }
            return StoreDefect(
                kind: .mixedConfigurations, key: nil, file: "volumes/\(dataset)",
                expected: "one preparation configuration",
                found: "\(digests.count) (\(digests.map { $0.prefix(12) }.joined(separator: ", ")))",
                fix: "Finish the preparation with iris prepare \(dataset) --update.")
        }
    }

    /// Files and folders that no prepared case accounts for.
    private func orphans(_ cases: [StoredCase]) -> [StoreDefect] {
        var known: Set<String> = []
        for record in cases {
            if case .prepared(let prepared) = record.status {
                known.formUnion([prepared.image, prepared.label].compactMap(\.?.path))
                known.insert("volumes/\(record.key.dataset)/\(record.key.name)/\(BrickFile.name)")
            }
        }
        func defect(_ path: String, fix: String) -> StoreDefect {
            StoreDefect(
                kind: .orphanFile, key: nil, file: path, expected: "only files that the index names", found: "this one",
                fix: fix)
        }
        var found: [StoreDefect] = []
        for dataset in fileNames(in: folder.path + "/volumes") {
            for name in fileNames(in: folder.path + "/volumes/" + dataset) {
                let path = "volumes/\(dataset)/\(name)"
                if StagingFolder.caseName(name) != nil {
                    found.append(defect(path, fix: "An interrupted run left it; the next iris prepare removes it."))
                    continue
                }
                let files = fileNames(in: folder.path + "/" + path).map { path + "/" + $0 }
                for file in files.isEmpty ? [path] : files where !known.contains(file) {
                    found.append(defect(file, fix: "Prepare the case again, or delete it."))
                }
            }
        }
        return found
    }

    /// Compares one case's rows and files.
    private func check(_ record: StoredCase) throws -> [StoreDefect] {
        guard case .prepared(let prepared) = record.status else { return [] }
        var defects: [StoreDefect] = []
        func complain(_ kind: StoreDefect.Kind, _ file: String, expected: String, found: String) {
            defects.append(
                StoreDefect(
                    kind: kind, key: record.key, file: file, expected: expected, found: found,
                    fix: "Prepare the case again with iris prepare \(record.key.dataset) --update."))
        }
        let stored = try pool.read { try StoreRows.contentRows(of: record.key, classes: prepared.classes, in: $0) }
        let content = CaseContent(record, prepared, positions: stored.positions)
        if content.digest.hexadecimal != stored.digest {
            complain(
                .inconsistentIndex, "index.sqlite", expected: "rows of \(record.key) with the digest \(stored.digest)",
                found: "\(content.digest)")
        }
        for file in [prepared.image, prepared.label].compactMap(\.self) {
            guard let mapping = try? FileMapping(path: path(file)) else {
                complain(
                    .missingFile, file.path, expected: "a file of \(file.bytes) bytes", found: "none that can be read")
                continue
            }
            mapping.willNeed()
            let digest = SHA256Digest(of: mapping.bytes)
            guard digest == file.digest else {
                complain(
                    .changedFile, file.path, expected: "\(file.bytes) bytes with the digest \(file.digest)",
                    found: "\(mapping.count) bytes with \(digest)")
                continue
            }
            if let problem = contradiction(prepared, file: file, mapping: mapping) {
                complain(.inconsistentIndex, file.path, expected: problem.expected, found: problem.found)
            }
        }
        if defects.isEmpty, let bricks = try? FileMapping(path: brickPath(record.key)) {
            // Volumes that were replaced since their digests were checked are another run's business.
            if let content = try? brickContent(prepared, key: record.key),
                bricks.count != content.bytes.count
                    || memcmp(bricks.base, content.bytes.baseAddress!, bricks.count) != 0
            {
                defects.append(
                    StoreDefect(
                        kind: .staleBricks, key: record.key,
                        file: "volumes/\(record.key.dataset)/\(record.key.name)/\(BrickFile.name)",
                        expected: "the voxels of the volumes beside it in bricks", found: "other bytes",
                        fix: "Make it anew with iris store brick --remake, or delete it."))
            }
        }
        return defects
    }

    /// What an intact file says that the index does not.
    private func contradiction(_ prepared: PreparedRecord, file: StoredFile, mapping: FileMapping)
        -> (expected: String, found: String)?
    {
        let isImage = file == prepared.image
        do {
            let header = try NIfTIHeader(
                writing: prepared.grid, datatype: isImage ? .int16 : .uint8,
                slope: isImage ? prepared.quantisation.slope : 1,
                intercept: isImage ? prepared.quantisation.intercept : 0,
                affine: .sformAndQform, description: StoredVolumeHeader.mark(prepared.token), file: file.path
            ).encoded()
            guard mapping.bytes.starts(with: header) else {
                return ("a header that says what the index says", "another")
            }
        } catch {
            return ("a grid that NIfTI-1 can hold", "\(error)")
        }
        guard !isImage else { return nil }
        let labels = mapping.bytes.dropFirst(StoredVolumeHeader.byteCount)
        let found = UnsafeRawBufferPointer(rebasing: labels).withMemoryRebound(to: UInt8.self) {
            ClassSurvey.presences(in: $0, shape: prepared.grid.shape)
        }
        guard found == prepared.classes else {
            return (
                "the classes that the index lists", found.map { "\($0.value): \($0.voxels)" }.joined(separator: ", ")
            )
        }
        return nil
    }
}

extension CaseContent {
    init(_ record: StoredCase, _ prepared: PreparedRecord, positions: [[UInt8]]) {
        self.init(
            key: record.key, subject: record.subject, modality: record.modality, officialSplit: record.officialSplit,
            paperSplit: record.paperSplit, configurationDigest: record.configurationDigest, grid: prepared.grid,
            quantisation: prepared.quantisation, normalisation: prepared.normalisation, image: prepared.image.digest,
            label: prepared.label?.digest, classes: prepared.classes, positions: positions)
    }
}

extension StoreRows {
    /// The stored content digest of a prepared case, and its encoded sampled positions in the order of `classes`.
    static func contentRows(of key: CaseKey, classes: [ClassPresence], in db: Database) throws
        -> (digest: String, positions: [[UInt8]])
    {
        let id = try caseID(of: key, in: db)
        let digest = try Data.fetchOne(
            db, sql: "SELECT content_digest FROM preparations WHERE case_id = ?", arguments: [id])
        let positions = try classes.map { entry in
            try Data.fetchOne(
                db.cachedStatement(sql: "SELECT offsets FROM positions WHERE case_id = ? AND value = ?"),
                arguments: [id, Int(entry.value)]
            ).map(Array.init) ?? []
        }
        return (String(decoding: digest ?? Data(), as: UTF8.self), positions)
    }

    static func caseID(of key: CaseKey, in db: Database) throws -> Int64? {
        try Int64.fetchOne(
            db, sql: "SELECT c.id FROM cases c JOIN datasets d ON d.id = c.dataset_id WHERE d.name = ? AND c.name = ?",
            arguments: [key.dataset, key.name])
    }
}
