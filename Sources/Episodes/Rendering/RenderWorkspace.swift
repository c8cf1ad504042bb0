import Glibc

/// The scratch memory of one worker: grows to what its largest patch needs, then stays, so that rendering allocates nothing.
///
/// A workspace serves one patch at a time; give each worker its own.
public final class RenderWorkspace {
    private var memory: UnsafeMutableRawPointer?
    private var capacity = 0
    private var labelMemory: UnsafeMutablePointer<UInt8>?
    private var labelCapacity = 0
    /// How often memory was taken since the start, for checks that a steady state takes none.
    public private(set) var allocations = 0

    public init() {}

    deinit {
        free(memory)
        free(labelMemory)
    }

    /// Scratch memory for one kernel call, aligned to 64 bytes. Its content means nothing before or after.
    func scratch(bytes: Int) -> UnsafeMutableRawPointer {
        if bytes > capacity {
            free(memory)
            memory = allocate(bytes)
            capacity = bytes
        }
        return memory!
    }

    /// Room for a label patch that the caller did not ask for but that masks are made from. Apart from `scratch`.
    func labels(count: Int) -> UnsafeMutablePointer<UInt8> {
        if count > labelCapacity {
            free(labelMemory)
            labelMemory = allocate(count).assumingMemoryBound(to: UInt8.self)
            labelCapacity = count
        }
        return labelMemory!
    }

    private func allocate(_ bytes: Int) -> UnsafeMutableRawPointer {
        allocations += 1
        guard let memory = aligned_alloc(64, (bytes + 63) / 64 * 64) else {
            fatalError("out of memory: \(bytes) bytes")
        }
        return memory
    }
}
