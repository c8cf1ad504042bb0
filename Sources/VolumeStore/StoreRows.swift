import Digests
import FoundationEssentials
import GRDB
import Volumes

/// The rows of a case, written and read.
enum StoreRows {
    /// The number that changes with every change of what a catalogue holds; `nil` in an index of an older version.
    static func generation(in db: Database) throws -> Int64? {
        try db.tableExists("state") ? Int64.fetchOne(db, sql: "SELECT generation FROM state") : nil
    }

    static func datasetID(_ name: String, in db: Database) throws -> Int64 {
        guard let id = try Int64.fetchOne(db, sql: "SELECT id FROM datasets WHERE name = ?", arguments: [name]) else {
            throw StoreError.unknownDataset(
                name, known: try String.fetchAll(db, sql: "SELECT name FROM datasets ORDER BY name"))
        }
        return id
    }

    static func register(_ dataset: StoredDataset, replacing: Bool, folder: String, in db: Database) throws {
        if let known = try self.dataset(dataset.name, in: db) {
            if known == dataset { return }
            let cases = try Int.fetchOne(
                db, sql: "SELECT count(*) FROM cases JOIN datasets d ON d.id = dataset_id WHERE d.name = ?",
                arguments: [dataset.name])
            guard replacing || cases == 0 || known.canonicalText == dataset.canonicalText else {
                throw StoreError.classTableDiffers(dataset: dataset.name, folder: folder)
            }
        }
        try db.execute(
            sql: """
                INSERT INTO datasets (name, title, version, licence) VALUES (?, ?, ?, ?)
                ON CONFLICT (name) DO UPDATE SET title = excluded.title, version = excluded.version, licence = excluded.licence
                """,
            arguments: [dataset.name, dataset.title, dataset.version, dataset.licence])
        let id = try datasetID(dataset.name, in: db)
        try db.execute(sql: "DELETE FROM classes WHERE dataset_id = ?", arguments: [id])
        for entry in dataset.classes {
            try db.execute(
                sql: "INSERT INTO classes VALUES (?, ?, ?, ?, ?, ?)",
                arguments: [
                    id, Int(entry.value), entry.name, entry.structure, entry.side.rawValue,
                    entry.pairedValue.map { Int($0) },
                ])
        }
    }

    /// The dataset with its class table; `nil` when the store does not know it.
    static func dataset(_ name: String, in db: Database) throws -> StoredDataset? {
        guard let row = try Row.fetchOne(db, sql: "SELECT * FROM datasets WHERE name = ?", arguments: [name]) else {
            return nil
        }
        let classes = try Row.fetchAll(
            db, sql: "SELECT * FROM classes WHERE dataset_id = ? ORDER BY value", arguments: [row["id"] as Int64])
        return StoredDataset(
            name: name, title: row["title"], version: row["version"], licence: row["licence"],
            classes: classes.map {
                StoredClass(
                    value: UInt8($0["value"] as Int), name: $0["name"], structure: $0["structure"],
                    side: BodySide(rawValue: $0["side"]) ?? .none,
                    pairedValue: ($0["paired_value"] as Int?).map { UInt8($0) })
            })
    }

    // MARK: Writing a case

