import Glibc

/// Bytes with one owner, written while one thread decodes them and read-only from then on.
final class RawBuffer: @unchecked Sendable {
    private let allocation: UnsafeMutableRawPointer
    /// The bytes, uninitialised at first.
    let bytes: UnsafeMutableRawBufferPointer

    /// - Parameter alignedOffset: the byte that lies at a multiple of 64, so that scalars from there on are aligned.
    init(count: Int, alignedOffset: Int = 0, file: String) throws(NIfTIError) {
        let hugePage = 1 << 21
        let large = count >= 2 * hugePage
        let lead = (64 - alignedOffset % 64) % 64
        var pointer: UnsafeMutableRawPointer?
        guard posix_memalign(&pointer, large ? hugePage : 64, count + lead) == 0, let pointer else {
            throw .outOfMemory(file: file, bytes: count)
        }
        // Advice only: without huge pages everything works, a little slower.
        if large { madvise(pointer, count + lead, MADV_HUGEPAGE) }
        allocation = pointer
        bytes = UnsafeMutableRawBufferPointer(start: pointer + lead, count: count)
    }

    deinit { free(allocation) }
}
