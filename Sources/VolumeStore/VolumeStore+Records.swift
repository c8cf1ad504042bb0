import Digests
import FoundationEssentials
import GRDB
import Volumes

extension VolumeStore {
    /// The datasets with their class tables, by name.
    public func datasets() throws -> [StoredDataset] {
        try pool.read { db in
            try String.fetchAll(db, sql: "SELECT name FROM datasets ORDER BY name").compactMap {
                try StoreRows.dataset($0, in: db)
            }
        }
    }

    /// Every case, prepared and quarantined, in canonical order.
    public func cases() throws -> [StoredCase] {
        try pool.read { try StoreRows.cases(where: "TRUE", in: $0, folder: folder.path) }
    }

    /// The names of the cases of one dataset, prepared and quarantined, in canonical order.
    public func caseNames(of dataset: String) throws -> [String] {
        try pool.read { db in
            try String.fetchAll(
                db,
                sql: """
                    SELECT c.name FROM cases c JOIN datasets d ON d.id = c.dataset_id WHERE d.name = ? ORDER BY c.name
                    """,
                arguments: [dataset])
        }
    }

    /// A case by its key; `nil` when the store does not know it. SQLite ends text at a zero byte, so what it found is compared.
    public func record(of key: CaseKey) throws -> StoredCase? {
        try pool.read { try record(of: key, in: $0) }
    }

    func record(of key: CaseKey, in db: Database) throws -> StoredCase? {
        try StoreRows.cases(where: "d.name = \(key.dataset) AND c.name = \(key.name)", in: db, folder: folder.path)
            .first { $0.key == key }
    }

    /// The case that people mean by `name` or `dataset/name`.
    ///
    /// - Throws: `StoreError.unknownCase` or `.ambiguousCase`.
    public func record(named name: String) throws -> StoredCase {
        let parts = name.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        let found = try pool.read {
            parts.count == 2
                ? try StoreRows.cases(
                    where: "d.name = \(parts[0]) AND c.name = \(parts[1])", in: $0, folder: folder.path)
                : try StoreRows.cases(where: "c.name = \(name)", in: $0, folder: folder.path)
        }.filter { $0.key.name == parts.last && (parts.count != 2 || $0.key.dataset == parts[0]) }
        guard found.count < 2 else { throw StoreError.ambiguousCase(name, datasets: found.map(\.key.dataset)) }
        guard let record = found.first else { throw StoreError.unknownCase(name, folder: folder.path) }
        return record
    }