    static func replace(_ staged: StagedCase, in db: Database) throws {
        let about = staged.description
        let id = try replaceCase(
            about.key, subject: about.subject, modality: about.modality,
            splits: (about.officialSplit, about.paperSplit),
            sources: about.sources, configuration: about.configurationDigest, reason: nil, in: db)
        try insert(about.findings, case: id, of: about.key.dataset, in: db)
        let (source, shape) = (about.sourceGrid.shape, staged.grid.shape)
        let arguments: StatementArguments = [
            id, source.i, source.j, source.k, about.sourceGrid.affine.rowData,
            about.sourceIntensities.minimum, about.sourceIntensities.maximum, about.sourceIntensities.mean,
            about.sourceIntensities.nonFinite, shape.i, shape.j, shape.k, staged.grid.affine.rowData,
            about.quantisation.slope, about.quantisation.intercept,
            about.normalisation.clipLow, about.normalisation.clipHigh, about.normalisation.mean,
            about.normalisation.standardDeviation, staged.image.bytes, staged.image.digest.hexadecimal,
            staged.label?.bytes, staged.label?.digest.hexadecimal, about.token,
            Data(staged.contentDigest.hexadecimal.utf8),
        ]
        let insertion = try db.cachedStatement(
            sql: """
                INSERT INTO preparations
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """)
        try insertion.execute(arguments: arguments)
        let presence = try db.cachedStatement(sql: "INSERT INTO presences VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
        let positions = try db.cachedStatement(sql: "INSERT INTO positions VALUES (?, ?, ?)")
        for (entry, sample) in zip(staged.survey.classes, staged.survey.samples) {
            let (low, high, centre) = (entry.box.lower, entry.box.upper, entry.centroid)
            try presence.execute(arguments: [
                id, Int(entry.value), entry.voxels, low.x, low.y, low.z, high.x, high.y, high.z, centre.x, centre.y,
                centre.z,
            ])
            try positions.execute(arguments: [id, Int(entry.value), Data(VoxelPositions.encode(sample))])
        }
    }

    static func replace(_ quarantined: QuarantinedCase, in db: Database) throws {
        let id = try replaceCase(
            quarantined.key, subject: quarantined.subject, modality: quarantined.modality,
            splits: (quarantined.officialSplit, quarantined.paperSplit), sources: quarantined.sources,
            configuration: quarantined.configurationDigest, reason: quarantined.reason, in: db)
        try insert(quarantined.findings, case: id, of: quarantined.key.dataset, in: db)
    }

    private static func insert(_ findings: [StoredFinding], case id: Int64, of dataset: String, in db: Database) throws
    {
        let dataset = try datasetID(dataset, in: db)
        for finding in findings {
            try db.execute(
                sql: """
                    INSERT INTO findings (dataset_id, case_id, code, severity, file, expected, found, fix)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    dataset, id, finding.code, finding.severity.rawValue, finding.file, finding.expected, finding.found,
                    finding.fix,
                ])
        }
    }

    /// Deletes what the index knows of a case and begins its rows anew.
    private static func replaceCase(
        _ key: CaseKey, subject: String, modality: String, splits: (official: CaseSplit, paper: CaseSplit),
        sources: [SourceFile],
        configuration: SHA256Digest, reason: String?, in db: Database
    ) throws -> Int64 {
        let dataset = try datasetID(key.dataset, in: db)
        let earlierSubject = try Int64.fetchOne(
            db, sql: "DELETE FROM cases WHERE dataset_id = ? AND name = ? RETURNING subject_id",
            arguments: [dataset, key.name])
        try db.execute(
            sql: "INSERT OR IGNORE INTO subjects (dataset_id, name) VALUES (?, ?)", arguments: [dataset, subject])
        try db.execute(
            sql: """
                INSERT INTO cases (dataset_id, name, subject_id, modality, official_split, paper_split, configuration_digest,
                                   status, reason)
                VALUES (?, ?, (SELECT id FROM subjects WHERE dataset_id = ? AND name = ?), ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                dataset, key.name, dataset, subject, modality, splits.official.name, splits.paper.name,
                configuration.hexadecimal, reason == nil ? "prepared" : "quarantined", reason,
            ])
        let id = db.lastInsertedRowID
        for source in sources {
            try db.execute(
                sql: "INSERT INTO sources VALUES (?, ?, ?, ?, ?, ?)",
                arguments: [
                    id, source.role.rawValue, source.path, source.bytes, source.modified, source.digest.hexadecimal,
                ])
        }
        if let earlierSubject {
            try db.execute(
                sql: "DELETE FROM subjects WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM cases WHERE subject_id = ?1)",
                arguments: [earlierSubject])
        }
        return id
    }
}

extension Affine {
    /// The first three rows as 12 little-endian doubles.
    var rowData: Data {
        let numbers = rows.prefix(3).joined().map(\.bitPattern.littleEndian)
        return numbers.withUnsafeBytes { Data($0) }
    }

    /// The inverse of ``rowData``; `nil` when the bytes are no affine.
    init?(rowData bytes: UnsafeRawBufferPointer) {
        guard bytes.count == 96 else { return nil }
        func number(_ n: Int) -> Double {
            Double(bitPattern: UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 8 * n, as: UInt64.self)))
        }
        guard let affine = try? Affine(rows: (0..<3).map { r in (0..<4).map { number(4 * r + $0) } }) else {
            return nil
        }
        self = affine
    }
}
