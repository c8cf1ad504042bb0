import GRDB

/// The tables of `index.sqlite`; `docs/store.md` describes them for people who read the index with other tools.
enum StoreSchema {
    /// "IRIS" in ASCII, in the header of the SQLite file.
    static let applicationID: Int32 = 0x4952_4953

    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1") { db in
            try db.execute(sql: "PRAGMA application_id = \(applicationID)")
            try db.execute(sql: version1)
        }
        migrator.registerMigration("2") { db in try db.execute(sql: version2) }
        return migrator
    }

    /// Changes with every change of what a catalogue holds, whoever makes it.
    private static var version2: String {
        let tables = ["datasets", "classes", "subjects", "cases", "preparations", "presences"]
        let triggers = tables.flatMap { table in
            ["INSERT", "UPDATE", "DELETE"].map { event in
                """
                CREATE TRIGGER generation_\(table)_\(event.lowercased()) AFTER \(event) ON \(table)
                BEGIN UPDATE state SET generation = random(); END;
                """
            }
        }
        return """
            CREATE TABLE state (generation INTEGER NOT NULL) STRICT;
            INSERT INTO state VALUES (random());
            \(triggers.joined(separator: "\n"))
            """
    }

    private static let version1 = """
        CREATE TABLE configurations (
            digest TEXT PRIMARY KEY,
            text TEXT NOT NULL
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE datasets (
            id INTEGER PRIMARY KEY,
            name TEXT NOT NULL UNIQUE,
            title TEXT NOT NULL,
            version TEXT NOT NULL,
            licence TEXT NOT NULL
        ) STRICT;

        CREATE TABLE classes (
            dataset_id INTEGER NOT NULL REFERENCES datasets ON DELETE CASCADE,
            value INTEGER NOT NULL CHECK (value BETWEEN 1 AND 255),
            name TEXT NOT NULL,
            structure TEXT NOT NULL,
            side TEXT NOT NULL CHECK (side IN ('left', 'right', 'none')),
            paired_value INTEGER,
            PRIMARY KEY (dataset_id, value)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE subjects (
            id INTEGER PRIMARY KEY,
            dataset_id INTEGER NOT NULL REFERENCES datasets ON DELETE CASCADE,
            name TEXT NOT NULL,
            UNIQUE (dataset_id, name)
        ) STRICT;

        -- AUTOINCREMENT: the id of a case that was prepared again is never that of an earlier preparation.
        CREATE TABLE cases (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            dataset_id INTEGER NOT NULL REFERENCES datasets ON DELETE CASCADE,
            name TEXT NOT NULL,
            subject_id INTEGER NOT NULL REFERENCES subjects,
            modality TEXT NOT NULL,
            official_split TEXT NOT NULL,
            paper_split TEXT NOT NULL,
            configuration_digest TEXT NOT NULL REFERENCES configurations,
            status TEXT NOT NULL CHECK (status IN ('prepared', 'quarantined')),
            reason TEXT,
            UNIQUE (dataset_id, name)
        ) STRICT;

        CREATE INDEX cases_by_subject ON cases (subject_id);

        -- Affines are 12 little-endian doubles: the first three rows of the matrix.
        CREATE TABLE preparations (
            case_id INTEGER PRIMARY KEY REFERENCES cases ON DELETE CASCADE,
            source_i INTEGER NOT NULL, source_j INTEGER NOT NULL, source_k INTEGER NOT NULL,
            source_affine BLOB NOT NULL,
            source_minimum REAL NOT NULL, source_maximum REAL NOT NULL, source_mean REAL NOT NULL,
            source_non_finite INTEGER NOT NULL,
            shape_i INTEGER NOT NULL, shape_j INTEGER NOT NULL, shape_k INTEGER NOT NULL,
            affine BLOB NOT NULL,
            slope REAL NOT NULL, intercept REAL NOT NULL,
            clip_low REAL NOT NULL, clip_high REAL NOT NULL,
            mean REAL NOT NULL, standard_deviation REAL NOT NULL,
            image_bytes INTEGER NOT NULL, image_digest TEXT NOT NULL,
            label_bytes INTEGER, label_digest TEXT,
            token TEXT NOT NULL,
            content_digest BLOB NOT NULL
        ) STRICT;

        CREATE TABLE sources (
            case_id INTEGER NOT NULL REFERENCES cases ON DELETE CASCADE,
            role TEXT NOT NULL,
            path TEXT NOT NULL,
            bytes INTEGER NOT NULL,
            modified INTEGER NOT NULL,
            digest TEXT NOT NULL,
            PRIMARY KEY (case_id, role, path)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE presences (
            case_id INTEGER NOT NULL REFERENCES cases ON DELETE CASCADE,
            value INTEGER NOT NULL,
            voxels INTEGER NOT NULL CHECK (voxels > 0),
            low_i INTEGER NOT NULL, low_j INTEGER NOT NULL, low_k INTEGER NOT NULL,
            high_i INTEGER NOT NULL, high_j INTEGER NOT NULL, high_k INTEGER NOT NULL,
            centroid_i REAL NOT NULL, centroid_j REAL NOT NULL, centroid_k REAL NOT NULL,
            PRIMARY KEY (case_id, value)
        ) STRICT, WITHOUT ROWID;

        -- Apart from presences, so that reading those does not drag kilobytes of positions along.
        CREATE TABLE positions (
            case_id INTEGER NOT NULL REFERENCES cases ON DELETE CASCADE,
            value INTEGER NOT NULL,
            offsets BLOB NOT NULL,
            PRIMARY KEY (case_id, value)
        ) STRICT;

        CREATE TABLE findings (
            id INTEGER PRIMARY KEY,
            dataset_id INTEGER NOT NULL REFERENCES datasets ON DELETE CASCADE,
            case_id INTEGER REFERENCES cases ON DELETE CASCADE,
            code TEXT NOT NULL,
            severity TEXT NOT NULL CHECK (severity IN ('error', 'warning', 'info')),
            file TEXT,
            expected TEXT NOT NULL,
            found TEXT NOT NULL,
            fix TEXT NOT NULL
        ) STRICT;
        CREATE INDEX findings_by_case ON findings (case_id);

        CREATE TABLE runs (
            id INTEGER PRIMARY KEY,
            dataset TEXT NOT NULL,
            configuration_digest TEXT NOT NULL,
            program TEXT NOT NULL,
            started TEXT NOT NULL,
            seconds REAL NOT NULL,
            prepared INTEGER NOT NULL,
            unchanged INTEGER NOT NULL,
            quarantined INTEGER NOT NULL
        ) STRICT;
        """
}
