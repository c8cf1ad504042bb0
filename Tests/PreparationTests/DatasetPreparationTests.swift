import Datasets
import FoundationEssentials
import Glibc
import NIfTI
import Preparation
import TestData
import Testing
import VolumeStore
import Volumes

@Suite struct DatasetPreparationTests {
    /// Prepares `tree` into `store` of its scratch folder, with everything within 3 voxels of a label kept.
    @discardableResult private func prepare(
        _ tree: SmallAMOS, into store: String = "store",
        configuration text: String = "crop: {context: {x: 3, y: 3, z: 3}}",
        adjust: (inout PreparationOptions) -> Void = { _ in }
    ) async throws -> PreparationSummary {
        var options = PreparationOptions()
        options.jobs = 2
        adjust(&options)
        let preparation = DatasetPreparation(
            manifest: try Manifest.load("amos22"), source: tree.folder,
            configuration: try PreparationConfiguration(text: text, file: "test.yaml"), options: options,
            program: "test")
        return try await preparation.run(
            into: VolumeStore.open(at: tree.scratch.url.appending(path: store), mode: .write))
    }

    private func catalogue(_ tree: SmallAMOS, _ store: String = "store") throws -> StoreCatalogue {
        try VolumeStore.open(at: tree.scratch.url.appending(path: store), mode: .read).catalogue()
    }

