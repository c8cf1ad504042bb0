import Glibc
import Synchronization

/// Memory for tensors, kept and reused by size class, so that a training step that has been seen before asks the
/// system for nothing and touches no fresh page.
///
/// Blocks are aligned to 64 bytes; those of 2 MiB or more are mapped on 2 MiB boundaries and ask for huge pages. Safe to
/// call from any thread.
public final class CachingAllocator: Sendable {
    /// What the allocator has done so far.
    public struct Counters: Sendable, Equatable {
        /// Blocks handed out.
        public var requests = 0
        /// Requests that no kept block could serve.
        public var systemAllocations = 0
        /// Bytes in blocks that are handed out, and the most there ever were since ``resetPeak()``.
        public var bytesInUse = 0, peakBytesInUse = 0
        /// Bytes held from the system, in use or kept.
        public var bytesReserved = 0
    }

    /// The allocator of the process.
    public static let shared = CachingAllocator()

    private struct State {
        var free: [Int: [UInt]] = [:]
        var counters = Counters()
    }

    private let state = Mutex(State())
    private static let hugePage = 2 << 20

    public init() {}

    /// What it did so far.
    public var counters: Counters { state.withLock { $0.counters } }

    /// Lets the peak begin anew at what is in use.
    public func resetPeak() { state.withLock { $0.counters.peakBytesInUse = $0.counters.bytesInUse } }

    /// The size of the block that serves a request: eight classes per power of two, so at most an eighth is unused.
    package static func blockSize(for bytes: Int) -> Int {
        let bytes = max(bytes, 64)
        if bytes <= 512 { return (bytes + 63) & ~63 }
        let step = 1 << (Int.bitWidth - bytes.leadingZeroBitCount - 4)
        let rounded = (bytes + step - 1) & ~(step - 1)
        return rounded >= hugePage ? (rounded + 4095) & ~4095 : rounded
    }

    func allocate(bytes: Int) -> UnsafeMutableRawPointer {
        let size = Self.blockSize(for: bytes)
        let kept: UInt? = state.withLock { state in
            state.counters.requests += 1
            state.counters.bytesInUse += size
            state.counters.peakBytesInUse = max(state.counters.peakBytesInUse, state.counters.bytesInUse)
            if let block = state.free[size]?.popLast() { return block }
            state.counters.systemAllocations += 1
            state.counters.bytesReserved += size
            return nil
        }
        if let kept { return UnsafeMutableRawPointer(bitPattern: kept)! }
        return size >= Self.hugePage ? Self.map(size) : Self.aligned(size)
    }

    func release(_ pointer: UnsafeMutableRawPointer, bytes: Int) {
        let size = Self.blockSize(for: bytes), address = UInt(bitPattern: pointer)
        state.withLock { state in
            state.counters.bytesInUse -= size
            state.free[size, default: []].append(address)
        }
    }

    private static func aligned(_ size: Int) -> UnsafeMutableRawPointer {
        var pointer: UnsafeMutableRawPointer?
        guard posix_memalign(&pointer, 64, size) == 0, let pointer else { outOfMemory(size) }
        return pointer
    }

    private static func map(_ size: Int) -> UnsafeMutableRawPointer {
        // Map more than needed and cut it down to a 2 MiB boundary.
        let length = size + hugePage
        let mapping = mmap(nil, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        guard let mapping, mapping != MAP_FAILED else { outOfMemory(size) }
        let start = UInt(bitPattern: mapping), aligned = (start + UInt(hugePage) - 1) & ~(UInt(hugePage) - 1)
        if aligned > start { munmap(mapping, Int(aligned - start)) }
        let pointer = UnsafeMutableRawPointer(bitPattern: aligned)!
        let tail = length - Int(aligned - start) - size
        if tail > 0 { munmap(pointer + size, tail) }
        madvise(pointer, size, MADV_HUGEPAGE)
        return pointer
    }

    private static func outOfMemory(_ size: Int) -> Never {
        fatalError("no memory for a tensor of \(size) bytes. Use a smaller patch or batch, or gradient checkpointing.")
    }
}
