import Digests
import Glibc

/// A regular file open for reading; closed when the last reference goes.
final class InputFile {
    let path: String
    /// In bytes, when it was opened.
    let size: Int
    private let descriptor: CInt

    init(path: String) throws(NIfTIError) {
        self.path = path
        // A pipe without a writer would be waited for.
        descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            size = 0
            throw .cannotOpen(file: path, reason: systemMessage(errno))
        }
        var status = stat()
        let failed = fstat(descriptor, &status) != 0
        size = Int(status.st_size)
        if failed { throw .cannotOpen(file: path, reason: systemMessage(errno)) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw .cannotOpen(
                file: path, reason: status.st_mode & S_IFMT == S_IFDIR ? "a folder" : "not a regular file")
        }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// Fills `buffer` from byte `offset` on and returns the number of bytes read, fewer only at the end of the file.
    func read(into buffer: UnsafeMutableRawBufferPointer, from offset: Int) throws(NIfTIError) -> Int {
        var done = 0
        while done < buffer.count {
            let count = pread(descriptor, buffer.baseAddress! + done, buffer.count - done, off_t(offset + done))
            if count < 0, errno == EINTR { continue }
            if count < 0 { throw .cannotRead(file: path, reason: systemMessage(errno)) }
            if count == 0 { break }
            done += count
        }
        return done
    }

    /// Fills `buffer` from the file's beginning on, hashing each piece while the cache holds it, and returns the number of bytes
    /// read, fewer only at the end of the file.
    func read(into buffer: UnsafeMutableRawBufferPointer, digestingWith hasher: SHA256Hasher?) throws(NIfTIError) -> Int
    {
        let piece = 1 << 18
        var done = 0
        while done < buffer.count {
            let part = UnsafeMutableRawBufferPointer(rebasing: buffer[done..<min(done + piece, buffer.count)])
            let count = try read(into: part, from: done)
            hasher?.update(UnsafeRawBufferPointer(rebasing: part[..<count]))
            done += count
            if count < part.count { break }
        }
        return done
    }

    /// `count` bytes from `offset` on, or as many as there are.
    func bytes(_ count: Int, from offset: Int = 0) throws(NIfTIError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: max(0, min(count, size - offset)))
        let found = try bytes.withUnsafeMutableBufferPointer { (buffer) throws(NIfTIError) in
            try read(into: UnsafeMutableRawBufferPointer(buffer), from: offset)
        }
        return Array(bytes.prefix(found))
    }
}

/// What the system says about an error number.
func systemMessage(_ number: CInt) -> String { String(cString: strerror(number)) }
