import Glibc

/// Writes whole files so that a crash at any point leaves the old file or the new one, never a mixture: a temporary
/// name in the same folder, synced, renamed, and the folder synced.
package enum AtomicFile {
    /// Writes `parts`, one after the other, to `path`, replacing what is there.
    package static func write(_ parts: [UnsafeRawBufferPointer], to path: String) throws(NIfTIError) {
        let temporary = "\(path).part-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
        func fail(_ step: String) -> NIfTIError { .cannotWrite(file: path, reason: "\(step): \(systemMessage(errno))") }
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw fail("create") }
        do throws(NIfTIError) {
            defer { close(descriptor) }
            for part in parts {
                var done = 0
                while done < part.count {
                    let count = Glibc.write(descriptor, part.baseAddress! + done, part.count - done)
                    if count < 0, errno == EINTR { continue }
                    guard count >= 0 else { throw fail("write") }
                    done += count
                }
            }
            guard fsync(descriptor) == 0 else { throw fail("sync") }
            guard rename(temporary, path) == 0 else { throw fail("rename") }
        } catch {
            unlink(temporary)
            throw error
        }
        try syncFolder(of: path)
    }

    /// Makes a rename in the folder that holds `path` survive a power cut.
    private static func syncFolder(of path: String) throws(NIfTIError) {
        let end = path.lastIndex(of: "/")
        let folder = end.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .cannotWrite(file: path, reason: "open folder: \(systemMessage(errno))") }
        defer { close(descriptor) }
        // Some file systems refuse to sync folders (EINVAL); their renames are as lasting as they make them.
        if fsync(descriptor) != 0, errno != EINVAL {
            throw .cannotWrite(file: path, reason: "sync folder: \(systemMessage(errno))")
        }
    }
}
