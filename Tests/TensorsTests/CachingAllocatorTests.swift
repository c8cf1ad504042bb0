import Tensors
import Testing

@Suite struct CachingAllocatorTests {
    /// A class is never smaller than the request and at most an eighth larger, from 512 bytes on.
    @Test(arguments: [1, 64, 65, 512, 513, 1000, 4096, 4097, 1 << 20, (1 << 20) + 1, 5 << 20, (5 << 20) + 1])
    func blockSize(bytes: Int) {
        let size = CachingAllocator.blockSize(for: bytes)
        #expect(size >= bytes && size % 64 == 0)
        if bytes > 512 { #expect(size * 8 <= bytes * 9 + 8 * 4096) }
    }
}
