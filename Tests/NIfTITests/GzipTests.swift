import Digests
import NIfTI
import TestData
import Testing

@Suite struct GzipTests {
    private let folder: TemporaryFolder
    private let plain = SyntheticNIfTI().encoded
    init() throws { folder = try TemporaryFolder() }

    private func read(_ bytes: [UInt8]) throws -> NIfTIImage {
        try NIfTIFile.read(at: folder.write(bytes, as: "a.nii.gz"), digestingFile: true)
    }

    private func refuse(_ bytes: [UInt8], _ message: String) throws {
        let error = #expect(throws: NIfTIError.self) { try read(bytes) }
        #expect(error?.description == "\(folder.path("a.nii.gz")): \(message)")
    }

    /// Cut anywhere, header included, members join to the same content; empty members and names in between change nothing.
    @Test(arguments: [[], [0], [200], [351, 352, 353], [1, 2, 3, 4, 5, 399]]) func anyNumberOfMembers(cuts: [Int])
        throws
    {
        let edges = [0] + cuts + [plain.count]
        let members = zip(edges, edges.dropFirst()).map { from, to in
            var member = GzipMember(plain[from..<to])
            if from % 2 == 1 { member.fileName = "piece" }
            return member.encoded
        }
        let bytes = Array(members.joined())
        let image = try read(bytes)
        #expect(image.scaledDoubles() == (0..<24).map(Double.init))
        #expect(image.file.gzipMembers == cuts.count + 1)
        #expect(image.file.isCompressed && image.file.size == bytes.count && image.file.excessBytes == 0)
        #expect(image.fileDigest == bytes.withUnsafeBytes { SHA256Digest(of: $0) })
        #expect(try NIfTIFile.readHeader(at: folder.path("a.nii.gz")) == image.header)
    }

    @Test func zeroPaddingIsPadding() throws {
        let padding = [UInt8](repeating: 0, count: 500)
        let image = try read(GzipMember(plain[..<300]).encoded + padding + GzipMember(plain[300...]).encoded + padding)
        #expect(image.file.gzipMembers == 2)
        #expect(image.scaledDoubles().last == 23)
    }

    /// Content after the last voxel is counted and its checksum is verified too.
    @Test func contentBeyondTheVoxelsIsCounted() throws {
        let more = [UInt8](repeating: 7, count: 100_000)
        #expect(try read(GzipMember(plain + more).encoded).file.excessBytes == 100_000)
        #expect(try read(GzipMember(plain).encoded + GzipMember(more).encoded).file.excessBytes == 100_000)
        var damaged = GzipMember(plain + more)
        damaged.checksumError = 1
        try refuse(
            damaged.encoded,
            "expected the CRC-32 stored in gzip member 1 but the decompressed bytes have another. Fetch the file again."
        )
    }

    @Test func damageIsNamed() throws {
        let sound = GzipMember(plain).encoded
        var flipped = sound
        flipped[flipped.count - 20] ^= 4  // a voxel
        try refuse(
            flipped,
            "expected the CRC-32 stored in gzip member 1 but the decompressed bytes have another. Fetch the file again."
        )
        var second = GzipMember(plain[300...])
        second.lengthError = 1
        try refuse(
            GzipMember(plain[..<300]).encoded + second.encoded,
            "expected the length stored in gzip member 2 but it decompresses to another. Fetch the file again.")
        try refuse(
            sound + Array("trailing".utf8),
            """
            expected the file to end, or zero padding or another gzip member, at compressed byte \(sound.count) but \
            found 8 bytes of something else. Fetch the file again, or cut them off.
            """)
        var reserved = sound
        reserved[10] = 7  // a block type that does not exist
        try refuse(
            reserved,
            """
            expected valid gzip data but found invalid block type in member 1, near compressed byte 11. \
            Fetch the file again.
            """)
    }

    @Test func everyTruncationIsFound() throws {
        let sound = GzipMember(plain[..<300]).encoded + GzipMember(plain[300...]).encoded
        let firstMember = GzipMember(plain[..<300]).encoded.count
        for length in 2..<sound.count {
            let cut = Array(sound[..<length])
            if length == firstMember {
                try refuse(
                    cut, "expected a header of 352 bytes but the content ends after 300. Fetch the file again.")
            } else {
                try refuse(
                    cut,
                    """
                    expected a complete gzip stream but it ends after \(length) compressed bytes. \
                    The file is cut short: fetch it again.
                    """)
            }
        }
    }

    @Test func soundStreamsThatEndBeforeTheLastVoxel() throws {
        try refuse(
            GzipMember(plain.dropLast(10)).encoded,
            "expected 400 bytes of header and voxels but found 390. The file is cut short: fetch it again.")
    }

    /// The header promises 4 GB that 400 bytes of deflate data cannot hold.
    @Test func promisesThatCannotBeKeptAllocateNothing() throws {
        var file = SyntheticNIfTI()
        file.dim = [3, 2000, 1000, 1000, 1, 1, 1, 1]
        let bytes = GzipMember(file.encoded).encoded
        try refuse(
            bytes,
            """
            expected 4000000352 bytes of header and voxels but found \(bytes.count) compressed bytes, too few to hold them. \
            Correct the header's dim, or fetch the file again.
            """)
    }
}
