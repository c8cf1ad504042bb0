import CLinux
import Glibc
import Synchronization

/// A temporary folder beside those of the cases: `.staging-<process>-<serial>-<case>`. It is removed, with whatever is in it
/// by then, when nobody needs it any more.
final class StagingFolder: Sendable {
    static let prefix = ".staging-"
    private static let serials = Atomic<Int>(0)

    let path: String

    /// Makes the folder, and that of the dataset.
    init(for key: CaseKey, volumes: String) throws(StoreError) {
        let parent = volumes + "/" + key.dataset
        let serial = Self.serials.wrappingAdd(1, ordering: .relaxed).newValue
        path = "\(parent)/\(Self.prefix)\(getpid())-\(serial)-\(key.name)"
        mkdir(parent, 0o755)
        guard mkdir(path, 0o755) == 0 else { throw .file(path, problem: "cannot be made: \(systemReason())") }
    }

    deinit { removeTree(path) }

    /// The case that a temporary folder was made for; `nil` for other names.
    static func caseName(_ name: String) -> String? {
        guard name.hasPrefix(prefix) else { return nil }
        let parts = name.dropFirst(prefix.count).split(separator: "-", maxSplits: 2)
        return parts.count == 3 ? String(parts[2]) : nil
    }
}

/// A folder put in another's place in one step, which can be taken back.
struct FolderExchange {
    let staged, target: String
    private let replacedOne: Bool

    /// Renames `staged` to `target`; when `target` exists, the two change places.
    init(_ staged: String, _ target: String) throws(StoreError) {
        (self.staged, self.target) = (staged, target)
        if renameat2(AT_FDCWD, staged, AT_FDCWD, target, IRIS_RENAME_NOREPLACE) == 0 {
            replacedOne = false
        } else if errno == EEXIST, renameat2(AT_FDCWD, staged, AT_FDCWD, target, IRIS_RENAME_EXCHANGE) == 0 {
            replacedOne = true
        } else {
            throw .file(target, problem: "cannot be put in place: \(systemReason())")
        }
    }

    func undo() {
        renameat2(AT_FDCWD, staged, AT_FDCWD, target, replacedOne ? IRIS_RENAME_EXCHANGE : IRIS_RENAME_NOREPLACE)
    }
}

/// The reason of the last failed system call.
func systemReason() -> String { String(cString: strerror(errno)) }

/// Waits until a file's or folder's content is on the disk.
func synchronise(_ path: String) throws(StoreError) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .file(path, problem: "cannot be opened: \(systemReason())") }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw .file(path, problem: "cannot be synced to the disk: \(systemReason())") }
}

/// Removes a folder of the store with the files in it, as far as it is there.
func removeTree(_ folder: String) {
    for name in fileNames(in: folder) { unlink(folder + "/" + name) }
    rmdir(folder)
}

/// The names in a folder, in byte order; none when it cannot be read.
func fileNames(in folder: String) -> [String] {
    guard let stream = opendir(folder) else { return [] }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) {
            $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        if name != "." && name != ".." { names.append(name) }
    }
    return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
}
