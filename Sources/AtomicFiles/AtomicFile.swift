import Glibc

/// A file that is written under a temporary name beside its own and takes its name only when it is whole and synced: a
/// crash at any point leaves the old file or the new one, never a mixture.
///
/// The temporary name ends in `.partial`; ``commit()`` gives the file its own, and without it nothing stays behind but
/// after a crash.
public final class AtomicFile {
    private let path: String
    private let temporary: String
    private var descriptor: CInt

    /// Opens the temporary file beside `path`.
    public init(at path: String) throws(FileWriteError) {
        self.path = path
        temporary = "\(path).\(getpid())-\(UInt32.random(in: 0...UInt32.max)).partial"
        descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw failure("created") }
    }

    deinit {
        if descriptor >= 0 {
            close(descriptor)
            unlink(temporary)
        }
    }

    /// Writes `parts`, one after the other, to `path`, replacing what is there.
    public static func write(_ parts: [UnsafeRawBufferPointer], to path: String) throws(FileWriteError) {
        let file = try AtomicFile(at: path)
        for part in parts { try file.write(part) }
        try file.commit()
    }

    /// Appends `bytes`.
    public func write(_ bytes: UnsafeRawBufferPointer) throws(FileWriteError) {
        var done = 0
        while done < bytes.count {
            let written = Glibc.write(descriptor, bytes.baseAddress! + done, bytes.count - done)
            if written < 0, errno == EINTR { continue }
            guard written > 0 else { throw failure("written") }
            done += written
        }
    }

    /// Syncs the file, gives it its name and syncs the folder, so that the name survives a power cut too.
    public func commit() throws(FileWriteError) {
        guard fsync(descriptor) == 0 else { throw failure("synced") }
        close(descriptor)
        descriptor = -1
        guard rename(temporary, path) == 0 else {
            let problem = failure("renamed")
            unlink(temporary)
            throw problem
        }
        try syncFolder()
    }

    private func syncFolder() throws(FileWriteError) {
        let end = path.lastIndex(of: "/")
        let folder = end.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("synced with its folder") }
        defer { close(descriptor) }
        // Some file systems refuse to sync folders (EINVAL); their renames are as lasting as they make them.
        if fsync(descriptor) != 0, errno != EINVAL { throw failure("synced with its folder") }
    }

    private func failure(_ step: String) -> FileWriteError {
        FileWriteError(file: path, step: step, reason: String(cString: strerror(errno)))
    }
}
