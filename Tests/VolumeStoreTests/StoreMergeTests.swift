import FoundationEssentials
import Testing
import VolumeStore

@Suite struct StoreMergeTests {
    private func store(_ names: [String], configuration: String = "spacing: 1.5", first: Int16 = 0) throws -> SmallStore
    {
        let small = try SmallStore()
        let writer = try small.writer()
        for name in names { try ToyCase(name, first: first).add(to: writer, configuration: configuration) }
        return small
    }

    @Test("Shards merge into the store that one machine would have made, once and again") func shards() async throws {
        let whole = try store(["a", "b", "c", "d"])
        let (one, two) = (try store(["a", "c"]), try store(["d", "b"]))
        let target = try SmallStore()
        let writer = StoreWriter(try VolumeStore.open(at: target.folder, mode: .write))
        for shard in [one, two] {
            let merge = try writer.merge(VolumeStore.open(at: shard.folder, mode: .read))
            #expect(merge.copied == 2)
            #expect(merge.present == 0)
        }
        #expect(try target.catalogue().digest == whole.catalogue().digest)
        let again = try writer.merge(VolumeStore.open(at: one.folder, mode: .read))
        #expect(again.copied == 0)
        #expect(again.present == 2)
        #expect(try target.catalogue().digest == whole.catalogue().digest)
        #expect(try await writer.store.verify().defects.isEmpty)
    }

    @Test("What is worth knowing of a case comes along") func findings() throws {
        let (ours, theirs) = (try SmallStore(), try SmallStore())
        var toy = ToyCase("a")
        toy.findings = [
            StoredFinding(
                code: "spacing-corrected", severity: .info, file: "a.nii", expected: "1", found: "2", fix: "none")
        ]
        try toy.add(to: theirs.writer())
        let writer = try ours.writer()
        _ = try writer.merge(VolumeStore.open(at: theirs.folder, mode: .read))
        #expect(try writer.store.findings(of: CaseKey(dataset: "toy", name: "a")) == toy.findings)
    }

    @Test("Different configurations are refused before anything is written") func configurations() throws {
        let (ours, theirs) = (try store(["a"]), try store(["b", "c"], configuration: "spacing: 2"))
        let digest = try ours.catalogue().digest
        let error = #expect(throws: StoreError.self) {
            try ours.writer().merge(VolumeStore.open(at: theirs.folder, mode: .read))
        }
        #expect(error?.description.contains("toy was prepared with different configurations") == true)
        #expect(try ours.catalogue().digest == digest)
    }

    @Test("A case with other voxels is refused") func conflict() throws {
        let (ours, theirs) = (try store(["a"]), try store(["a", "b"], first: 9))
        #expect(
            throws: StoreError.cannotMerge(
                "toy/a: the two stores hold it with different voxels. Find out which source is right and prepare that one again."
            )
        ) { try ours.writer().merge(VolumeStore.open(at: theirs.folder, mode: .read)) }
        #expect(try ours.catalogue().caseCount == 1)
    }

    @Test("A damaged file does not pass") func damage() throws {
        let (ours, theirs) = (try store(["a"]), try store(["b"]))
        let path = theirs.folder.appending(path: "volumes/toy/b/image.nii")
        var bytes = [UInt8](try Data(contentsOf: path))
        bytes[1000] ^= 1
        try Data(bytes).write(to: path)
        let error = #expect(throws: StoreError.self) {
            try ours.writer().merge(VolumeStore.open(at: theirs.folder, mode: .read))
        }
        guard case .damagedFile = error else { Issue.record("\(String(describing: error))"); return }
        #expect(try ours.catalogue().caseCount == 1)
        #expect(try FileManager.default.contentsOfDirectory(atPath: ours.path("volumes/toy")) == ["a"])
    }
}
