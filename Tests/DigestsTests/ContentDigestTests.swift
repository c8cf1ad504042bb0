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

    /// Long enough for the loops that differ between processors, whole and in pieces that end within its blocks. Computed with
    /// `xxh128sum` 0.8.1 on 100 000 bytes of 7.
    @Test(arguments: [100_000, 4097, 255]) func recordedDigestOfManyBytes(piece: Int) {
        let hasher = ContentHasher(), bytes = [UInt8](repeating: 7, count: 100_000)
        bytes.withUnsafeBytes { bytes in
            for start in stride(from: 0, to: bytes.count, by: piece) {
                hasher.update(UnsafeRawBufferPointer(rebasing: bytes[start..<min(start + piece, bytes.count)]))
            }
        }
        #expect(hasher.finish().hexadecimal == "6e09cf516e366b7811b328c9d584c63b")
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
