import Digests
import Testing

@Suite struct SHA256Tests {
    /// The first two answers are the examples of FIPS 180-4.
    @Test(arguments: [
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ]) func publishedExamples(text: String, digest: String) {
        #expect(SHA256Digest(of: text).hexadecimal == digest)
    }

    @Test func piecesMakeTheWhole() {
        let hasher = SHA256Hasher()
        for piece in ["a", "", "bc"] { hasher.update(piece) }
        #expect(hasher.finish() == SHA256Digest(of: "abc"))
        #expect(hasher.finish() == SHA256Digest(of: ""))
    }

    @Test func onlyDigestsAreAccepted() {
        #expect(SHA256Digest(hexadecimal: "abc") == nil)
        #expect(SHA256Digest(hexadecimal: String(repeating: "g", count: 64)) == nil)
        #expect(
            SHA256Digest(hexadecimal: String(repeating: "A", count: 64))?.hexadecimal
                == String(repeating: "a", count: 64))
    }
}
