import Glibc

/// A whole file mapped into memory for reading. At least a page of zeros follows its last byte, so kernels that load a
/// vector across the end read zeros and do not fault.
final class FileMapping: @unchecked Sendable {
    let base: UnsafeRawPointer
    /// The file's size in bytes.
    let count: Int
    private let reserved: Int

    /// - Throws: `StoreError.file` with the system's reason.
    init(path: String) throws(StoreError) {
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .file(path, problem: "cannot be opened: \(systemReason())") }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            throw .file(path, problem: "cannot be examined: \(systemReason())")
        }
        count = Int(status.st_size)
        let page = Int(sysconf(Int32(_SC_PAGESIZE)))
        reserved = (count + page - 1) / page * page + page
        let room = mmap(nil, reserved, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
        guard let room, room != MAP_FAILED else {
            throw .file(path, problem: "cannot be mapped: \(systemReason())")
        }
        base = UnsafeRawPointer(room)
        guard count > 0 else { return }
        // The file takes the first pages of the reserved room; the anonymous page after it stays.
        guard mmap(room, count, PROT_READ, MAP_SHARED | MAP_FIXED, descriptor, 0) != MAP_FAILED else {
            let reason = systemReason()
            munmap(room, reserved)
            throw .file(path, problem: "cannot be mapped: \(reason)")
        }
    }

    deinit { munmap(UnsafeMutableRawPointer(mutating: base), reserved) }

    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: count) }

    /// Asks the system to read the file ahead.
    func willNeed() { madvise(UnsafeMutableRawPointer(mutating: base), count, MADV_WILLNEED) }
}
