import FoundationEssentials
import GRDB
import Glibc

/// A folder of prepared volumes with an SQLite index: `index.sqlite` and `volumes/<dataset>/<case>/{image,label}.nii`,
/// with the voxels once more in `voxels.bricks`.
///
/// Any number of processes may read while others write; writers take turns for each case. See `docs/store.md`.
public final class VolumeStore: Sendable {
    /// What a store is opened for.
    public enum Mode: Sendable {
        case read
        /// Creates the folder and the index when missing, and clears away what interrupted writers left.
        case write
    }

    /// The folder of the store.
    public let folder: URL
    /// What it was opened for.
    public let mode: Mode
    let pool: DatabasePool
    private let presenceOfWriter: WriterLock?

    /// - Throws: `StoreError` when there is no store to read, or the index is not one of this program or of a newer version.
    public static func open(at folder: URL, mode: Mode) throws -> VolumeStore {
        let folder = folder.standardizedFileURL
        let index = folder.appending(path: "index.sqlite").path
        if mode == .write {
            try makeFolders(folder.path + "/volumes")
        } else if !FileManager.default.fileExists(atPath: index) {
            throw StoreError.noStore(folder: folder.path)
        }
        let writerLock = mode == .write ? try WriterLock(path: folder.appending(path: "writers.lock").path) : nil
        let pool: DatabasePool
        do {
            pool = try openIndex(index, folder: folder, mode: mode)
        } catch let error as DatabaseError
            where error.resultCode == .SQLITE_NOTADB || error.resultCode == .SQLITE_CORRUPT
        {
            throw StoreError.notAnIndex(
                file: index, found: "a file that SQLite cannot read (\(error.message ?? "damaged"))")
        } catch let error as DatabaseError where error.resultCode == .SQLITE_READONLY && mode == .read {
            throw halfMade(index)
        } catch let error as DatabaseError where [.SQLITE_IOERR, .SQLITE_FULL].contains(error.resultCode) {
            // Among these is a full disk, where SQLite makes the memory that it shares between processes.
            throw StoreError.file(
                index,
                problem: "SQLite cannot read or write it (\(error.message ?? "disk I/O error")). "
                    + "Check the disk and the space left.")
        }
        let store = VolumeStore(folder: folder, mode: mode, pool: pool, writerLock: writerLock)
        if let writerLock, writerLock.isAlone { try store.clearLeftovers() }
        writerLock?.share()
        return store
    }

    /// An index with a journal by which its last change has to be undone, which readers may not do.
    private static func halfMade(_ index: String) -> StoreError {
        .format(
            file: index,
            problem: "a run that was stopped left a change half made. Bring it up to date with iris prepare.")
    }

    private static func openIndex(_ index: String, folder: URL, mode: Mode) throws -> DatabasePool {
        var configuration = GRDB.Configuration()
        configuration.readonly = mode == .read
        configuration.busyMode = .timeout(60)
        configuration.foreignKeysEnabled = true
        // Writers that come together take turns: SQLite does not wait for another when it changes a new index to its log, and
        // GRDB asks which migrations are needed before it locks the index.
        let turn = mode == .write ? try FolderLock(path: folder.path + "/volumes") : nil
        defer { withExtendedLifetime(turn) {} }
        do {
            let pool = try DatabasePool(path: index, configuration: configuration)
            try Self.checkAndMigrate(pool, folder: folder, mode: mode)
            return pool
        } catch let error as DatabaseError
            where error.resultCode == .SQLITE_CANTOPEN || error.extendedResultCode == .SQLITE_READONLY_DIRECTORY
        {
            guard mode == .read else {
                throw StoreError.file(
                    index,
                    problem:
                        "SQLite cannot create it or a file beside it. Check the folder, its permissions and the space left."
                )
            }
            // SQLite wants to make a file beside the index to read it. This reader may not write there. Without a log
            // nobody is writing now; whoever may must wait until it is read (docs/cluster/README.md).
            var log = stat()
            guard stat(index + "-journal", &log) != 0 || log.st_size == 0 else { throw halfMade(index) }
            guard stat(index + "-wal", &log) != 0 || log.st_size == 0 else {
                throw StoreError.file(
                    index,
                    problem: "has a log (-wal) that was not taken in. Open the store once where it can be written.")
            }
            let special = ["%": "%25", "?": "%3f", "#": "%23"]
            let path = index.map { special[String($0)] ?? String($0) }.joined()
            let pool = try DatabasePool(path: "file:\(path)?immutable=1", configuration: configuration)
            try Self.checkAndMigrate(pool, folder: folder, mode: mode)
            return pool
        }
    }

    /// Makes a folder and those above it.
    private static func makeFolders(_ path: String) throws(StoreError) {
        var part = path.hasPrefix("/") ? "" : "."
        for name in path.split(separator: "/") {
            part += "/" + name
            guard mkdir(part, 0o755) != 0 else { continue }
            let reason = systemReason()
            var status = stat()
            guard stat(part, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
                throw .file(path, problem: "cannot be made: \(reason)")
            }
        }
    }

    private init(folder: URL, mode: Mode, pool: DatabasePool, writerLock: WriterLock?) {
        (self.folder, self.mode, self.pool, presenceOfWriter) = (folder, mode, pool, writerLock)
    }

    private static func checkAndMigrate(_ pool: DatabasePool, folder: URL, mode: Mode) throws {
        let file = folder.appending(path: "index.sqlite").path
        let migrator = StoreSchema.migrator
        let (applicationID, tables, newer, complete) = try pool.read { db in
            (
                try Int32.fetchOne(db, sql: "PRAGMA application_id") ?? 0,
                // Another writer may be making the index at this moment: its table of migrations comes first.
                try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_master WHERE tbl_name != 'grdb_migrations'")
                    ?? 0,
                try migrator.hasBeenSuperseded(db), try migrator.appliedIdentifiers(db).contains("1")
            )
        }
        guard applicationID == StoreSchema.applicationID || tables == 0 else {
            throw StoreError.notAnIndex(file: file, found: "an SQLite database of another program")
        }
        guard !newer else {
            throw StoreError.format(file: file, problem: "written by a newer version of iris. Update the program.")
        }
        switch mode {
        case .read:
            guard complete else {
                throw StoreError.format(
                    file: file, problem: "written by an older version of iris. Bring it up to date with iris prepare.")
            }
        case .write:
            try migrator.migrate(pool)
            // Each commit reaches the disk before files of an earlier preparation are removed.
            try pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = FULL") }
        }
    }

    /// Where the volumes of a case lie.
    func caseFolder(_ key: CaseKey) -> String { folder.path + "/volumes/\(key.dataset)/\(key.name)" }

    /// Where the voxels of a case lie in bricks, if they do.
    func brickPath(_ key: CaseKey) -> String { caseFolder(key) + "/" + BrickFile.name }

    /// A path below the store's folder as one that can be opened.
    public func path(_ file: StoredFile) -> String { folder.path + "/" + file.path }

    /// Refuses names that cannot name a folder or hide there.
    static func check(name: String, kind: String) throws(StoreError) {
        let isAllowed = name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"),
                UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"):
                true
            default: false
            }
        }
        guard isAllowed, (1...128).contains(name.utf8.count), name.utf8.first != UInt8(ascii: ".") else {
            throw .invalidName(kind: kind, found: name)
        }
    }
}
