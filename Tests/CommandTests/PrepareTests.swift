import FoundationEssentials
import Glibc
import RandomNumbers
import TestData
import Testing

/// `iris prepare` and `iris store` as their users see them.
@Suite struct PrepareTests {
    struct Summary: Decodable {
        let listed, prepared, unchanged, leftOut, elsewhere: Int
        let quarantined: [Entry]
        let storeDigest: String
        struct Entry: Decodable { let `case`, code: String }
    }

    struct Verification: Decodable {
        let cases: Int
        let digest: String
        let defects: [Defect]
        struct Defect: Decodable { let kind, file: String }
    }

    struct Listed: Decodable {
        let dataset, `case`, subject, modality, status: String
        let officialSplit, paperSplit: String
        let reason, orientation, image, label: String?
        let shape: [Int]?
        let spacing: [Double]?
        let affine: [[Double]]?
        let classes: [ClassEntry]
        struct ClassEntry: Decodable {
            let value: Int
            let name: String
            let voxels: Int
        }
    }

    /// Killed with SIGKILL at moments from within start-up to within the last cases, 20 times or, with IRIS_SLOW_TESTS=1, 100
    /// times. A run that comes through is judged, and the next begins a new store.
    @Test("Runs that are killed again and again end in the same store") func killed() throws {
        let folder = try TemporaryFolder()
        let source = try folder.phantom("amos22", cases: 6)
        func prepare(_ store: String) -> [String] {
            ["prepare", "amos22", "--source", source, "--store", folder.path(store), "--jobs", "2", "--json"]
        }
        let start = ContinuousClock.now
        let undisturbed = try IrisCommand(prepare("whole"))
        try #require(undisturbed.status == 0, "\(undisturbed.errors)")
        let length = (ContinuousClock.now - start) / .seconds(1)
        let expected: Summary = try undisturbed.json()
        var generator = Philox(seed: UInt64(getpid()), purpose: "moments to kill")
        var killed = 0, completed = 0
        while killed < (Fault.walksAll ? 100 : 20) || completed == 0 {
            let delay = Duration.seconds(generator.uniform(in: 0.05...0.6) * length)
            let start = ContinuousClock.now
            let last = try IrisCommand(
                prepare("store"), signal: SIGKILL, when: { ContinuousClock.now - start > delay })
            guard last.status != 128 + SIGKILL else {
                killed += 1
                continue
            }
            #expect(last.status == 0, "\(last.errors)")
            completed += 1
            // A further run finds nothing to do.
            let again: Summary = try IrisCommand(prepare("store")).json()
            #expect(again.prepared == 0)
            #expect(again.unchanged == expected.prepared)
            #expect(again.storeDigest == expected.storeDigest)
            let verification = try IrisCommand(["store", "verify", "--store", folder.path("store"), "--json"])
            #expect(verification.status == 0)
            let report: Verification = try verification.json()
            #expect(report.defects.isEmpty)
            #expect(report.digest == expected.storeDigest)
            try FileManager.default.removeItem(atPath: folder.path("store"))
        }
    }

