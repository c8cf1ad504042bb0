import Digests
import FoundationEssentials
import GRDB
import VolumeStore
import Volumes

/// The index of a store of so many cases that preparing them is out of the question: one case of each dataset is real, its
/// rows are copied under other names. Only the real cases have files.
struct LargeIndex {
    /// A dataset of the mixture: as many classes as its model, and as many cases of a subject.
    struct Part {
        let name: String
        let classes: Int
        let casesPerSubject: Int
    }

    /// As AMOS22, BCV, KiTS19, LiTS, M&Ms and the ageing brains: 40 classes in six cases.
    static let parts = [
        Part(name: "abdomen", classes: 15, casesPerSubject: 1),
        Part(name: "abdomen-ct", classes: 13, casesPerSubject: 1),
        Part(name: "kidney", classes: 3, casesPerSubject: 1), Part(name: "liver", classes: 2, casesPerSubject: 1),
        Part(name: "heart", classes: 3, casesPerSubject: 2), Part(name: "brain", classes: 4, casesPerSubject: 1),
    ]

    private static let shape = (192, 160, 128)

    /// Makes the store.
    static func write(to folder: URL, cases: Int) throws {
        do {
            let writer = StoreWriter(try VolumeStore.open(at: folder, mode: .write))
            let configuration = try writer.register(configuration: "synthetic index")
            for part in parts { try addModel(of: part, configuration, to: writer) }
        }
        let index = try DatabaseQueue(path: folder.appending(path: "index.sqlite").path)
        // What a crash would leave of a benchmark's store does not matter.
        try index.writeWithoutTransaction { try $0.execute(sql: "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF") }
        for (number, part) in parts.enumerated() {
            let count = cases * (number + 1) / parts.count - cases * number / parts.count
            try index.write { try multiply(part, to: count, in: $0) }
        }
        try index.writeWithoutTransaction { try $0.execute(sql: "PRAGMA journal_mode = WAL") }
    }

    private static func addModel(of part: Part, _ configuration: SHA256Digest, to writer: StoreWriter) throws {
        try writer.register(
            StoredDataset(
                name: part.name, title: part.name, version: "1", licence: "none",
                classes: (1...part.classes).map {
                    StoredClass(value: UInt8($0), name: "\(part.name) \($0)", structure: "\(part.name) \($0)")
                }))
        let grid = Grid(
            shape: try GridShape(shape.0, shape.1, shape.2), affine: Affine(spacing: try Spacing(1.5, 1.5, 1.5)))
        var labels = try LabelMap(grid: grid, voxels: Array(repeating: 0, count: grid.shape.count))
        // Boxes of 44 x 32 x 24 voxels, four by four: 1.75 bytes for each sampled place, as in prepared cases of AMOS22.
        for value in 0..<part.classes {
            let (i, j) = (value % 4 * 48, value / 4 * 40)
            for k in 52..<76 { for j in j..<j + 32 { for i in i..<i + 44 { labels[i, j, k] = UInt8(value + 1) } } }
        }
        let image = try Volume<Int16>(grid: grid, voxels: Array(repeating: 0, count: grid.shape.count))
        try writer.add(
            CaseDescription(
                key: CaseKey(dataset: part.name, name: "c0000000"), subject: "s0000000", modality: "CT",
                officialSplit: .train, paperSplit: .train, sourceGrid: grid,
                sourceIntensities: SourceIntensities(minimum: 0, maximum: 1, mean: 0.5, nonFinite: 0),
                normalisation: IntensityNormalisation(clipLow: -991, clipHigh: 500, mean: 0, standardDeviation: 200)!,
                sources: [SourceFile.Role.image, .label].map {
                    SourceFile(
                        role: $0, path: "\($0.rawValue)sTr/c0000000.nii.gz", bytes: 1, modified: 1,
                        digest: SHA256Digest(of: "synthetic"))
                },
                configurationDigest: configuration),
            image: image, labels: labels)
    }

    /// Copies the rows of the dataset's case until there are `count` cases. Every tenth case is of the test part.
    private static func multiply(_ part: Part, to count: Int, in db: Database) throws {
        guard
            let model = try Row.fetchOne(
                db,
                sql: "SELECT c.id, c.dataset_id FROM cases c JOIN datasets d ON d.id = c.dataset_id WHERE d.name = ?",
                arguments: [part.name]),
            let largest = try Int64.fetchOne(db, sql: "SELECT max(id) FROM cases"),
            let largestSubject = try Int64.fetchOne(db, sql: "SELECT max(id) FROM subjects")
        else { return }
        let (id, dataset): (Int64, Int64) = (model[0], model[1]), each = part.casesPerSubject
        // The case's own place 0 and the subject's own place 0 are taken already.
        let numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < \(count - 1))"
        let subject = """
            (CASE WHEN i / \(each) = 0 THEN (SELECT subject_id FROM cases WHERE id = \(id))
             ELSE \(largestSubject) + i / \(each) END)
            """
        func copy(_ table: String, _ columns: [String]) -> String {
            "\(numbers) INSERT INTO \(table) SELECT \(largest) + i, \(columns.map { "t.\($0)" }.joined(separator: ", ")) "
                + "FROM n, \(table) t WHERE t.case_id = \(id);"
        }
        func columns(of table: String) throws -> [String] {
            try db.columns(in: table).map(\.name).filter { $0 != "case_id" }
        }
        try db.execute(
            sql: """
                \(numbers) INSERT OR IGNORE INTO subjects SELECT \(largestSubject) + i, \(dataset), printf('s%07d', i)
                    FROM n WHERE i <= \((count - 1) / each);
                \(numbers) INSERT INTO cases SELECT \(largest) + i, t.dataset_id, printf('c%07d', i), \(subject), t.modality,
                    t.official_split, CASE WHEN i % 10 = 0 THEN 'test' ELSE t.paper_split END, t.configuration_digest,
                    t.status, t.reason FROM n, cases t WHERE t.id = \(id);
                """)
        for table in ["preparations", "sources", "presences", "positions"] {
            try db.execute(sql: copy(table, columns(of: table)))
        }
    }
}
