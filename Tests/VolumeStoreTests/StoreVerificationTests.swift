import FoundationEssentials
import GRDB
import Glibc
import Testing
import VolumeStore

@Suite struct StoreVerificationTests {
    private func twoCases() throws -> SmallStore {
        let small = try SmallStore()
        let writer = try small.writer()
        for name in ["a", "b"] { try ToyCase(name).add(to: writer) }
        return small
    }

    private func verify(_ small: SmallStore) async throws -> StoreVerification {
        try await VolumeStore.open(at: small.folder, mode: .read).verify(jobs: 2)
    }

    @Test("An untouched store is clean") func clean() async throws {
        let verification = try await verify(twoCases())
        #expect(verification.defects.isEmpty)
        #expect(verification.cases == 2)
        #expect(verification.files == 4)
        // 960 voxels of two bytes and of one, each after 352 bytes of header.
        #expect(verification.bytes == 2 * (352 + 1920 + 352 + 960))
    }

    @Test("One changed bit anywhere in a file is found", arguments: [5, 150, 352, 1311]) func changedBit(at place: Int)
        async throws
    {
        let small = try twoCases()
        let path = small.path("volumes/toy/b/label.nii")
        var bytes = [UInt8](try Data(contentsOf: URL(filePath: path)))
        bytes[place] ^= 0x10
        try Data(bytes).write(to: URL(filePath: path))
        let defects = try await verify(small).defects
        #expect(defects.map(\.kind) == [.changedFile])
        #expect(defects.map(\.file) == ["volumes/toy/b/label.nii"])
        #expect(defects.first?.key == CaseKey(dataset: "toy", name: "b"))
    }

    @Test("Missing files, shortened files and strangers are told apart") func files() async throws {
        let small = try twoCases()
        unlink(small.path("volumes/toy/a/image.nii"))
        truncate(small.path("volumes/toy/b/image.nii"), 500)
        try Data([1]).write(to: small.folder.appending(path: "volumes/toy/b/notes.txt"))
        mkdir(small.path("volumes/toy/c"), 0o755)
        mkdir(small.path("volumes/toy/.staging-1-1-a"), 0o755)
        let defects = try await verify(small).defects
        #expect(
            defects.map { "\($0.kind.rawValue) \($0.file)" } == [
                "orphan-file volumes/toy/.staging-1-1-a", "missing-file volumes/toy/a/image.nii",
                "changed-file volumes/toy/b/image.nii", "orphan-file volumes/toy/b/notes.txt",
                "orphan-file volumes/toy/c",
            ])
        #expect(
            defects.last?.description
                == "volumes/toy/c: expected only files that the index names but found this one. Prepare the case again, or delete it."
        )
    }

    @Test(
        "A change to any row that episodes depend on is found",
        arguments: [
            "UPDATE preparations SET mean = mean + 1 WHERE case_id = 1",
            "UPDATE preparations SET clip_high = 399.5 WHERE case_id = 1",
            "UPDATE presences SET voxels = 23 WHERE case_id = 1 AND value = 7",
            "UPDATE positions SET offsets = x'01' WHERE case_id = 1 AND value = 7",
            "UPDATE cases SET paper_split = 'train' WHERE id = 1",
            "UPDATE cases SET subject_id = 2 WHERE id = 1",
            "DELETE FROM presences WHERE case_id = 1 AND value = 1",
        ])
    func rows(change: String) async throws {
        let small = try twoCases()
        try await DatabaseQueue(path: small.path("index.sqlite")).write { try $0.execute(sql: change) }
        let defects = try await verify(small).defects
        #expect(defects.contains { $0.kind == .inconsistentIndex })
        #expect(defects.allSatisfy { $0.key == CaseKey(dataset: "toy", name: "a") })
    }

    @Test(
        "Numbers of a damaged index that no volume can have are an error of the reader, not its end",
        arguments: [
            "UPDATE preparations SET shape_i = 32768 WHERE case_id = 1",
            "UPDATE preparations SET shape_k = 3000000000 WHERE case_id = 1",
            "UPDATE preparations SET shape_i = 30000, shape_j = 30000 WHERE case_id = 1",
            "UPDATE preparations SET shape_j = 0 WHERE case_id = 1",
            "UPDATE preparations SET slope = -1 WHERE case_id = 1",
            "UPDATE presences SET value = 256 WHERE case_id = 1 AND value = 7",
            "UPDATE presences SET value = -1 WHERE case_id = 1 AND value = 7",
        ])
    func impossibleNumbers(change: String) async throws {
        let small = try twoCases()
        try await DatabaseQueue(path: small.path("index.sqlite")).write { try $0.execute(sql: change) }
        let complaint = StoreError.format(
            file: small.path("index.sqlite"),
            problem: "the rows of case toy/a are damaged. Prepare it again with iris prepare --update.")
        #expect(throws: complaint) { try VolumeStore.open(at: small.folder, mode: .read).cases() }
        #expect(throws: complaint) { try small.catalogue() }
        await #expect(throws: complaint) { try await verify(small) }
        #expect(throws: complaint) { try StoreWriter(VolumeStore.open(at: small.folder, mode: .write)).makeBricks() }
    }

    @Test("Cases of two configurations in one dataset are reported") func mixed() async throws {
        let small = try twoCases()
        try ToyCase("c").add(to: small.writer(), configuration: "spacing: 2")
        #expect(try await verify(small).defects.map(\.kind) == [.mixedConfigurations])
    }
}
