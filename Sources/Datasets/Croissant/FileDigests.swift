import Digests
import FoundationEssentials
import Glibc
import WorkerThreads

/// A file's size and the SHA-256 of its bytes on disk.
struct FileDigest: Sendable {
    let path: String
    let bytes: Int
    let sha256: SHA256Digest

    /// Reads the file in pieces.
    ///
    /// - Throws: ``ManifestError`` when it cannot be read.
    init(_ path: String) throws(ManifestError) {
        func unreadable() -> ManifestError {
            ManifestError(
                "\(path): cannot be read (\(String(cString: strerror(errno)))). Check that it exists and its permissions."
            )
        }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw unreadable() }
        defer { close(descriptor) }
        let hasher = SHA256Hasher()
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 64)
        defer { buffer.deallocate() }
        var total = 0
        while true {
            let count = read(descriptor, buffer.baseAddress, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw unreadable() }
            if count == 0 { break }
            hasher.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            total += count
        }
        (self.path, bytes, sha256) = (path, total, hasher.finish())
    }

    /// The digests of files, in their order.
    static func all(_ paths: [String], jobs: Int, progress: (Int) -> Void) async throws -> [FileDigest] {
        var result: [FileDigest] = []
        result.reserveCapacity(paths.count)
        try await mapConcurrently(paths, jobs: jobs) { path in
            try FileDigest(path)
        } receive: { _, digest in
            result.append(digest)
            progress(digest.bytes)
        }
        return result
    }
}
