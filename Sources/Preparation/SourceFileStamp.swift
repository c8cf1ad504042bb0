import Digests
import FoundationEssentials
import Glibc
import VolumeStore

/// What the file system tells of a source file without reading it.
struct SourceFileStamp: Equatable {
    let bytes: Int
    /// Time of last change of the content, in nanoseconds since 1970.
    let modified: Int
    let device, inode: UInt

    /// - Throws: `CaseRefusal` when the file is not there.
    init(_ file: URL) throws(CaseRefusal) {
        var status = stat()
        guard stat(file.path, &status) == 0 else {
            throw CaseRefusal(
                .unreadableFile, file: file.path, expected: "a readable file",
                found: String(cString: strerror(errno)), fix: "Fetch the file, or take the case off the list.")
        }
        bytes = Int(status.st_size)
        modified = Int(status.st_mtim.tv_sec) * 1_000_000_000 + Int(status.st_mtim.tv_nsec)
        (device, inode) = (UInt(status.st_dev), UInt(status.st_ino))
    }
}