    @Test("Ctrl-C stops in good order, and the next run goes on") func interrupted() throws {
        let folder = try TemporaryFolder()
        let source = try folder.phantom("amos22", cases: 12)
        let arguments = [
            "prepare", "amos22", "--source", source, "--store", folder.path("store"), "--jobs", "1", "--json",
        ]
        // As soon as a first case is in its place.
        let run = try IrisCommand(arguments, signal: SIGINT) {
            let names = try? FileManager.default.contentsOfDirectory(atPath: folder.path("store/volumes/amos22"))
            return names?.contains { !$0.hasPrefix(".") } == true
        }
        #expect(run.status == 1)
        #expect(
            run.errors.hasSuffix(
                "interrupted; what was finished is in the store, and the same command goes on from there\n"))
        let verification = try IrisCommand(["store", "verify", "--store", folder.path("store"), "--json"])
        #expect(verification.status == 0)
        let next: Summary = try IrisCommand(arguments).json()
        #expect(next.unchanged >= 1)
        #expect(next.prepared >= 1)
        #expect(next.prepared + next.unchanged == next.listed - next.leftOut)
    }

    @Test("A truncated, a mislabelled and a missing file are set aside, and nothing else") func quarantine() throws {
        let folder = try TemporaryFolder()
        let source = try folder.phantom("amos22", cases: 8)
        let names = try FileManager.default.contentsOfDirectory(atPath: source + "/labelsTr")
            .filter { $0.hasPrefix("amos") }.sorted()
        try #require(names.count >= 4)
        let truncated = source + "/imagesTr/" + names[0]
        let size = try #require(FileManager.default.attributesOfItem(atPath: truncated)[.size] as? Int)
        truncate(truncated, size * 2 / 3)
        // Another case's image in place of the label: its values are no labels.
        unlink(source + "/labelsTr/" + names[1])
        try FileManager.default.copyItem(
            atPath: source + "/imagesTr/" + names[1], toPath: source + "/labelsTr/" + names[1])
        unlink(source + "/labelsTr/" + names[2])

        let run = try IrisCommand(["prepare", "amos22", "--source", source, "--store", folder.path("store"), "--json"])
        #expect(run.status == 1)
        let summary: Summary = try run.json()
        let cases = names.map { String($0.dropLast(7)) }
        #expect(Set(summary.quarantined.map(\.case)) == Set(cases[0..<3]))
        #expect(
            summary.listed
                == summary.prepared + summary.unchanged + summary.quarantined.count + summary.leftOut
                + summary.elsewhere)

        let listing = try IrisCommand(["store", "ls", "--store", folder.path("store"), "--json"])
        #expect(listing.status == 0)
        let entries: [Listed] = try listing.json()
        #expect(entries.count == summary.prepared + 3)
        for entry in entries {
            let isQuarantined = cases[0..<3].contains(entry.case)
            #expect(entry.status == (isQuarantined ? "quarantined" : "prepared"))
            #expect((entry.reason != nil) == isQuarantined)
            #expect((entry.shape == nil) == isQuarantined)
            guard !isQuarantined else { continue }
            #expect(entry.orientation == "RAS")
            #expect(FileManager.default.fileExists(atPath: try #require(entry.image)))
            #expect(!entry.classes.isEmpty)
        }
        #expect(try IrisCommand(["store", "verify", "--store", folder.path("store")]).status == 0)
    }

    @Test("Mistakes in arguments end with status 2 and a sentence that says what to do") func mistakes() throws {
        let folder = try TemporaryFolder()
        let missing = try IrisCommand(
            ["prepare", "amos22", "--source", folder.path("none"), "--store", folder.path("store")])
        #expect(missing.status == 2)
        #expect(
            missing.errors
                == "error: \(folder.path("none")): expected the folder of the raw dataset but found none. Correct --source.\n"
        )
        let misspelt = try IrisCommand(
            ["prepare", "amos2", "--source", folder.path(""), "--store", folder.path("store")])
        #expect(misspelt.status == 2)
        #expect(misspelt.errors.contains("Did you mean amos22?"))
        let store = try IrisCommand(["store", "ls", "--store", folder.path("none")])
        #expect(store.status == 2)
        #expect(store.errors.contains("expected a store (a folder with index.sqlite) but found none"))
        #expect(!FileManager.default.fileExists(atPath: folder.path("store")))
    }

    /// The figures of the listing come from the files themselves: classes are counted anew.
    @Test("All shared AMOS22 cases prepare", .enabled(if: SharedData.isPresent, "\(SharedData.absence)"))
    func sharedTree() throws {
        let folder = try TemporaryFolder()
        let run = try IrisCommand(
            ["prepare", "amos22", "--source", SharedData.url("amos22").path, "--store", folder.path("store"), "--json"])
        #expect(run.status == 0)
        let entries: [Listed] = try IrisCommand(["store", "ls", "--store", folder.path("store"), "--json"]).json()
        #expect(
            entries.map(\.case) == [
                "amos_0001", "amos_0004", "amos_0008", "amos_0011", "amos_0507", "amos_0510", "amos_0540",
            ])
        #expect(entries.map(\.modality) == ["CT", "CT", "CT", "CT", "MR", "MR", "MR"])
        #expect(entries.map(\.officialSplit) == ["train", "train", "val", "train", "train", "train", "val"])
        #expect(entries.map(\.paperSplit) == ["train", "train", "test", "train", "train", "train", "train"])
        #expect(entries.allSatisfy { $0.status == "prepared" && $0.orientation == "RAS" })
        // 14 and 15 are dropped from MR.
        #expect(entries.filter { $0.modality == "MR" }.allSatisfy { $0.classes.allSatisfy { $0.value < 14 } })
    }
}
