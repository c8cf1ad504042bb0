import FoundationEssentials
import Glibc

/// A file that is written under a temporary name beside its own and takes its name only when it is whole and synced.
final class AtomicFile {
    private let path: String
    private let temporary: String
    private var descriptor: Int32

    init(at url: URL) throws {
        path = url.path
        temporary = path + ".\(getpid()).partial"
        descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw failure("cannot be created") }
    }

    deinit {
        if descriptor >= 0 {
            close(descriptor)
            unlink(temporary)
        }
    }

    func write(_ bytes: [UInt8]) throws { try bytes.withUnsafeBytes { try write($0) } }

    func write(_ bytes: UnsafeRawBufferPointer) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let written = Glibc.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
            if written < 0 && errno == EINTR { continue }
            guard written > 0 else { throw failure("cannot be written") }
            rest = rest.dropFirst(written)
        }
    }

    /// Syncs the file, gives it its name and syncs the folder, so that the name survives a crash too.
    func commit() throws {
        guard fsync(descriptor) == 0 else { throw failure("cannot be synced") }
        close(descriptor)
        descriptor = -1
        guard rename(temporary, path) == 0 else {
            let problem = failure("cannot be renamed from \(temporary)")
            unlink(temporary)
            throw problem
        }
        let folder = URL(filePath: path).deletingLastPathComponent().path
        let directory = open(folder.isEmpty ? "." : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        if directory >= 0 {
            fsync(directory)
            close(directory)
        }
    }

    private func failure(_ what: String) -> SafeTensorsError {
        SafeTensorsError(
            file: path,
            problem:
                "\(what): \(String(cString: strerror(errno))). Check the folder, its permissions and the space left.")
    }
}
