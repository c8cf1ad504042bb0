import Dispatch
import FoundationEssentials
import Glibc
import RandomNumbers
import Synchronization
import TestData
import Testing

/// `iris prepare` and `iris store` where processes die, disks fill up and files change: the store afterwards is the old one
/// or the new one, and the next run makes what an undisturbed one makes.
@Suite(.serialized) struct StoreFaultTests {
    private let folder = try! TemporaryFolder()

    /// Coarse, so that the many runs write little.
    init() throws {
        try Data("spacing: [4, 4, 4]\n".utf8).write(to: folder.url.appending(path: "coarse.yaml"))
    }

    private func preparation(_ source: String, _ store: String) -> [String] {
        [
            "prepare", "amos22", "--source", source, "--store", folder.path(store), "--jobs", "1", "--json",
            "--config", folder.path("coarse.yaml"),
        ]
    }

    /// What an interrupted run may leave: a whole store and files that the index does not know, or none that can be read yet.
    private func expectWhole(_ store: String, _ place: String) throws {
        let verification = try IrisCommand(["store", "verify", "--store", folder.path(store), "--json"])
        guard verification.status != 2 else {
            let isYetToBeMade =
                verification.errors.contains("expected a store (a folder with index.sqlite) but found none")
                || verification.errors.contains("Bring it up to date with iris prepare.")
            #expect(isYetToBeMade, "\(place): \(verification.errors)")
            return
        }
        let report: PrepareTests.Verification = try verification.json()
        let defects = report.defects.filter { $0.kind != "orphan-file" }
        #expect(defects.isEmpty, "\(place): \(defects)")
    }

    /// The next run completes, and nothing of the interruption is left.
    private func expectCompletion(_ source: String, _ store: String, digest: String, _ place: String) throws {
        let run = try IrisCommand(preparation(source, store))
        #expect(run.status == 0, "\(place): \(run.errors)")
        let summary: PrepareTests.Summary = try run.json()
        #expect(summary.storeDigest == digest, "\(place)")
        let verification = try IrisCommand(["store", "verify", "--store", folder.path(store)])
        #expect(verification.status == 0, "\(place): \(verification.output)")
        remove(store)
    }

    private func remove(_ store: String) { try? FileManager.default.removeItem(atPath: folder.path(store)) }

    /// Walks the steps of a small preparation.
    private func walk(_ choice: Int, fault: (Int) -> Fault, judge: (IrisCommand, String) -> Void) throws {
        let source = try folder.phantom("amos22", cases: 2)
        let (undisturbed, journal) = try FaultJournal.recording(preparation(source, "undisturbed"), in: folder.url)
        let expected: PrepareTests.Summary = try undisturbed.json()
        // Or the library is not in force, and nothing is tried.
        try #require(expected.prepared == 2 && journal.steps.filter { $0.hasPrefix("rename ") }.count >= 2)
        try #require(journal.steps.contains { $0.hasPrefix("write ") && $0.hasSuffix("index.sqlite-wal") })
        for step in journal.choice(of: choice) {
            let place = "step \(step), \(journal.steps[step - 1])"
            judge(try IrisCommand(preparation(source, "store"), fault: fault(step)), place)
            try expectWhole("store", place)
            try expectCompletion(source, "store", digest: expected.storeDigest, place)
        }
    }

    @Test("A preparation killed at any step leaves the old state or the new") func killedAtAnyStep() throws {
        try walk(8, fault: { .kill(at: $0) }) { run, place in
            #expect(run.status == 128 + SIGKILL, "\(place): \(run.errors)")
        }
    }

    @Test("A disk that is full from any step on is an error that says so") func fullDisk() throws {
        try walk(3, fault: { .full(from: $0) }) { run, place in
            // The very last steps need no room.
            guard run.status != 0 else { return }
            #expect(run.status == 2, "\(place)")
            let says = ["No space left on device", "disk is full", "the space left"].contains {
                run.errors.contains($0)
            }
            #expect(says, "\(place): \(run.errors)")
        }
    }

    @Test("A disk that fails once at any step loses nothing") func failingDisk() throws {
        try walk(3, fault: { .fail(at: $0) }) { run, place in
            #expect((0...2).contains(run.status), "\(place): \(run.errors)")
            #expect(run.status == 0 || run.errors.contains("error: "), "\(place): \(run.errors)")
        }
    }