    /// The intensity is linear in the world, and a cubic spline reproduces a line away from the mirrored edges; HU are
    /// rounded to whole numbers in the source (error 0.5) and to steps of at most 1/1000 of the deviation in the store.
    @Test("Voxels keep their place in the world, whatever order the file has", arguments: ["RAS", "LPS", "PIR", "SAL"])
    func places(orientation: String) async throws {
        let tree = try SmallAMOS()
        try tree.add(1, orientation: orientation)
        let summary = try await prepare(tree)
        #expect(summary.prepared == 1)
        #expect(!summary.hasFailures)
        let catalogue = try catalogue(tree)
        let grid = catalogue.grid(of: 0)
        #expect(grid.orientation == .ras)
        #expect((grid.spacing.components - 1.5).max() < 1e-6 && (grid.spacing.components - 1.5).min() > -1e-6)
        let opened = try catalogue.open(0)
        let labels = try #require(opened.labels)
        // Voxels whose world place is further than half a source voxel from every face of a labelled box.
        var checked = 0
        for k in 0..<grid.shape.k {
            for j in 0..<grid.shape.j {
                for i in 0..<grid.shape.i {
                    let world = grid.affine.world(SIMD3(Double(i), Double(j), Double(k)))
                    if abs(world.x) < 20, abs(world.y) < 15, abs(world.z) < 18 {
                        let found = opened.quantisation.intensity(opened.image[i, j, k])
                        #expect(abs(found - SmallAMOS.intensity(world)) < 1.2)
                        checked += 1
                    }
                    let around = [-1.01, 1.01].flatMap { x in
                        [-1.01, 1.01].flatMap { y in
                            [-1.51, 1.51].map { z in SmallAMOS.label(world + SIMD3(x, y, z)) }
                        }
                    }
                    if Set(around).count == 1 { #expect(labels[i, j, k] == around[0]) }
                }
            }
        }
        #expect(checked > 5000)
        // The box of both structures, and 3 voxels on each side.
        let box = catalogue.classes(of: 0).map(\.box)
        #expect(box.map(\.lower.x).min() == 3)
        #expect(box.map(\.upper.z).max() == grid.shape.k - 3)
    }

    /// Nearest-neighbour picking keeps volume but for the discretisation of the faces: half a voxel of 1.5 mm per face.
    @Test("Label volumes agree with the source within what resampling explains") func volumes() async throws {
        let tree = try SmallAMOS()
        try tree.add(1)
        try await prepare(tree)
        let liver = try #require(catalogue(tree).presence(of: 6, in: 0))
        // 6 x 6 x 5 source voxels of 2 x 2 x 3 mm make 12 x 12 x 15 mm.
        let expected = (12.0, 15.0), spread = 1.5
        let found = Double(liver.voxels) * 3.375
        let lower = (expected.0 - spread) * (expected.0 - spread) * (expected.1 - spread)
        let upper = (expected.0 + spread) * (expected.0 + spread) * (expected.1 + spread)
        #expect((lower...upper).contains(found))
    }

    @Test("The statistics are those of the clipped voxels, and steps are fine enough") func statistics() async throws {
        let tree = try SmallAMOS()
        try tree.add(1, offset: 400)
        try await prepare(tree)
        let catalogue = try catalogue(tree)
        let normalisation = catalogue.normalisation(of: 0), opened = try catalogue.open(0)
        #expect(normalisation.clipLow == -991)
        #expect(normalisation.clipHigh == 500)
        let clipped = opened.image.buffer.map { min(max(opened.quantisation.intensity($0), -991), 500) }
        let mean = clipped.reduce(0, +) / Double(clipped.count)
        let variance = clipped.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(clipped.count)
        #expect(abs(mean - normalisation.mean) < opened.quantisation.slope)
        #expect(abs(variance.squareRoot() - normalisation.standardDeviation) < opened.quantisation.slope)
        #expect(opened.quantisation.slope <= normalisation.standardDeviation / 1000)
        // Some voxels do lie above the window, and are kept as they are.
        #expect(opened.image.buffer.contains { opened.quantisation.intensity($0) > 520 })
    }

    @Test("MR windows are percentiles of the cropped volume, and dropped labels vanish") func magneticResonance()
        async throws
    {
        let tree = try SmallAMOS()
        try tree.addImage(507, offset: 1000)
        // 14 and 15 are not usable in MR; the far corner is labelled 15 and must not widen the box.
        try tree.addLabel(507) { $0.x > 20 && $0.y > 15 && $0.z > 20 ? 15 : SmallAMOS.label($0) }
        try tree.addImage(510, offset: 1000)
        try tree.addLabel(510)
        // Nothing is left of this one.
        try tree.addImage(540, offset: 1000)
        try tree.addLabel(540) { SmallAMOS.label($0) == 0 ? 0 : 14 }
        let summary = try await prepare(tree)
        #expect(summary.quarantined.map(\.code) == ["empty-label"] && summary.prepared == 2)
        // Nothing is said to be lost that was not wanted.
        #expect(summary.remarks.isEmpty)
        let catalogue = try catalogue(tree)
        #expect(catalogue.modalities == ["MR"])
        #expect(catalogue.grid(of: 0) == catalogue.grid(of: 1))
        #expect(catalogue.classes(of: 0).map(\.value) == [1, 6])
        let opened = try catalogue.open(0)
        let sorted = opened.image.buffer.map(opened.quantisation.intensity).sorted()
        for (percent, found) in [
            (2.0, catalogue.normalisation(of: 0).clipLow), (98, catalogue.normalisation(of: 0).clipHigh),
        ] {
            let place = percent / 100 * Double(sorted.count - 1)
            let expected =
                sorted[Int(place)] + (sorted[Int(place) + 1] - sorted[Int(place)]) * (place - place.rounded(.down))
            #expect(abs(expected - found) <= opened.quantisation.slope)
        }
    }

    @Test("Exactly the bad cases are set aside, with code and reason") func quarantine() async throws {
        let tree = try SmallAMOS()
        for number in 1...3 { try tree.add(number) }
        try tree.add(4)  // truncated below
        let bytes = try Data(contentsOf: URL(filePath: tree.image(4)))
        try bytes.prefix(bytes.count / 2).write(to: URL(filePath: tree.image(4)))
        try tree.addImage(5)
        try tree.addLabel(5) { SmallAMOS.label($0) == 0 ? 0 : 99 }
        try tree.addImage(6)  // no label
        try tree.addLabel(7)  // no image
        try tree.addImage(8)
        try tree.addLabel(8) { _ in 0 }
        try tree.addImage(9, offset: 0)
        let constant: Volume<Int16> = try SmallAMOS.fill(SmallAMOS.grid()) { _ in 30 }
        try NIfTIWriter.write(constant, to: tree.image(9), gzip: true)
        try tree.addLabel(9)
        let shifted = try Grid(
            shape: SmallAMOS.grid().shape, affine: SmallAMOS.grid().affine.shifted(by: SIMD3(0, 0.5, 0)))
        try tree.addImage(10)
        let moved: LabelMap = try SmallAMOS.fill(shifted) { Double(SmallAMOS.label($0)) }
        try NIfTIWriter.write(moved, to: tree.label(10), gzip: true)

        let summary = try await prepare(tree)
        #expect(summary.prepared == 3)
        #expect(
            Dictionary(uniqueKeysWithValues: summary.quarantined.map { ($0.name, $0.code) }) == [
                "amos_0004": "truncated-gzip", "amos_0005": "unknown-label", "amos_0006": "missing-label",
                "amos_0007": "missing-image", "amos_0008": "empty-label", "amos_0009": "constant-image",
                "amos_0010": "origin-mismatch",
            ])
        #expect(summary.listed == summary.prepared + summary.unchanged + summary.quarantined.count + summary.leftOut)
        #expect(summary.hasFailures)
        let store = try VolumeStore.open(at: tree.scratch.url.appending(path: "store"), mode: .read)
        #expect(try store.catalogue().caseCount == 3)
        let finding = try #require(store.findings(of: CaseKey(dataset: "amos22", name: "amos_0005")).first)
        #expect(finding.file == "labelsTr/amos_0005.nii.gz")
        #expect(finding.found.hasPrefix("99 in "))
        #expect(finding.expected == "label values of the table (\((0...15).map { "\($0)" }.joined(separator: ", ")))")
        #expect(try await store.verify().defects.isEmpty)

        // Mended cases are taken in by the next run; the others stay out.
        try tree.addLabel(5)
        let second = try await prepare(tree)
        #expect(second.prepared == 1)
        #expect(second.unchanged == 3)
        #expect(second.quarantined.count == 6)
    }

