import Digests
import FoundationEssentials
import GRDB
import Volumes

extension VolumeStore {
    /// Reads the whole index, but for sampled positions, into arrays.
    ///
    /// - Throws: `StoreError.format` when rows are damaged, or a database error.
    public func catalogue() throws -> StoreCatalogue {
        try catalogue(keptFrom: Self.casesWorthKeeping)
    }

    /// Below this number of cases, reading the rows takes less than a tenth of a second.
    static let casesWorthKeeping = 20_000

    /// - Parameter keptFrom: the number of cases from which the arrays are kept in a file of their own.
    package func catalogue(keptFrom: Int) throws -> StoreCatalogue {
        // One transaction: a consistent state, whatever writers do meanwhile.
        try pool.read { db in
            let descriptions = try String.fetchAll(db, sql: "SELECT name FROM datasets ORDER BY name").compactMap {
                try StoreRows.dataset($0, in: db)
            }
            let file = try StoreRows.generation(in: db).map {
                CatalogueFile(path: folder.path + "/index.catalogue", generation: $0)
            }
            if let kept = file?.read(), kept.datasetEnds.count == descriptions.count {
                return StoreCatalogue(store: self, descriptions: descriptions, kept)
            }
            var reader = CatalogueReader(indexFile: folder.path + "/index.sqlite")
            for description in descriptions { try reader.read(description, in: db) }
            try reader.readPresences(in: db)
            reader.columns.invert(datasetCount: descriptions.count)
            let content = CatalogueFile.Content(
                columns: reader.columns, datasetEnds: reader.datasetEnds, storeDigest: reader.hasher.finish())
            if reader.columns.names.count >= keptFrom { file?.write(content) }
            return StoreCatalogue(store: self, descriptions: descriptions, content)
        }
    }

    /// The encoded sampled positions of a class; `nil` when the case is no longer there.
    func positionBytes(caseID: Int64, value: UInt8) throws -> Data? {
        try pool.read { db in
            try Data.fetchOne(
                db.cachedStatement(sql: "SELECT offsets FROM positions WHERE case_id = ? AND value = ?"),
                arguments: [caseID, Int(value)])
        }
    }
}

/// Fills the columns of a catalogue, dataset by dataset.
private struct CatalogueReader {
    let indexFile: String
    var columns = CatalogueColumns()
    var datasetEnds: [Int] = []
    let hasher = SHA256Hasher()
    private var modalityNumbers: [String: UInt8] = [:]
    private var datasetNames: [String] = []

    init(indexFile: String) { self.indexFile = indexFile }

