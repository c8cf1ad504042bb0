import Digests
import Testing

@Suite struct ContentDigestTests {
    /// Computed with `openssl mac -macopt hexkey:0102...20 -in FILE POLY1305`.
    @Test(arguments: [("abc", "8f505e874f779f2af41b44cf98c0e863"), ("", "1112131415161718191a1b1c1d1e1f20")])
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
