import CCrypto

/// The SHA-256 digest of some bytes, printed as 64 lower-case hexadecimal digits.
public struct SHA256Digest: Hashable, Sendable, CustomStringConvertible {
    /// 64 lower-case hexadecimal digits.
    public let hexadecimal: String

    public var description: String { hexadecimal }

    /// Wraps a digest that was written down earlier; `nil` unless it is 64 hexadecimal digits.
    public init?(hexadecimal: String) {
        let digits = hexadecimal.lowercased()
        guard digits.utf8.count == 64, digits.utf8.allSatisfy({ (48...57).contains($0) || (97...102).contains($0) })
        else { return nil }
        self.hexadecimal = digits
    }

    init(bytes: some Sequence<UInt8>) {
        let digits = Array("0123456789abcdef".utf8)
        hexadecimal = String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}

/// Computes a SHA-256 digest (FIPS 180-4) of bytes that arrive in pieces. Wraps OpenSSL's `EVP_Digest` functions.
public final class SHA256Hasher {
    private let context: OpaquePointer

    /// A digest of nothing yet.
    public init() {
        // Allocation fails only when the process is out of memory, as Swift's own allocations do.
        context = EVP_MD_CTX_new()!
        EVP_DigestInit_ex(context, EVP_sha256(), nil)
    }

    deinit { EVP_MD_CTX_free(context) }

    /// Takes in more bytes.
    public func update(_ bytes: UnsafeRawBufferPointer) {
        guard let base = bytes.baseAddress else { return }
        EVP_DigestUpdate(context, base, bytes.count)
    }

    /// Takes in the UTF-8 bytes of a text.
    public func update(_ text: String) {
        var text = text
        text.withUTF8 { update(UnsafeRawBufferPointer($0)) }
    }

    /// The digest of everything so far. The hasher starts anew afterwards.
    public func finish() -> SHA256Digest {
        var digest = [UInt8](repeating: 0, count: 32)
        EVP_DigestFinal_ex(context, &digest, nil)
        EVP_DigestInit_ex(context, EVP_sha256(), nil)
        return SHA256Digest(bytes: digest)
    }
}

extension SHA256Digest {
    /// The digest of `bytes`.
    public init(of bytes: UnsafeRawBufferPointer) {
        let hasher = SHA256Hasher()
        hasher.update(bytes)
        self = hasher.finish()
    }

    /// The digest of the UTF-8 bytes of `text`.
    public init(of text: String) {
        let hasher = SHA256Hasher()
        hasher.update(text)
        self = hasher.finish()
    }
}
