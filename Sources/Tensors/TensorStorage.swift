/// A block of memory that tensors share; it returns to its allocator with the last of them.
final class TensorStorage: @unchecked Sendable {
    let pointer: UnsafeMutableRawPointer
    let byteCount: Int
    private let allocator: CachingAllocator

    init(byteCount: Int, allocator: CachingAllocator = .shared) {
        pointer = allocator.allocate(bytes: byteCount)
        self.byteCount = byteCount
        self.allocator = allocator
    }

    deinit { allocator.release(pointer, bytes: byteCount) }
}
