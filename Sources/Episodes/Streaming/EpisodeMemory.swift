import CSharedMemory
import Glibc

/// Memory for a fixed number of batches, taken once and given back when the last user lets go.
///
/// Each slot holds one batch as its layout says.
public final class EpisodeMemory: @unchecked Sendable {
    /// Where the arrays of a batch lie in a slot.
    public let layout: EpisodeLayout
    /// The number of slots.
    public let slots: Int
    /// The descriptor that another process can map; `nil` for memory of this process alone.
    public let descriptor: Int32?
    private let base: UnsafeMutableRawPointer

    /// - Parameters:
    ///   - layout: what lies where in a slot.
    ///   - slots: how many batches find room.
    ///   - shared: whether other processes can map the memory. It belongs to no file system, so nothing is left behind
    ///     however the processes end.
    /// - Throws: ``EpisodeError/noMemory(bytes:reason:)``.
    public init(layout: EpisodeLayout, slots: Int, shared: Bool = false) throws(EpisodeError) {
        precondition(slots > 0, "episodes need at least one slot")
        let bytes = layout.byteCount * slots
        let descriptor = shared ? iris_shared_memory_create("iris-episodes", bytes) : -1
        func failure() -> EpisodeError { .noMemory(bytes: bytes, reason: String(cString: strerror(errno))) }
        guard !shared || descriptor >= 0 else { throw failure() }
        let flags = shared ? MAP_SHARED : MAP_PRIVATE | MAP_ANONYMOUS
        guard let memory = mmap(nil, bytes, PROT_READ | PROT_WRITE, flags, descriptor, 0), memory != MAP_FAILED else {
            let error = failure()
            if shared { close(descriptor) }
            throw error
        }
        (self.layout, self.slots, base) = (layout, slots, memory)
        self.descriptor = shared ? descriptor : nil
    }

    deinit {
        munmap(base, layout.byteCount * slots)
        if let descriptor { close(descriptor) }
    }

    /// The first byte of a slot.
    func slot(_ number: Int) -> UnsafeMutableRawPointer { base + number * layout.byteCount }
}
