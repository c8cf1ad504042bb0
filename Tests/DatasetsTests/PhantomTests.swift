import Datasets
import Digests
import FoundationEssentials
import NIfTI
import TestData
import Testing
import Volumes

@Suite struct PhantomTests {
    private func phantom(
        _ name: String, subjects: Int? = nil, seed: UInt64 = 1, size: Phantom.Size = .tiny, jobs: Int = 2
    ) async throws
        -> (folder: TemporaryFolder, url: URL, listing: CaseListing)
    {
        let folder = try TemporaryFolder(), manifest = try library.manifest(name)
        let url = folder.url.appending(path: "data")
        try await Phantom(manifest, subjects: subjects, seed: seed, size: size).write(to: url, jobs: jobs)
        return (folder, url, try manifest.adapter(for: url).cases())
    }

    @Test(
        "Every layout is read back without a problem",
        arguments: [
            ("amos22", 6, 6, 5), ("bcv", 5, 5, 4), ("lits", 5, 5, 4), ("kits19", 5, 5, 4), ("mnms", 10, 5, 8),
            ("brain-aging", 5, 5, 5), ("msd", 8, 8, 7),
            ("nnunet", 8, 4, 6),
        ]) func counts(name: String, cases: Int, subjects: Int, labelled: Int) async throws
    {
        let (folder, _, listing) = try await phantom(name)
        defer { withExtendedLifetime(folder) {} }
        // BCV's neighbour folder is meant to be there.
        #expect(listing.problems.filter { $0.severity > .information }.isEmpty, "\(listing.problems)")
        #expect(listing.cases.count == cases && listing.cases.count { $0.label != nil } == labelled)
        #expect(Set(listing.cases.map(\.subject)).count == subjects)
        for one in listing.cases {
            let image = try NIfTIFile.readHeader(at: one.image.file.path)
            if case .file(let label, let frame) = one.label {
                let header = try NIfTIFile.readHeader(at: label.path)
                #expect(header.grid.shape == image.grid.shape && frame == one.image.frame)
                let values = Set(try NIfTIFile.read(at: label.path).labelMap(frame: frame ?? 0).voxels)
                let known = try Set(
                    library.manifest(name).classes(for: one.modality).map { UInt8($0.value) }
                        + (listing.classes ?? []).map { UInt8($0.value) })
                #expect(values.subtracting(known) == [0] && values.count > 1, "\(one.id): \(values.sorted())")
            }
        }
    }

    /// The organs' places and volumes come from the catalogue, which was written from anatomy and not from these shapes.
    @Test("Organs of AMOS22 lie where they belong and have plausible volumes") func anatomy() async throws {
        let (folder, _, listing) = try await phantom("amos22", subjects: 1, size: .standard)
        defer { withExtendedLifetime(folder) {} }
        guard case .file(let url, _) = listing.cases[0].label else { return }
        let map = try NIfTIFile.read(at: url.path).labelMap()
        let image = try NIfTIFile.read(at: listing.cases[0].image.file.path).volume()
        for one in try library.manifest("amos22").classes {
            let structure = try #require(library.structures[one.structure]), expected = try #require(structure.position)
            var sum = SIMD3<Double>(), count = 0.0, intensity = 0.0
            for k in 0..<map.grid.shape.k {
                for j in 0..<map.grid.shape.j {
                    for i in 0..<map.grid.shape.i where map[i, j, k] == UInt8(one.value) {
                        sum += map.grid.affine.world(SIMD3(Double(i), Double(j), Double(k)))
                        intensity += Double(image[i, j, k])
                        count += 1
                    }
                }
            }
            let center = sum / count, volume = count * map.grid.spacing.voxelVolume / 1000
            #expect(try #require(structure.volume).contains(volume), "\(one.name): \(volume) cm3")
            let offset = center - expected
            #expect((offset * offset).sum().squareRoot() < 45, "\(one.name) at \(center)")
            if structure.bodySide != .none {
                #expect((structure.bodySide == .right) == (center.x > 0), "\(one.name) at \(center)")
            }
            // Soft tissue, blood with contrast agent, or fluid.
            #expect((-120...220).contains(intensity / count), "\(one.name): \(intensity / count) HU")
        }
        #expect(image.voxels.min()! >= -1034 && image.voxels.max()! < 1000)
    }