    @Test("The store is the same for any number of jobs, and merges from shards") func jobsAndShards() async throws {
        let tree = try SmallAMOS()
        for number in 1...9 { try tree.add(number, offset: Double(number)) }
        for (store, jobs) in [("one", 1), ("four", 4)] { try await prepare(tree, into: store) { $0.jobs = jobs } }
        let digest = try catalogue(tree, "one").digest
        #expect(try catalogue(tree, "four").digest == digest)

        let merged = StoreWriter(try VolumeStore.open(at: tree.scratch.url.appending(path: "merged"), mode: .write))
        var parts = 0
        for number in 1...3 {
            let summary = try await prepare(tree, into: "part\(number)") { $0.shard = Shard("\(number)/3") }
            #expect(summary.prepared + summary.elsewhere == 9)
            parts += summary.prepared
            _ = try merged.merge(VolumeStore.open(at: tree.scratch.url.appending(path: "part\(number)"), mode: .read))
        }
        #expect(parts == 9)
        #expect(try merged.store.catalogue().digest == digest)
    }

    /// Labels on a grid that differs from the image's in spacing, in direction, or in place alone.
    @Test("What disagrees most basically names the refusal") func labelGeometries() async throws {
        let tree = try SmallAMOS(), grid = try SmallAMOS.grid(), affine = grid.affine
        // Turned about the first voxel by 4.6 degrees: cosine 0.9968, sine 0.0798 (a half-angle's tangent of 1/25).
        let (c, s) = (624.0 / 626, 50.0 / 626)
        let grids = try [
            Affine(
                columnI: affine.columnI * 1.06, columnJ: affine.columnJ, columnK: affine.columnK, origin: affine.origin),
            Affine(
                columnI: SIMD3(2 * c, 2 * s, 0), columnJ: SIMD3(-2 * s, 2 * c, 0), columnK: affine.columnK,
                origin: affine.origin),
            Affine(
                columnI: affine.columnI, columnJ: affine.columnJ, columnK: affine.columnK,
                origin: affine.origin + SIMD3(0, 0, 9)),
        ].map { Grid(shape: grid.shape, affine: $0) }
        for (n, other) in grids.enumerated() {
            try tree.addImage(n + 1)
            let labels: LabelMap = try SmallAMOS.fill(grid) { Double(SmallAMOS.label($0)) }
            try NIfTIWriter.write(LabelMap(grid: other, voxels: labels.voxels), to: tree.label(n + 1), gzip: true)
        }
        let summary = try await prepare(tree)
        #expect(summary.quarantined.map(\.code) == ["spacing-mismatch", "orientation-mismatch", "origin-mismatch"])
        #expect(summary.prepared == 0)
    }

