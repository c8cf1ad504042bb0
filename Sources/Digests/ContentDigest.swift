import CXXHash

/// A 128-bit digest of voxels, printed as 32 lower-case hexadecimal digits.
///
/// XXH3 with 128 bits and no seed, as `xxh128sum` prints it: many times as fast as SHA-256, so that digesting costs hardly
/// anything beside decompressing. Two different volumes share a digest by accident with a probability near 2^-128, but whoever
/// wants to can make such a pair: it finds copies and damage, it proves nothing against a forger. ``SHA256Digest`` does.
public struct ContentDigest: Hashable, Sendable, CustomStringConvertible {
    /// 32 lower-case hexadecimal digits.
    public let hexadecimal: String

    public var description: String { hexadecimal }

    /// Wraps a digest that was written down earlier; `nil` unless it is 32 hexadecimal digits.
    public init?(hexadecimal: String) {
        let digits = hexadecimal.lowercased()
        guard digits.utf8.count == 32, digits.utf8.allSatisfy({ (48...57).contains($0) || (97...102).contains($0) })
        else { return nil }
        self.hexadecimal = digits
    }

    init(_ hash: XXH128_hash_t) {
        let digits = Array("0123456789abcdef".utf8)
        hexadecimal = String(
            decoding: [hash.high64, hash.low64].flatMap { half in
                stride(from: 60, through: 0, by: -4).map { digits[Int(half >> $0 & 15)] }
            }, as: UTF8.self)
    }
}

/// Computes a ``ContentDigest`` of bytes that arrive in pieces. Wraps xxHash's `XXH3_128bits` functions.
public final class ContentHasher {
    private let state: OpaquePointer

    /// A digest of nothing yet.
    public init() {
        // Allocation fails only when the process is out of memory, as Swift's own allocations do.
        state = XXH3_createState()!
        XXH3_128bits_reset(state)
    }

    deinit { XXH3_freeState(state) }

    /// Takes in more bytes.
    public func update(_ bytes: UnsafeRawBufferPointer) {
        guard let base = bytes.baseAddress else { return }
        #if arch(x86_64)
        XXH3_128bits_update_dispatch(state, base, bytes.count)
        #else
        XXH3_128bits_update(state, base, bytes.count)
        #endif
    }

    /// The digest of everything so far. The hasher starts anew afterwards.
    public func finish() -> ContentDigest {
        defer { XXH3_128bits_reset(state) }
        return ContentDigest(XXH3_128bits_digest(state))
    }
}