    @Test("Voxels follow from the seed, not from the number of jobs") func reproducible() async throws {
        func digests(_ url: URL) throws -> [String] {
            try FileManager.default.subpathsOfDirectory(atPath: url.path).sorted().compactMap { path in
                guard let data = try? Data(contentsOf: url.appending(path: path)) else { return nil }
                return path + data.withUnsafeBytes { SHA256Digest(of: $0) }.hexadecimal
            }
        }
        let one = try await phantom("msd", seed: 7, jobs: 1), two = try await phantom("msd", seed: 7, jobs: 3)
        let other = try await phantom("msd", seed: 8, jobs: 3)
        #expect(try digests(one.url) == digests(two.url))
        let same = Set(try digests(one.url)).intersection(try digests(other.url))
        // Only what states no voxels: the list and the junk file.
        #expect(same.count == 2)
    }

    @Test("A folder with files in it is refused and left as it is") func refusesFullFolder() async throws {
        let folder = try TemporaryFolder().write(["mine.txt"])
        let error = await #expect(throws: PhantomError.self) {
            try await Phantom(library.manifest("msd"), subjects: 1).write(to: folder.url, jobs: 1)
        }
        #expect(
            error?.description
                == "\(folder.url.path): expected a new or empty folder but found files in it. Name another one.")
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path) == ["mine.txt"])
    }
}

/// The quirks for which phantoms exist.
@Suite struct PhantomQuirkTests {
    private func headers(_ name: String, _ paths: [String]) async throws -> [NIfTIHeader] {
        let folder = try TemporaryFolder()
        let url = folder.url.appending(path: "data")
        try await Phantom(library.manifest(name), size: .tiny).write(to: url, jobs: 2)
        return try paths.map { try NIfTIFile.readHeader(at: url.appending(path: $0).path) }
    }

    @Test("KiTS19: slices first, no translation, qform-only uint16 label") func kits19() async throws {
        let found = try await headers(
            "kits19",
            [
                "data/case_00000/imaging.nii.gz", "data/case_00001/imaging.nii.gz", "data/case_00015/imaging.nii.gz",
                "data/case_00015/segmentation.nii.gz",
            ])
        #expect(found.map(\.datatype) == [.float64, .int16, .float32, .uint16])
        #expect(found.allSatisfy { $0.grid.orientation.description == "IPL" && $0.grid.affine.origin == .zero })
        #expect(found.map(\.affineSource) == [.sform, .sform, .sform, .qform])
    }

    @Test("LiTS: volume 28 claims 1 mm, and the correction gives back 1.7 mm; a label without coded geometry")
    func lits() async throws {
        let found = try await headers(
            "lits",
            [
                "Training Batch 2/volume-28.nii", "Training Batch 1/volume-1.nii",
                "Training Batch 1/segmentation-2.nii",
            ])
        #expect(found[0].grid.spacing.components == [1, 1, 1])
        let correction = try #require(library.manifest("lits").spacingCorrections["volume-28"])
        #expect(correction.corrected(found[0].grid.affine)?.spacing.components == [1, 1, 1.7])
        #expect(found[1].grid.orientation.description == "RAI")
        #expect(found[2].affineSource == .pixdim)
    }

    @Test("M&Ms: axes of a validation scan lean by 0.23 degrees, which no single-precision rounding explains")
    func leaning()
        async throws
    {
        let folder = try TemporaryFolder(), url = folder.url.appending(path: "data")
        let manifest = try library.manifest("mnms")
        try await Phantom(manifest, subjects: 4, size: .tiny).write(to: url, jobs: 2)
        let cosines = try manifest.adapter(for: url).cases().cases.map { one in
            (one.officialSplit!, try NIfTIFile.readHeader(at: one.image.file.path).grid.affine.shear)
        }
        #expect(cosines.filter { $0.0 == .val }.allSatisfy { abs($0.1 - 0.004) < 1e-4 })
        #expect(cosines.filter { $0.0 != .val }.allSatisfy { $0.1 < 1e-5 })
    }

