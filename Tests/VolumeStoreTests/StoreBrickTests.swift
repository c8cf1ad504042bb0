import FoundationEssentials
import Glibc
import Testing
import VolumeStore
import Volumes

@Suite struct StoreBrickTests {
    private let path = "volumes/toy/a/voxels.bricks"

    private func store(bricks: Bool = true) throws -> SmallStore {
        let small = try SmallStore()
        let writer = StoreWriter(try VolumeStore.open(at: small.folder, mode: .write), makesBricks: bricks)
        try writer.register(SmallStore.dataset)
        try ToyCase("a").add(to: writer)
        try ToyCase("b", labelled: false).add(to: writer)
        return small
    }

    private func writer(_ small: SmallStore) throws -> StoreWriter {
        StoreWriter(try VolumeStore.open(at: small.folder, mode: .write))
    }

    private func opened(_ small: SmallStore, _ name: String) throws -> PreparedCase {
        let catalogue = try small.catalogue()
        return try catalogue.open(catalogue.index(of: CaseKey(dataset: "toy", name: name))!)
    }

    private func defects(_ small: SmallStore) async throws -> [StoreDefect] {
        try await VolumeStore.open(at: small.folder, mode: .read).verify(jobs: 1).defects
    }

    @Test("The parts that hold some planes are the layers of eight planes that these lie in") func parts() async throws
    {
        let small = try SmallStore(), writer = try small.writer()
        var toy = ToyCase("a")
        toy.shape = (12, 10, 20)
        try toy.add(to: writer)
        let bricks = try #require(try opened(small, "a").bricks), labels = try #require(bricks.labels)
        // 1 x 2 x 3 bricks of 32 x 8 x 8 voxels of two bytes, and 1 x 1 x 3 of 32 x 16 x 8 of one.
        let layer = (image: 2 * 2048 * 2, label: 4096)
        for (planes, layers) in [
            (0..<1, 0..<1), (7..<8, 0..<1), (7..<9, 0..<2), (8..<17, 1..<3), (19..<20, 2..<3), (3..<20, 0..<3),
        ] {
            let parts = bricks.parts(holding: planes)
            #expect(parts.map(\.count) == [layers.count * layer.image, layers.count * layer.label], "\(planes)")
            #expect(parts[0].baseAddress == UnsafeRawPointer(bricks.image) + layers.lowerBound * layer.image)
            #expect(parts[1].baseAddress == UnsafeRawPointer(labels) + layers.lowerBound * layer.label)
        }
        #expect(bricks.parts(holding: 4..<4).isEmpty)
    }

    @Test("A case is written with its voxels in bricks") func written() async throws {
        let small = try store()
        let labelled = try opened(small, "a"), plain = try opened(small, "b")
        let bricks = try #require(labelled.bricks), others = try #require(plain.bricks)
        // Voxel (5, 9, 3) lies in the second brick along j: 12 x 10 x 8 voxels are 1 x 2 x 1 bricks of the image.
        #expect(bricks.image[2048 + 5 + 32 * 1 + 256 * 3] == labelled.image[5, 9, 3])
        #expect(bricks.labels![3 + 32 * 4 + 512 * 2] == 7)
        // Block (1, 1, 0) holds i 4..<8, j 4..<8, k 0..<4, in part class 7; block (2, 0, 0) only background.
        #expect(bricks.labelBlocks![1 + 3 * 1] == 255)
        #expect(bricks.labelBlocks![2] == 0)
        #expect(others.labels == nil && others.labelBlocks == nil)
        #expect(others.image[7] == plain.image[7, 0, 0])
        #expect(try await defects(small).isEmpty)
    }

    @Test("They are made, left, made anew and removed on request") func made() async throws {
        let small = try store(bricks: false)
        #expect(try opened(small, "a").bricks == nil)
        #expect(try await defects(small).isEmpty)
        let digest = try small.catalogue().digest
        var done = try writer(small).makeBricks()
        #expect((done.made, done.present) == (2, 0))
        #expect(try opened(small, "a").bricks != nil)
        #expect(try small.catalogue().digest == digest)
        done = try writer(small).makeBricks()
        #expect((done.made, done.present) == (0, 2))
        done = try writer(small).makeBricks(remake: true)
        #expect((done.made, done.present) == (2, 0))
        done = try writer(small).removeBricks()
        #expect(done.removed == 2)
        #expect(try opened(small, "a").bricks == nil)
        #expect(access(small.path(path), F_OK) != 0)
    }

    @Test("A file of another preparation is not read, and made anew") func stale() async throws {
        let small = try store()
        let old = try Data(contentsOf: URL(filePath: small.path(path)))
        // The token covers the configuration, so another one makes another token.
        try ToyCase("a").add(to: writer(small), configuration: "spacing: 1.5, anew")
        try old.write(to: URL(filePath: small.path(path)))
        #expect(try opened(small, "a").bricks == nil)
        #expect(
            try await defects(small).first { $0.kind == .staleBricks }?.description
                == "\(path): expected the voxels of the volumes beside it in bricks but found other bytes. Make it anew with iris store brick --remake, or delete it."
        )
        #expect(try writer(small).makeBricks().made == 1)
        #expect(try opened(small, "a").bricks != nil)
    }

    @Test("A file of other voxels under the same token is found", arguments: [200, 4096, 4096 + 8192 + 5]) func changed(
        at place: Int
    ) async throws {
        let small = try store()
        var bytes = [UInt8](try Data(contentsOf: URL(filePath: small.path(path))))
        bytes[place] ^= 1
        try Data(bytes).write(to: URL(filePath: small.path(path)))
        #expect(try await defects(small).map(\.kind) == [.staleBricks])
        #expect(try await defects(small).map(\.file) == [path])
        truncate(small.path(path), 5000)
        #expect(try opened(small, "a").bricks == nil)
        #expect(try writer(small).makeBricks().made == 1)
        #expect(try await defects(small).isEmpty)
    }

    @Test("Bricks are not made of volumes that are not what the index says") func damaged() throws {
        let small = try store(bricks: false), image = small.path("volumes/toy/a/image.nii")
        var bytes = [UInt8](try Data(contentsOf: URL(filePath: image)))
        bytes[bytes.count - 1] ^= 1
        try Data(bytes).write(to: URL(filePath: image))
        #expect(throws: StoreError.self) { try writer(small).makeBricks() }
        #expect(try opened(small, "a").bricks == nil)
    }

    @Test("Merging makes them where the part has them") func merged() throws {
        for bricks in [true, false] {
            let whole = try SmallStore(), part = try store(bricks: bricks)
            let merged = try whole.writer().merge(VolumeStore.open(at: part.folder, mode: .read))
            #expect(merged.copied == 2)
            #expect(try (opened(whole, "a").bricks != nil) == bricks)
        }
    }

    @Test("The next writer clears what a crash left, and nothing else") func cleared() async throws {
        let small = try store(), left = small.path(path) + ".1-2.partial", other = small.path(path) + ".bak"
        for file in [left, other] { try Data([1]).write(to: URL(filePath: file)) }
        #expect(try await defects(small).map(\.kind) == [.orphanFile, .orphanFile])
        _ = try writer(small)
        #expect(access(left, F_OK) != 0 && access(other, F_OK) == 0)
        #expect(try await defects(small).map(\.kind) == [.orphanFile])
    }
}