    mutating func read(_ description: StoredDataset, in db: Database) throws {
        var subjectNumbers: [Int64: Int32] = [:]
        let subjects = try Row.fetchCursor(
            db,
            sql: """
                SELECT s.id, s.name FROM subjects s JOIN datasets d ON d.id = s.dataset_id WHERE d.name = ? ORDER BY s.name
                """,
            arguments: [description.name])
        var subjectNames: [Int64: String] = [:]
        while let row = try subjects.next() { subjectNames[row[0]] = row[1] }

        hasher.update(description.canonicalText)
        let cases = try Row.fetchCursor(
            db,
            sql: """
                SELECT c.id, c.name, c.subject_id, c.modality, c.official_split, c.paper_split, p.shape_i, p.shape_j, p.shape_k,
                       p.affine, p.slope, p.intercept, p.clip_low, p.clip_high, p.mean, p.standard_deviation,
                       p.label_bytes IS NOT NULL, p.token, p.content_digest
                FROM cases c JOIN preparations p ON p.case_id = c.id
                WHERE c.dataset_id = (SELECT id FROM datasets WHERE name = ?) AND c.status = 'prepared' ORDER BY c.name
                """,
            arguments: [description.name])
        while let row = try cases.next() {
            let name: String = row[1], subject: Int64 = row[2], modality: String = row[3]
            guard let affine = try row.withUnsafeData(atIndex: 9, { $0?.withUnsafeBytes(Affine.init(rowData:)) }),
                let shape = try? GridShape(row[6], row[7], row[8]), StoreRows.isStorable(shape),
                let official = CaseSplit(name: row[4]),
                let paper = CaseSplit(name: row[5]), let subjectName = subjectNames[subject],
                let quantisation = StoreRows.quantisation(row[10], row[11]),
                let normalisation = IntensityNormalisation(
                    clipLow: row[12], clipHigh: row[13], mean: row[14], standardDeviation: row[15])
            else { throw damage(description.name, name) }
            if subjectNumbers[subject] == nil {
                subjectNumbers[subject] = Int32(columns.subjectNames.count)
                columns.subjectNames.append(subjectName)
            }
            columns.identifiers.append(row[0])
            columns.names.append(name)
            columns.datasets.append(Int32(datasetEnds.count))
            columns.subjects.append(subjectNumbers[subject]!)
            columns.modalities.append(number(of: modality))
            columns.officialSplits.append(official.rawValue)
            columns.paperSplits.append(paper.rawValue)
            guard
                columns.append(
                    grid: Grid(shape: shape, affine: affine), quantisation: quantisation, normalisation: normalisation,
                    isLabelled: row[16], token: row[17])
            else { throw damage(description.name, name) }
            try row.withUnsafeData(atIndex: 18) { $0?.withUnsafeBytes(hasher.update) }
        }
        datasetEnds.append(columns.names.count)
        datasetNames.append(description.name)
    }

    private func damage(_ dataset: String, _ name: String) -> StoreError {
        .format(
            file: indexFile,
            problem: "the rows of case \(dataset)/\(name) are damaged. Prepare it again with iris prepare --update.")
    }

    private mutating func number(of modality: String) -> UInt8 {
        if let number = modalityNumbers[modality] { return number }
        let number = UInt8(columns.modalityNames.count)
        modalityNumbers[modality] = number
        columns.modalityNames.append(modality)
        return number
    }

    /// Reads all presences in the order of the rows, then sorts them by case number.
    mutating func readPresences(in db: Database) throws {
        let largest = columns.identifiers.max() ?? 0
        var numbers = [Int32](repeating: -1, count: Int(largest) + 1)
        for (n, id) in columns.identifiers.enumerated() { numbers[Int(id)] = Int32(n) }
        var counts = [Int](repeating: 0, count: columns.names.count + 1)
        var found: [(number: Int32, presence: CompactPresence)] = []
        let rows = try Row.fetchCursor(db, sql: "SELECT * FROM presences ORDER BY case_id, value")
        while let row = try rows.next() {
            let id: Int64 = row[0]
            guard (0...largest).contains(id), numbers[Int(id)] >= 0 else { continue }
            let number = numbers[Int(id)]
            guard let value = UInt8(exactly: row[1] as Int) else {
                throw damage(datasetNames[Int(columns.datasets[Int(number)])], columns.names[Int(number)])
            }
            func place(_ column: Int) -> UInt16 { UInt16(clamping: row[column] as Int) }
            let presence = CompactPresence(
                value: value, voxels: UInt32(clamping: row[2] as Int),
                lower: (place(3), place(4), place(5)), upper: (place(6), place(7), place(8)),
                centroid: (row[9], row[10], row[11]))
            found.append((number, presence))
            counts[Int(number) + 1] += 1
        }
        for n in 0..<columns.names.count { counts[n + 1] += counts[n] }
        columns.presenceStarts = Column(counts)
        let presences = [CompactPresence](unsafeUninitializedCapacity: found.count) { buffer, initialised in
            for (number, presence) in found {
                buffer.initializeElement(at: counts[Int(number)], to: presence)
                counts[Int(number)] += 1
            }
            initialised = found.count
        }
        columns.presences = Column(presences)
    }
}