    @Test("A merge killed at any step leaves the old state or the new, and the next one completes") func killedMerge()
        throws
    {
        let source = try folder.phantom("amos22", cases: 3)
        let whole: PrepareTests.Summary = try IrisCommand(preparation(source, "whole")).json()
        for shard in 1...2 {
            let run = try IrisCommand(preparation(source, "shard\(shard)") + ["--shard", "\(shard)/2"])
            try #require(run.status == 0, "\(run.errors)")
        }
        func begin() throws {
            remove("store")
            try FileManager.default.copyItem(atPath: folder.path("shard1"), toPath: folder.path("store"))
        }
        let merge = ["store", "merge", "--store", folder.path("store"), folder.path("shard2")]
        try begin()
        let (undisturbed, journal) = try FaultJournal.recording(merge, in: folder.url)
        try #require(undisturbed.status == 0, "\(undisturbed.errors)")
        try #require(journal.steps.contains { $0.hasPrefix("rename ") })
        for step in journal.choice(of: 5) {
            let place = "step \(step), \(journal.steps[step - 1])"
            try begin()
            let killed = try IrisCommand(merge, fault: .kill(at: step))
            #expect(killed.status == 128 + SIGKILL, "\(place): \(killed.errors)")
            try expectWhole("store", place)
            let next = try IrisCommand(merge)
            #expect(next.status == 0, "\(place): \(next.errors)")
            // Preparing finds nothing left to do, so the digest is the merged store's.
            let summary: PrepareTests.Summary = try IrisCommand(preparation(source, "store")).json()
            #expect(summary.prepared == 0 && summary.storeDigest == whole.storeDigest, "\(place)")
            #expect(try IrisCommand(["store", "verify", "--store", folder.path("store")]).status == 0, "\(place)")
        }
    }

    @Test("A limit on the size of files is an error, and the next run goes on") func fileSizeLimit() throws {
        let source = try folder.phantom("amos22", cases: 2)
        let undisturbed: PrepareTests.Summary = try IrisCommand(preparation(source, "undisturbed")).json()
        // Blocks of 512 bytes: room for the index, none for volumes.
        let run = try IrisCommand(
            preparation(source, "store"),
            launcher: ["/bin/sh", "-c", "trap '' XFSZ; ulimit -f 600; exec \"$0\" \"$@\""])
        #expect(run.status == 2)
        #expect(run.errors.contains("image.nii: cannot be written: File too large"), "\(run.errors)")
        try expectWhole("store", "limit")
        try expectCompletion(source, "store", digest: undisturbed.storeDigest, "limit")
    }