    /// The findings of a case.
    public func findings(of key: CaseKey) throws -> [StoredFinding] {
        try pool.read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT f.* FROM findings f JOIN cases c ON c.id = f.case_id JOIN datasets d ON d.id = c.dataset_id
                    WHERE d.name = ? AND c.name = ? ORDER BY f.id
                    """,
                arguments: [key.dataset, key.name]
            ).map { row in
                StoredFinding(
                    code: row["code"], severity: StoredFinding.Severity(rawValue: row["severity"]) ?? .error,
                    file: row["file"],
                    expected: row["expected"], found: row["found"], fix: row["fix"])
            }
        }
    }

    /// The canonical text of a preparation configuration; `nil` when the store does not know the digest.
    public func configuration(_ digest: SHA256Digest) throws -> String? {
        try pool.read {
            try String.fetchOne(
                $0, sql: "SELECT text FROM configurations WHERE digest = ?", arguments: [digest.hexadecimal])
        }
    }

    /// The digests of the configurations that cases of the dataset were prepared or refused with, in rising order.
    public func configurations(of dataset: String) throws -> [SHA256Digest] {
        try pool.read {
            try String.fetchAll(
                $0,
                sql: """
                    SELECT DISTINCT configuration_digest FROM cases JOIN datasets d ON d.id = dataset_id
                    WHERE d.name = ? ORDER BY 1
                    """,
                arguments: [dataset]
            ).compactMap(SHA256Digest.init(hexadecimal:))
        }
    }

    /// The runs of `iris prepare` that wrote here, oldest first.
    public func runs() throws -> [RunRecord] {
        try pool.read { db in
            try Row.fetchAll(db, sql: "SELECT * FROM runs ORDER BY id").compactMap { row in
                SHA256Digest(hexadecimal: row["configuration_digest"]).map {
                    RunRecord(
                        dataset: row["dataset"], configurationDigest: $0, program: row["program"],
                        started: row["started"],
                        seconds: row["seconds"], prepared: row["prepared"], unchanged: row["unchanged"],
                        quarantined: row["quarantined"])
                }
            }
        }
    }

    /// Maps the volumes of a prepared case, outside any catalogue.
    ///
    /// - Throws: `StoreError` when a file is absent, damaged or of another preparation.
    public func open(_ prepared: PreparedRecord, key: CaseKey) throws(StoreError) -> PreparedCase {
        try PreparedCase(
            key: key, grid: prepared.grid, quantisation: prepared.quantisation, normalisation: prepared.normalisation,
            imagePath: path(prepared.image), labelPath: prepared.label.map(path),
            brickPath: brickPath(key), token: prepared.token)
    }
}

extension StoreRows {
    /// Cases with all their rows but the sampled positions, in canonical order.
    ///
    /// - Parameters:
    ///   - condition: its interpolated values become parameters of the statement.
    ///   - folder: named in complaints.
    static func cases(where condition: SQL, in db: Database, folder: String) throws -> [StoredCase] {
        let rows = try SQLRequest<Row>(
            literal: """
                SELECT c.id AS id, d.name AS dataset, c.name AS name, s.name AS subject, c.modality, c.official_split,
                       c.paper_split, c.configuration_digest, c.status, c.reason, p.*
                FROM cases c JOIN datasets d ON d.id = c.dataset_id JOIN subjects s ON s.id = c.subject_id
                LEFT JOIN preparations p ON p.case_id = c.id
                WHERE \(literal: condition) ORDER BY d.name, c.name
                """
        ).fetchAll(db)
        return try rows.map { row in
            let key = CaseKey(dataset: row["dataset"], name: row["name"])
            let damage = StoreError.format(
                file: folder + "/index.sqlite",
                problem: "the rows of case \(key) are damaged. Prepare it again with iris prepare --update.")
            guard let official = CaseSplit(name: row["official_split"]),
                let paper = CaseSplit(name: row["paper_split"]),
                let configuration = SHA256Digest(hexadecimal: row["configuration_digest"])
            else { throw damage }
            let status: StoredCase.Status
            if row["status"] == "prepared" {
                guard let prepared = try preparedRecord(row, key: key, in: db) else { throw damage }
                status = .prepared(prepared)
            } else {
                status = .quarantined(reason: row["reason"] ?? "")
            }
            return StoredCase(
                key: key, subject: row["subject"], modality: row["modality"], officialSplit: official,
                paperSplit: paper,
                sources: try sources(of: row["id"], in: db), configurationDigest: configuration, status: status)
        }
    }

    private static func preparedRecord(_ row: Row, key: CaseKey, in db: Database) throws -> PreparedRecord? {
        guard let token = row["token"] as String?,
            let sourceGrid = grid(row, "source_i", "source_j", "source_k", "source_affine"),
            let grid = grid(row, "shape_i", "shape_j", "shape_k", "affine"), isStorable(grid.shape),
            let quantisation = quantisation(row["slope"], row["intercept"]),
            let normalisation = IntensityNormalisation(
                clipLow: row["clip_low"], clipHigh: row["clip_high"], mean: row["mean"],
                standardDeviation: row["standard_deviation"]),
            let imageDigest = SHA256Digest(hexadecimal: row["image_digest"]),
            let classes = try presences(of: row["id"], in: db)
        else { return nil }
        let folder = "volumes/\(key.dataset)/\(key.name)/"
        var label: StoredFile?
        if let text = row["label_digest"] as String? {
            guard let digest = SHA256Digest(hexadecimal: text) else { return nil }
            label = StoredFile(path: folder + "label.nii", bytes: row["label_bytes"] ?? 0, digest: digest)
        }
        return PreparedRecord(
            sourceGrid: sourceGrid,
            sourceIntensities: SourceIntensities(
                minimum: row["source_minimum"], maximum: row["source_maximum"], mean: row["source_mean"],
                nonFinite: row["source_non_finite"]),
            grid: grid, quantisation: quantisation, normalisation: normalisation,
            image: StoredFile(path: folder + "image.nii", bytes: row["image_bytes"], digest: imageDigest), label: label,
            token: token, classes: classes)
    }

    private static func grid(_ row: Row, _ i: String, _ j: String, _ k: String, _ affine: String) -> Grid? {
        guard let bytes = row[affine] as Data?, let affine = bytes.withUnsafeBytes(Affine.init(rowData:)),
            let shape = try? GridShape(row[i], row[j], row[k])
        else { return nil }
        return Grid(shape: shape, affine: affine)
    }

    /// Whether volume files can have the shape: their headers hold 16 bits with a sign for each axis, the index's positions
    /// 32 bits for a voxel.
    static func isStorable(_ shape: GridShape) -> Bool {
        max(shape.i, shape.j, shape.k) <= Int(Int16.max) && shape.count <= Int(UInt32.max)
    }

    /// `nil` when the numbers cannot be meant.
    static func quantisation(_ slope: Double, _ intercept: Double) -> Quantisation? {
        slope.isFinite && slope > 0 && intercept.isFinite ? Quantisation(slope: slope, intercept: intercept) : nil
    }

    /// `nil` when a label value is none.
    private static func presences(of id: Int64, in db: Database) throws -> [ClassPresence]? {
        let rows = try Row.fetchAll(
            db.cachedStatement(sql: "SELECT * FROM presences WHERE case_id = ? ORDER BY value"), arguments: [id])
        var presences: [ClassPresence] = []
        for row in rows {
            guard let value = UInt8(exactly: row["value"] as Int) else { return nil }
            presences.append(
                ClassPresence(
                    value: value, voxels: row["voxels"],
                    box: VoxelBox(
                        lower: SIMD3(row["low_i"], row["low_j"], row["low_k"]),
                        upper: SIMD3(row["high_i"], row["high_j"], row["high_k"])),
                    centroid: SIMD3(row["centroid_i"], row["centroid_j"], row["centroid_k"])))
        }
        return presences
    }

    private static func sources(of id: Int64, in db: Database) throws -> [SourceFile] {
        try Row.fetchAll(
            db.cachedStatement(sql: "SELECT * FROM sources WHERE case_id = ? ORDER BY role, path"), arguments: [id]
        ).compactMap { row in
            guard let role = SourceFile.Role(rawValue: row["role"]),
                let digest = SHA256Digest(hexadecimal: row["digest"])
            else { return nil }
            return SourceFile(
                role: role, path: row["path"], bytes: row["bytes"], modified: row["modified"], digest: digest)
        }
    }
}