    @Test("Probability maps on two grids make no label map") func probabilityMaps() async throws {
        let scratch = try TemporaryFolder(), manifest = try Manifest.load("brain-aging")
        let folder = scratch.url.appending(path: "brain")
        try await Phantom(manifest, subjects: 2, seed: 3, size: .tiny).write(to: folder, jobs: 2)
        let masks = folder.appending(path: "train/mask")
        let maps = try FileManager.default.contentsOfDirectory(atPath: masks.path).filter { $0.contains("_csf.nii") }
        let path = masks.appending(path: try #require(maps.sorted().first)).path
        let image = try NIfTIFile.read(at: path), affine = image.header.grid.affine
        // The same numbers a voxel further on.
        let moved = Grid(shape: image.header.grid.shape, affine: affine.shifted(by: SIMD3(1, 0, 0)))
        try NIfTIWriter.write(
            Volume<Float>(grid: moved, voxels: image.scaledFloats()), to: path, gzip: path.hasSuffix("gz"))
        let summary = try await DatasetPreparation(
            manifest: manifest, source: folder, configuration: PreparationConfiguration(text: "{}", file: "test.yaml"),
            options: PreparationOptions(), program: "test"
        ).run(into: VolumeStore.open(at: scratch.url.appending(path: "store"), mode: .write))
        #expect(summary.quarantined.map(\.code) == ["shape-mismatch"] && summary.prepared == 1)
        #expect(summary.quarantined.first?.reason.contains("_csf.nii") == true)
    }

    /// A grid turned about z by 20 degrees, or by 2.9, whose half has a tangent of 1/40. The intensities are linear in the
    /// world, so the turned and the straight preparation must give the same value at the same place.
    @Test(
        "Oblique volumes stay oblique or are turned back, by configuration",
        arguments: ["keep", "resample"], [(0.9396926207859084, 0.3420201433256687), (1599.0 / 1601, 80.0 / 1601)])
    func oblique(setting: String, turned: (cosine: Double, sine: Double)) async throws {
        let tree = try SmallAMOS()
        let (c, s) = turned
        let grid = Grid(
            shape: try GridShape(30, 24, 20),
            affine: try Affine(
                columnI: SIMD3(2 * c, 2 * s, 0), columnJ: SIMD3(-2 * s, 2 * c, 0), columnK: SIMD3(0, 0, 3),
                origin: SIMD3(-19, -31, -28.5)))
        let image: Volume<Int16> = try SmallAMOS.fill(grid, SmallAMOS.intensity)
        let labels: LabelMap = try SmallAMOS.fill(grid) { Double(SmallAMOS.label($0)) }
        try NIfTIWriter.write(image, to: tree.image(1), gzip: true)
        try NIfTIWriter.write(labels, to: tree.label(1), gzip: true)
        try await prepare(tree, configuration: "{oblique: \(setting), crop: {context: {x: 3, y: 3, z: 3}}}")
        let catalogue = try catalogue(tree), prepared = catalogue.grid(of: 0)
        let turn = prepared.affine.columnI.y / 1.5
        #expect(abs(turn - (setting == "keep" ? s : 0)) < 1e-6)
        let opened = try catalogue.open(0)
        var checked = 0
        for k in 0..<prepared.shape.k {
            for j in 0..<prepared.shape.j {
                for i in 0..<prepared.shape.i {
                    let world = prepared.affine.world(SIMD3(Double(i), Double(j), Double(k)))
                    let inside = grid.affine.voxel(world)
                    guard inside.min() > 3, (SIMD3(26.0, 20, 16) - inside).min() > 0 else { continue }
                    let found = opened.quantisation.intensity(opened.image[i, j, k])
                    #expect(abs(found - SmallAMOS.intensity(world)) < 1.2)
                    checked += 1
                }
            }
        }
        #expect(checked > 3000)
        // 12 x 12 x 15 mm, but for the discretisation of the faces.
        let liver = try #require(catalogue.presence(of: 6, in: 0))
        #expect(abs(Double(liver.voxels) * 3.375 / 2160 - 1) < 0.3)
    }

    @Test("Unchanged cases are skipped, changed files are not") func resume() async throws {
        let tree = try SmallAMOS()
        for number in 1...3 { try tree.add(number) }
        #expect(try await prepare(tree).prepared == 3)
        #expect(try await prepare(tree).unchanged == 3)
        // A touched file has the same content; a rewritten one has not.
        utimes(tree.image(1), [timeval(tv_sec: 1000, tv_usec: 0), timeval(tv_sec: 1000, tv_usec: 0)])
        try tree.addImage(2, offset: 7)
        unlink(tree.scratch.path("store/volumes/amos22/amos_0003/label.nii"))
        let third = try await prepare(tree)
        #expect(third.unchanged == 1)
        #expect(third.prepared == 2)
        let store = try VolumeStore.open(at: tree.scratch.url.appending(path: "store"), mode: .read)
        #expect(try await store.verify().defects.isEmpty)
        #expect(
            try store.runs().map { [$0.prepared, $0.unchanged, $0.quarantined] } == [
                [3, 0, 0], [0, 3, 0], [2, 1, 0],
            ])
    }