    @Test("A store on a disk that can only be read is read, and not written") func readOnly() throws {
        let source = try folder.phantom("amos22", cases: 2)
        let prepared: PrepareTests.Summary = try IrisCommand(preparation(source, "store")).json()
        let verification = try IrisCommand(
            ["store", "verify", "--store", folder.path("store"), "--json"], fault: .readOnly)
        #expect(verification.status == 0, "\(verification.errors)")
        let report: PrepareTests.Verification = try verification.json()
        #expect(report.digest == prepared.storeDigest && report.cases == 2)
        let writing = try IrisCommand(preparation(source, "store"), fault: .readOnly)
        #expect(writing.status == 2)
        #expect(
            writing.errors
                == "error: \(folder.path("store"))/writers.lock: cannot be opened: Read-only file system\n")
        let making = try IrisCommand(preparation(source, "new"), fault: .readOnly)
        #expect(making.status == 2)
        #expect(making.errors == "error: \(folder.path("new"))/volumes: cannot be made: Read-only file system\n")
    }

    @Test("Preparations at the same time on one store share the work, and readers never stumble") func together() throws
    {
        let source = try folder.phantom("amos22", cases: 4)
        let expected: PrepareTests.Summary = try IrisCommand(preparation(source, "undisturbed")).json()
        let running = Atomic<Int>(2)
        let failures = Mutex<[String]>([]), readings = Atomic<Int>(0)
        DispatchQueue.concurrentPerform(iterations: 3) { number in
            do {
                if number < 2 {
                    defer { running.subtract(1, ordering: .relaxed) }
                    let run = try IrisCommand(preparation(source, "store"))
                    if run.status != 0 { failures.withLock { $0.append(run.errors) } }
                    return
                }
                while running.load(ordering: .relaxed) > 0 {
                    let run = try IrisCommand(["store", "ls", "--store", folder.path("store"), "--json"])
                    let isYetToBeMade = run.status == 2 && readings.load(ordering: .relaxed) == 0
                    if run.status == 0 { readings.add(1, ordering: .relaxed) }
                    if run.status != 0, !isYetToBeMade { failures.withLock { $0.append(run.errors) } }
                }
            } catch { failures.withLock { $0.append("\(error)") } }
        }
        #expect(failures.withLock { $0 } == [])
        #expect(readings.load(ordering: .relaxed) > 0)
        try expectCompletion(source, "store", digest: expected.storeDigest, "two at once")
    }

    /// One of two versions of an image is put in place of the other all the time, then the file comes and goes.
    @Test("A source file that changes or vanishes while it is read", arguments: [false, true])
    func restlessSource(vanishes: Bool) throws {
        let source = try folder.phantom("amos22", cases: 2)
        let images = try FileManager.default.contentsOfDirectory(atPath: source + "/imagesTr")
            .filter { $0.hasPrefix("amos") }.sorted()
        let image = source + "/imagesTr/" + images[0]
        // Zeros behind a gzip member are padding: other bytes, the same voxels.
        let original = try Data(contentsOf: URL(filePath: image))
        let versions = [original, original + Data(count: 4096)]
        var digests: Set<String> = []
        for (number, version) in versions.enumerated() {
            try version.write(to: URL(filePath: image))
            let whole: PrepareTests.Summary = try IrisCommand(preparation(source, "version\(number)")).json()
            digests.insert(whole.storeDigest)
        }
        let isDone = Atomic<Bool>(false), allowed = digests
        let failures = Mutex<[String]>([])
        DispatchQueue.concurrentPerform(iterations: 2) { number in
            guard number == 0 else {
                var round = 0
                while !isDone.load(ordering: .relaxed) {
                    round += 1
                    if vanishes, round % 2 == 0 {
                        unlink(image)
                    } else {
                        try? versions[round % 2].write(to: URL(filePath: image), options: .atomic)
                    }
                    usleep(500)
                }
                return
            }
            defer { isDone.store(true, ordering: .relaxed) }
            do {
                for attempt in 0..<2 {
                    let run = try IrisCommand(preparation(source, "restless\(attempt)"))
                    let summary: PrepareTests.Summary = try run.json()
                    let sound =
                        run.status == 0
                        ? allowed.contains(summary.storeDigest)
                        : run.status == 1 && summary.prepared == 1
                            && (summary.quarantined.map(\.code) == ["unreadable-file"] || vanishes)
                    if !sound { failures.withLock { $0.append(run.output + run.errors) } }
                }
            } catch { failures.withLock { $0.append("\(error)") } }
        }
        #expect(failures.withLock { $0 } == [])
        // Left alone, the case is prepared.
        try versions[0].write(to: URL(filePath: image))
        for attempt in 0..<2 {
            let run = try IrisCommand(preparation(source, "restless\(attempt)"))
            #expect(run.status == 0, "\(run.errors)")
            #expect(try IrisCommand(["store", "verify", "--store", folder.path("restless\(attempt)")]).status == 0)
        }
    }

    @Test("Empty files, loops of links, dangling links and names of all kinds harm no other case") func strangeFiles()
        throws
    {
        let source = try folder.phantom("amos22", cases: 2)
        let tree = folder.path("a folder, with ü and\na line")
        try FileManager.default.moveItem(atPath: source, toPath: tree)
        let images = try FileManager.default.contentsOfDirectory(atPath: tree + "/imagesTr")
            .filter { $0.hasPrefix("amos") }.sorted()
        // An empty image beside a sound label.
        for part in ["imagesTr", "labelsTr"] {
            try FileManager.default.copyItem(
                atPath: "\(tree)/\(part)/\(images[0])", toPath: "\(tree)/\(part)/amos_0011.nii.gz")
        }
        truncate("\(tree)/imagesTr/amos_0011.nii.gz", 0)
        try FileManager.default.createSymbolicLink(atPath: tree + "/imagesTr/loop", withDestinationPath: tree)
        try FileManager.default.createSymbolicLink(
            atPath: tree + "/imagesTr/self.nii.gz", withDestinationPath: "self.nii.gz")
        try FileManager.default.createSymbolicLink(
            atPath: tree + "/imagesTr/amos_0022.nii.gz", withDestinationPath: "absent")
        for name in ["amos 0033.nii.gz", "amos\n0044.nii.gz", "amos_0055\u{202e}.nii.gz"] {
            try Data("x".utf8).write(to: URL(filePath: "\(tree)/imagesTr/\(name)"))
        }
        let bytes = Array("\(tree)/imagesTr/amos_".utf8) + [0xff, 0xfe] + Array(".nii.gz\0".utf8)
        let descriptor = bytes.withUnsafeBytes {
            open($0.assumingMemoryBound(to: CChar.self).baseAddress!, O_CREAT | O_WRONLY, 0o644)
        }
        try #require(descriptor >= 0)
        close(descriptor)

        let run = try IrisCommand(preparation(tree, "store"))
        #expect(run.status == 1, "\(run.errors)")
        let summary: PrepareTests.Summary = try run.json()
        #expect(summary.prepared == 2)
        #expect(summary.quarantined.map(\.case).contains("amos_0011"))
        #expect(!summary.quarantined.map(\.case).contains { images.contains($0 + ".nii.gz") })
        #expect(try IrisCommand(["store", "verify", "--store", folder.path("store")]).status == 0)
        let audit = try IrisCommand(["audit", "amos22", "--source", tree])
        #expect(audit.status == 1, "\(audit.errors)")
    }
}
