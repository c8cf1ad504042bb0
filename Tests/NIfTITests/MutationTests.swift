import NIfTI
import RandomNumbers
import TestData
import Testing
import Volumes

/// Files damaged at random: whatever is in them, reading ends with an image within the limits or with an error.
@Suite struct MutationTests {
    private let folder: TemporaryFolder
    private let limits = NIfTILimits(voxels: 1 << 18, bytes: 1 << 20, voxelOffset: 1 << 16)
    init() throws { folder = try TemporaryFolder() }

    /// A damaged copy of `bytes`: a few bytes replaced (header fields often), and now and then a piece cut out or doubled.
    private func damaged(_ bytes: [UInt8], using generator: inout Philox) -> [UInt8] {
        var bytes = bytes
        for _ in 0...generator.index(below: 4) {
            let reach = generator.index(below: 2) == 0 ? min(bytes.count, 360) : bytes.count
            let place = generator.index(below: reach)
            let edges: [UInt8] = [0, 1, 0x7f, 0x80, 0xff]
            bytes[place] =
                generator.index(below: 2) == 0 ? edges[generator.index(below: 5)] : UInt8(generator.index(below: 256))
        }
        let place = generator.index(below: bytes.count), length = min(generator.index(below: 64), bytes.count - place)
        switch generator.index(below: 8) {
        case 0: bytes.removeSubrange(place..<place + length)
        case 1: bytes.insert(contentsOf: bytes[place..<place + length], at: place)
        case 2: bytes.removeLast(bytes.count - place)
        default: break
        }
        return bytes
    }

    /// Uses everything that a reader of the image can ask for.
    private func use(_ image: NIfTIImage) {
        let header = image.header
        #expect(header.voxelCount <= limits.voxels && header.voxelBytes <= limits.bytes)
        let summary = image.summary(digest: true)
        #expect(summary.nonFinite <= header.voxelCount)
        for frame in [0, header.frameCount - 1] {
            #expect(image.scaledFloats(frame: frame).count == header.grid.shape.count)
            _ = try? image.labelMap(frame: frame)
            _ = image.int16Volume(frame: frame)?.reoriented(to: .ras)
        }
        _ = header.qformAffine
        _ = header.sformAffine
    }

    private func mutate(_ original: [UInt8], named name: String, seed: UInt64, rounds: Int) throws -> (
        read: Int, refused: Int
    ) {
        var counts = (read: 0, refused: 0)
        for round in 0..<rounds {
            var generator = Philox(seed: seed, purpose: "mutation", UInt64(round))
            let path = try folder.write(damaged(original, using: &generator), as: name)
            do throws(NIfTIError) {
                use(try NIfTIFile.read(at: path, limits: limits))
                // What can be read whole has a header that can be read alone.
                _ = try NIfTIFile.readHeader(at: path, limits: limits)
                counts.read += 1
            } catch {
                #expect(error.description.hasPrefix("\(path): "))
                _ = try? NIfTIFile.readHeader(at: path, limits: limits)
                counts.refused += 1
            }
        }
        return counts
    }

    @Test(arguments: [1, 2]) func plainFiles(version: Int) throws {
        var file = SyntheticNIfTI()
        file.version = version
        file.qformCode = 1
        file.extensions = [(6, Array("comment".utf8))]
        let counts = try mutate(file.encoded, named: "plain.nii", seed: UInt64(version), rounds: 300)
        // Most fields do not matter to reading, and many do: both ends must occur, or nothing was tried.
        #expect(counts.read > 20 && counts.refused > 20, "\(counts)")
    }

    /// Stored blocks, so that damage reaches the header; the checksum refuses almost all of it in the end.
    @Test func gzipOfStoredBlocks() throws {
        let plain = SyntheticNIfTI().encoded
        let file = GzipMember(plain[..<360]).encoded + GzipMember(plain[360...]).encoded
        let counts = try mutate(file, named: "stored.nii.gz", seed: 3, rounds: 300)
        #expect(counts.refused > 200, "\(counts)")
    }

    /// Compressed for good, so that damage meets the decoder's tables.
    @Test func gzipOfCompressedBlocks() throws {
        let grid = Grid(shape: try GridShape(16, 16, 16), affine: Affine(spacing: try Spacing(1, 1, 1)))
        let volume = try Volume(grid: grid, voxels: (0..<4096).map { Int16($0 * $0 % 997) })
        try NIfTIWriter.write(volume, to: folder.path("original.nii.gz"), gzip: true)
        let counts = try mutate(folder.read("original.nii.gz"), named: "compressed.nii.gz", seed: 4, rounds: 300)
        #expect(counts.refused > 200, "\(counts)")
    }

    /// A checksum that fits the damaged header, so that nothing but the header stands between a lie and the allocation.
    @Test func headersThatLieUnderAValidChecksum() throws {
        let original = SyntheticNIfTI().encoded
        var refused = 0
        for round in 0..<300 {
            var generator = Philox(seed: 5, purpose: "mutation", UInt64(round))
            let file = GzipMember(damaged(original, using: &generator)).encoded
            let path = try folder.write(file, as: "lying.nii.gz")
            do throws(NIfTIError) { use(try NIfTIFile.read(at: path, limits: limits)) } catch { refused += 1 }
        }
        #expect((20..<280).contains(refused), "\(refused)")
    }

    @Test(
        .enabled(if: SharedData.isPresent, "\(SharedData.absence)"),
        arguments: ["nibabel_standard.nii.gz", "nibabel_example_nifti2.nii.gz"])
    func realFiles(name: String) throws {
        let path = SharedData.url("nifti/\(name)").path
        let counts = try mutate(TemporaryFolder.bytes(of: path), named: name, seed: 6, rounds: 150)
        #expect(counts.refused > 100, "\(counts)")
    }
}
