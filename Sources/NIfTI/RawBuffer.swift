import Glibc

/// Bytes with one owner, written while one thread decodes them and read-only from then on.
final class RawBuffer: @unchecked Sendable {
    private enum Memory {
        case allocated(UnsafeMutableRawPointer)
        case region(BufferMemory.Region)
    }

    private let memory: Memory
    /// The bytes, of any content at first.
    let bytes: UnsafeMutableRawBufferPointer

    /// - Parameter alignedOffset: the byte that lies at a multiple of 64, so that scalars from there on are aligned.
    init(count: Int, alignedOffset: Int = 0, file: String) throws(NIfTIError) {
        let lead = (64 - alignedOffset % 64) % 64
        let start: UnsafeMutableRawPointer
        if count >= 1 << 22 {
            guard let region = BufferMemory.take(count + lead) else { throw .outOfMemory(file: file, bytes: count) }
            (memory, start) = (.region(region), region.base)
        } else {
            var pointer: UnsafeMutableRawPointer?
            guard posix_memalign(&pointer, 64, count + lead) == 0, let pointer else {
                throw .outOfMemory(file: file, bytes: count)
            }
            (memory, start) = (.allocated(pointer), pointer)
        }
        bytes = UnsafeMutableRawBufferPointer(start: start + lead, count: count)
    }

    deinit {
        switch memory {
        case .allocated(let pointer): free(pointer)
        case .region(let region): BufferMemory.giveBack(region)
        }
    }
}
