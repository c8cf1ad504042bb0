import CCrypto

/// A 128-bit digest of voxels, printed as 32 lower-case hexadecimal digits.
///
/// Poly1305 (RFC 8439) under the fixed key of bytes 1 to 32, as `openssl mac -macopt
/// hexkey:0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20 POLY1305` computes it. It is several times as
/// fast as SHA-256, so that digesting costs little beside decompressing. Two different volumes share a digest by accident with a
/// probability below 2^-70, but whoever wants to can make such a pair: it finds copies and damage, it proves nothing
/// against a forger. ``SHA256Digest`` does.
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

    init(bytes: [UInt8]) {
        let digits = Array("0123456789abcdef".utf8)
        hexadecimal = String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}

/// Computes a ``ContentDigest`` of bytes that arrive in pieces. Wraps OpenSSL's `EVP_MAC` functions.
public final class ContentHasher {
    private let context: OpaquePointer

    /// A digest of nothing yet.
    public init() {
        // Both fail only when the process is out of memory or OpenSSL was built without Poly1305.
        let algorithm = EVP_MAC_fetch(nil, "POLY1305", nil)!
        context = EVP_MAC_CTX_new(algorithm)!
        EVP_MAC_free(algorithm)
        start()
    }

    deinit { EVP_MAC_CTX_free(context) }

    private func start() { EVP_MAC_init(context, (1...32).map { UInt8($0) }, 32, nil) }

    /// Takes in more bytes.
    public func update(_ bytes: UnsafeRawBufferPointer) {
        guard let base = bytes.baseAddress else { return }
        EVP_MAC_update(context, base.assumingMemoryBound(to: UInt8.self), bytes.count)
    }

    /// The digest of everything so far. The hasher starts anew afterwards.
    public func finish() -> ContentDigest {
        var digest = [UInt8](repeating: 0, count: 16)
        var length = 0
        EVP_MAC_final(context, &digest, &length, digest.count)
        start()
        return ContentDigest(bytes: digest)
    }
}
