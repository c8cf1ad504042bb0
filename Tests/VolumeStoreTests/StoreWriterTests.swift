import Digests
import FoundationEssentials
import Glibc
import Testing
import VolumeStore
import Volumes

@Suite struct StoreWriterTests {
    @Test("Preparing a case again replaces files and rows together") func replacement() throws {
        let small = try SmallStore()
        let writer = try small.writer()
        try ToyCase("a", first: 1).add(to: writer)
        let before = try small.catalogue()
        try ToyCase("a", first: 2).add(to: writer, configuration: "spacing: 2")
        #expect(throws: StoreError.changedSinceOpened("toy/a")) { try before.open(0) }
        #expect(throws: StoreError.changedSinceOpened("toy/a")) { try before.positions(case: 0, value: 7) }
        let after = try small.catalogue()
        #expect(after.caseCount == 1)
        #expect(try after.open(0).image[0, 0, 0] == 2)
        #expect(try FileManager.default.contentsOfDirectory(atPath: small.path("volumes/toy")) == ["a"])
    }

    @Test("A commit that fails leaves the earlier preparation") func failedCommit() throws {
        let small = try SmallStore()
        let writer = try small.writer()
        try ToyCase("a", first: 1).add(to: writer)
        let digest = try small.catalogue().digest
        // The configuration was never registered, so the index refuses the row after the files have changed places.
        let unknown = try ToyCase("a", first: 2).description(SHA256Digest(of: "unknown"))
        #expect(throws: (any Error).self) {
            try writer.add(unknown, image: ToyCase("a", first: 2).image(), labels: nil)
        }
        let catalogue = try small.catalogue()
        #expect(catalogue.digest == digest)
        #expect(try catalogue.open(0).image[0, 0, 0] == 1)
        #expect(try FileManager.default.contentsOfDirectory(atPath: small.path("volumes/toy")) == ["a"])
    }

    @Test("Quarantine removes an earlier preparation and keeps the finding") func quarantine() throws {
        let small = try SmallStore()
        let writer = try small.writer()
        try ToyCase("a").add(to: writer)
        let key = CaseKey(dataset: "toy", name: "a")
        let finding = StoredFinding(
            code: "truncated", severity: .error, file: "a.nii.gz", expected: "10 bytes", found: "9",
            fix: "Copy it again.")
        try writer.quarantine(
            QuarantinedCase(
                key: key, subject: "a", modality: "CT",
                configurationDigest: try writer.register(configuration: "spacing: 1.5"),
                reason: "a.nii.gz: expected 10 bytes but found 9. Copy it again.", findings: [finding]))
        #expect(try small.catalogue().caseCount == 0)
        let record = try writer.store.record(named: "a")
        guard case .quarantined(let reason) = record.status else { Issue.record("not quarantined"); return }
        #expect(reason == "a.nii.gz: expected 10 bytes but found 9. Copy it again.")
        #expect(try writer.store.findings(of: key) == [finding])
        #expect(try FileManager.default.contentsOfDirectory(atPath: small.path("volumes/toy")).isEmpty)
    }

    /// The new files are put in the case's place by hand and the old ones into a temporary folder, as a writer would have
    /// done just before it was killed.
    @Test("What a killed writer left is undone when the next one opens") func leftovers() throws {
        let small = try SmallStore(), other = try SmallStore()
        try ToyCase("a", first: 1).add(to: small.writer())
        try ToyCase("a", first: 2).add(to: other.writer(), configuration: "spacing: 2")
        let manager = FileManager.default
        try manager.moveItem(atPath: small.path("volumes/toy/a"), toPath: small.path("volumes/toy/.staging-1-1-a"))
        try manager.copyItem(atPath: other.path("volumes/toy/a"), toPath: small.path("volumes/toy/a"))
        mkdir(small.path("volumes/toy/.staging-1-2-b"), 0o755)
        #expect(throws: StoreError.changedSinceOpened("toy/a")) { try small.catalogue().open(0) }
        _ = try VolumeStore.open(at: small.folder, mode: .write)
        #expect(try manager.contentsOfDirectory(atPath: small.path("volumes/toy")) == ["a"])
        #expect(try small.catalogue().open(0).image[0, 0, 0] == 1)
    }

    @Test("A staged case that nobody commits leaves nothing") func dropped() throws {
        let small = try SmallStore()
        let writer = try small.writer()
        do {
            let toy = ToyCase("a"), digest = try writer.register(configuration: "spacing: 1.5")
            let staged = try toy.image().withView {
                try writer.stage(toy.description(digest), image: $0, labels: toy.labels())
            }
            withExtendedLifetime(staged) {
                #expect(FileManager.default.subpaths(atPath: small.path("volumes/toy"))?.count == 4)
            }
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: small.path("volumes/toy")).isEmpty)
    }

    @Test("Several writers at once lose nothing") func concurrentWriters() async throws {
        let small = try SmallStore(), reference = try SmallStore()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for w in 0..<4 {
                group.addTask {
                    let writer = try small.writer()
                    // Each case is written by two of the writers.
                    for n in 0..<8 { try ToyCase("c\((n + 4 * w) % 16)").add(to: writer) }
                }
            }
            try await group.waitForAll()
        }
        let writer = try reference.writer()
        for n in 0..<16 { try ToyCase("c\(n)").add(to: writer) }
        #expect(try small.catalogue().digest == reference.catalogue().digest)
    }

    @Test("Readers read while a writer writes") func readersAndWriter() async throws {
        let small = try SmallStore()
        let writer = try small.writer()
        try ToyCase("a0").add(to: writer)
        async let writing: Void = { for n in 1..<20 { try ToyCase("a\(n)").add(to: writer) } }()
        var last = 1
        while last < 20 {
            let catalogue = try small.catalogue()
            #expect(catalogue.caseCount >= last)
            last = catalogue.caseCount
            for n in 0..<last { #expect(try catalogue.open(n).image[0, 0, 0] == 0) }
            if last == 20 { break }
            try await Task.sleep(for: .milliseconds(2))
        }
        try await writing
    }

    @Test("Names that could leave or hide in the folder are refused", arguments: ["", "..", ".a", "a/b", "ä", "a b"])
    func names(name: String) throws {
        let small = try SmallStore()
        let writer = try small.writer()
        #expect(throws: StoreError.invalidName(kind: "case", found: name)) { try ToyCase(name).add(to: writer) }
    }

    @Test("A changed class table is refused once cases depend on it") func classTable() throws {
        let small = try SmallStore()
        let writer = try small.writer()
        try ToyCase("a").add(to: writer)
        let other = StoredDataset(name: "toy", classes: [StoredClass(value: 1, name: "x", structure: "liver")])
        let refusal = StoreError.classTableDiffers(dataset: "toy", folder: writer.store.folder.path)
        #expect(throws: refusal) { try writer.register(other) }
        try writer.register(other, replacing: true)
        #expect(try small.catalogue().datasets[0].classes.map(\.name) == ["x"])
    }

    @Test("Folders that are no store are refused by name") func notStores() throws {
        let small = try SmallStore()
        #expect(throws: StoreError.noStore(folder: small.folder.standardizedFileURL.path)) {
            try VolumeStore.open(at: small.folder, mode: .read)
        }
        try Data("not a database, but long enough to look at".utf8).write(
            to: small.folder.appending(path: "index.sqlite"))
        #expect(throws: StoreError.self) { try VolumeStore.open(at: small.folder, mode: .read) }
    }

    @Test("A file that lost its end is refused when it is opened") func shortFile() throws {
        let small = try SmallStore()
        try ToyCase("a").add(to: small.writer())
        let catalogue = try small.catalogue()
        truncate(small.path("volumes/toy/a/label.nii"), 1000)
        let path = small.folder.standardizedFileURL.path + "/volumes/toy/a/label.nii"
        // 12 x 10 x 8 voxels after a header of 352 bytes.
        let refusal = StoreError.damagedFile(path, expected: "1312 bytes", found: "1000")
        #expect(throws: refusal) { try catalogue.open(0) }
        #expect(
            refusal.description
                == "\(path): expected 1312 bytes but found 1000. Prepare the case again with iris prepare --update.")
    }
}
