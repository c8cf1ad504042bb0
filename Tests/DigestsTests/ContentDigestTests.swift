import Digests
import Testing

@Suite struct ContentDigestTests {
    /// Computed with `xxh128sum` 0.8.1.
    @Test(arguments: [("abc", "06b05ab6733a618578af5f94892f3950"), ("", "99aa06d3014798d86001c324468d497f")])
    func recordedDigests(text: String, digest: String) {
        let hasher = ContentHasher()
        for byte in text.utf8 { withUnsafeBytes(of: byte) { hasher.update($0) } }
        #expect(hasher.finish().hexadecimal == digest)
        #expect(ContentDigest(hexadecimal: digest.uppercased())?.hexadecimal == digest)
    }

    @Test func oneBitChangesTheDigest() {
        var bytes = [UInt8](repeating: 7, count: 100_000)
        let hasher = ContentHasher()
        bytes.withUnsafeBytes { hasher.update($0) }
        let before = hasher.finish()
        bytes[99_999] ^= 1
        bytes.withUnsafeBytes { hasher.update($0) }
        #expect(hasher.finish() != before)
    }

    @Test func onlyDigestsAreAccepted() {
        #expect(ContentDigest(hexadecimal: "abc") == nil)
        #expect(ContentDigest(hexadecimal: String(repeating: "g", count: 32)) == nil)
    }
}