    @Test("M&Ms: labels in the two frames of the table alone, the ventricle smaller at end systole") func mnms()
        async throws
    {
        let folder = try TemporaryFolder(), url = folder.url.appending(path: "data")
        let manifest = try library.manifest("mnms")
        try await Phantom(manifest, subjects: 1, size: .tiny).write(to: url, jobs: 1)
        let cases = try manifest.adapter(for: url).cases().cases
        guard case .file(let file, _) = cases[0].label else { return }
        let label = try NIfTIFile.read(at: file.path)
        let cavity = try (0..<label.header.frameCount).map { frame in
            try label.labelMap(frame: frame).voxels.count { $0 == 1 }
        }
        let frames = cases.map { $0.image.frame! }
        #expect(cavity.indices.filter { cavity[$0] > 0 } == frames.sorted())
        let ejected = 1 - Double(cavity[frames[1]]) / Double(cavity[frames[0]])
        #expect((0.4...0.75).contains(ejected), "ejection fraction \(ejected)")
        // The right ventricle lies to the right and in front of the left one.
        let map = try label.labelMap(frame: frames[0])
        func center(_ value: UInt8) -> SIMD3<Double> {
            let voxels = map.voxels.indices.filter { map.voxels[$0] == value }
            let shape = map.grid.shape
            return voxels.reduce(into: SIMD3<Double>()) { sum, n in
                sum += map.grid.affine.world(
                    SIMD3(Double(n % shape.i), Double(n / shape.i % shape.j), Double(n / (shape.i * shape.j))))
            } / Double(voxels.count)
        }
        let offset = center(3) - center(1)
        #expect(offset.x > 15 && offset.y > 5)
        #expect(abs(map.grid.affine.columnI.x / map.grid.spacing.i) < 0.99, "oblique")
    }

    @Test("Brain Aging: maps with a slope, shares that sum to at most 1, more grey than white matter") func brainAging()
        async throws
    {
        let folder = try TemporaryFolder(), url = folder.url.appending(path: "data")
        let manifest = try library.manifest("brain-aging")
        try await Phantom(manifest, subjects: 1, size: .standard).write(to: url, jobs: 1)
        guard
            case .probabilityMaps(let gray, let white, let csf) = try manifest.adapter(for: url).cases().cases[0].label
        else { return }
        let images = try [gray, white, csf].map { try NIfTIFile.read(at: $0.path) }
        #expect(images.allSatisfy { abs($0.header.slope - 1.0 / 255) < 1e-6 && $0.header.datatype == .uint8 })
        let maps = images.map { $0.scaledFloats() }
        var counts = [0, 0, 0, 0], largest: Float = 0
        for n in maps[0].indices {
            largest = max(largest, maps[0][n] + maps[1][n] + maps[2][n])
            counts[
                Int(
                    ProbabilityLabelRule.largestPositive.label(
                        grayMatter: maps[0][n], whiteMatter: maps[1][n], csf: maps[2][n]))] += 1
        }
        #expect(largest <= 1.01)
        let voxel = images[0].header.grid.spacing.voxelVolume / 1000
        for one in manifest.classes {
            let volume = Double(counts[one.value]) * voxel
            #expect(library.structures[one.structure]!.volume!.contains(volume), "\(one.name): \(volume) cm3")
        }
        #expect(counts[0] > 0)
    }

    @Test("AMOS22: CT and MR, a coronal MR, junk beside the images") func amos22() async throws {
        let found = try await headers(
            "amos22", ["imagesTr/amos_0001.nii.gz", "imagesTr/amos_0507.nii.gz", "imagesVa/amos_0544.nii.gz"])
        #expect(found.map(\.datatype) == [.int16, .float32, .float32])
        #expect(found[0].grid.orientation.description == "RAS" && found[2].grid.orientation.description == "RSP")
        let spacing = found[2].grid.spacing
        #expect(spacing.k > 2 * spacing.i && spacing.k > 2 * spacing.j)
    }
}