    @Test("Cases that left the source are named and stay") func vanishedCases() async throws {
        let tree = try SmallAMOS()
        for number in 1...3 { try tree.add(number) }
        #expect(try await prepare(tree).onlyInStore == [])
        for file in [tree.image(2), tree.label(2)] { try FileManager.default.removeItem(atPath: file) }
        // A case that can no longer be used is still one of the source.
        try FileManager.default.removeItem(atPath: tree.label(3))
        try Data().write(to: URL(filePath: tree.label(3)))
        let summary = try await prepare(tree)
        #expect(summary.onlyInStore == ["amos_0002"])
        #expect(try catalogue(tree).index(of: CaseKey(dataset: "amos22", name: "amos_0002")) != nil)
    }

    @Test("A changed configuration is refused by name, and --update prepares anew") func changedConfiguration()
        async throws
    {
        let tree = try SmallAMOS()
        try tree.add(1)
        try await prepare(tree)
        let changed = "{spacing: [2, 2, 2], crop: {context: {x: 3, y: 3, z: 3}}}"
        let store = tree.scratch.url.appending(path: "store").standardizedFileURL.path
        let refusal = PreparationError.configurationChanged(
            dataset: "amos22", store: store, changes: ["now spacing: 2.0 2.0 2.0, then 1.5 1.5 1.5"])
        await #expect(throws: refusal) { try await prepare(tree, configuration: changed) }
        #expect(
            refusal.description == """
                \(store): holds cases of amos22 that were prepared with another configuration (now spacing: 2.0 2.0 2.0, then \
                1.5 1.5 1.5). Prepare them anew with --update, use the configuration they were prepared with, or choose another \
                --store.
                """)
        let summary = try await prepare(tree, configuration: changed) { $0.updates = true }
        #expect(summary.prepared == 1)
        #expect(try catalogue(tree).spacing(of: 0).i == 2)
    }

    @Test("Images without labels become cases only when asked for") func unlabelled() async throws {
        let tree = try SmallAMOS()
        try tree.add(1)
        let tests = tree.folder.appending(path: "imagesTs")
        try FileManager.default.createDirectory(at: tests, withIntermediateDirectories: true)
        try FileManager.default.copyItem(atPath: tree.image(1), toPath: tests.appending(path: "amos_0002.nii.gz").path)
        let without = try await prepare(tree)
        #expect(without.leftOut == 1)
        #expect(!without.hasFailures)
        let with = try await prepare(tree) { $0.includesUnlabelled = true }
        #expect(with.prepared == 1)
        let catalogue = try catalogue(tree)
        #expect(!catalogue.isLabelled(1))
        // The whole volume: 30 x 2 mm, 24 x 2 mm and 20 x 3 mm at 1.5 mm.
        #expect(catalogue.shape(of: 1) == (try GridShape(40, 32, 40)))
    }

    @Test("A cancelled run stops and leaves nothing unfinished") func cancellation() async throws {
        let tree = try SmallAMOS()
        for number in 1...12 { try tree.add(number) }
        // At most two cases per job are in flight, and what was ready by then is kept.
        var options = PreparationOptions()
        options.jobs = 2
        let task = Task { [options] in
            let preparation = DatasetPreparation(
                manifest: try Manifest.load("amos22"), source: tree.folder, configuration: .iris, options: options,
                program: "test")
            return try await preparation.run(
                into: VolumeStore.open(at: tree.scratch.url.appending(path: "store"), mode: .write)
            ) {
                if case .finished = $0 { withUnsafeCurrentTask { $0?.cancel() } }
            }
        }
        await #expect(throws: CancellationError.self) { try await task.value }
        let store = try VolumeStore.open(at: tree.scratch.url.appending(path: "store"), mode: .read)
        let count = try store.catalogue().caseCount
        #expect(count >= 1 && count < 12)
        #expect(try await store.verify().defects.isEmpty)
    }
}
