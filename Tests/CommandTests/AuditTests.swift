import FoundationEssentials
import TestData
import Testing

/// `iris audit` as its users see it.
@Suite struct AuditTests {
    private struct Report: Decodable {
        struct Finding: Decodable {
            let code, severity, dataset: String
            let `case`, file: String?
        }
        struct Summary: Decodable {
            let cases, files, errors: Int
            let passed: Bool
        }
        let dataset: String
        let headersOnly: Bool
        let summary: Summary
        let findings: [Finding]
    }

    @Test func aCleanTreePasses() throws {
        let folder = try TemporaryFolder(), source = try folder.phantom("msd", cases: 4),
            page = folder.path("page.html")
        let run = try IrisCommand(["audit", "msd", "--source", source, "--json", "--html", page])
        let report: Report = try run.json()
        #expect(run.status == 0 && report.summary.passed && report.summary.cases == 4 && report.summary.files == 7)
        #expect(report.findings.allSatisfy { $0.severity == "info" })
        #expect(try String(contentsOf: URL(filePath: page), encoding: .utf8).contains("<b>Passed</b>"))
        let fast: Report = try IrisCommand(["audit", "msd", "--source", source, "--fast", "--json"]).json()
        #expect(fast.headersOnly && fast.summary.passed)
        let text = try IrisCommand(["audit", "msd", "--source", source, "--quiet"])
        #expect(
            text.output.hasPrefix("task04-hippocampus: 4 cases (3 labelled), 7 files: 0 errors")
                && text.output.hasSuffix("Passed.\n"))
    }

    @Test func aPageThatCannotBeWrittenIsRefusedBeforeTheWork() throws {
        let folder = try TemporaryFolder(), source = try folder.phantom("msd", cases: 4), absent = folder.path("absent")
        let run = try IrisCommand(["audit", "msd", "--source", source, "--html", absent + "/page.html"])
        #expect(run.status == 2 && run.output.isEmpty)
        #expect(
            run.errors == """
                error: --html \(absent)/page.html: expected a folder \(absent) that may be written to but found: No such file or \
                directory. Make it first, or name another one.

                """)
        #expect(try IrisCommand(["audit", "msd", "--source", source, "--html", folder.path("raw")]).status == 2)
    }

    @Test func aDamagedFileIsAnErrorWithItsName() throws {
        let folder = try TemporaryFolder(), source = try folder.phantom("msd", cases: 4)
        let damaged = URL(filePath: source).appending(path: "Task04_Hippocampus/imagesTr/hippocampus_001.nii.gz")
        var bytes = try Data(contentsOf: damaged)
        bytes[bytes.startIndex + bytes.count / 2] ^= 4
        try bytes.write(to: damaged)
        let run = try IrisCommand(["audit", "msd", "--source", source, "--json"])
        let report: Report = try run.json()
        #expect(run.status == 1 && !report.summary.passed && report.summary.errors == 1)
        let error = try #require(report.findings.first)
        #expect(error.code == "corrupt-gzip" && error.case == "hippocampus_001")
        #expect(error.file == "Task04_Hippocampus/imagesTr/hippocampus_001.nii.gz")
        let text = try IrisCommand(["audit", "msd", "--source", source, "--quiet"])
        #expect(text.status == 1 && text.output.hasPrefix("error  corrupt-gzip  hippocampus_001  Task04_Hippocampus/"))
    }

    @Test func aLockIsWrittenAndHeldAgainstTheTree() throws {
        let folder = try TemporaryFolder(), source = try folder.phantom("msd", cases: 4),
            lock = folder.path("lock.json")
        let written = try IrisCommand(["audit", "msd", "--source", source, "--lock", lock, "--write-lock"])
        #expect(written.status == 0)
        #expect(try IrisCommand(["audit", "msd", "--source", source, "--lock", lock]).status == 0)
        try FileManager.default.removeItem(
            at: URL(filePath: source).appending(path: "Task04_Hippocampus/imagesTr/hippocampus_002.nii.gz"))
        let run = try IrisCommand(["audit", "msd", "--source", source, "--lock", lock, "--json"])
        let report: Report = try run.json()
        #expect(run.status == 1 && report.findings.contains { $0.code == "locked-file-missing" })
    }

    /// The same patients prepared as two datasets of one store: each scan of the second is a copy of one of the first.
    @Test func aStoreIsAuditedAcrossItsDatasets() throws {
        let folder = try TemporaryFolder(), source = try folder.phantom("msd", cases: 4), store = folder.path("store")
        let root = URL(filePath: source)
        try FileManager.default.copyItem(
            at: root.appending(path: "Task04_Hippocampus"), to: URL(filePath: folder.path("Task09_Other")))
        for raw in [source, folder.path("Task09_Other")] {
            let run = try IrisCommand(["prepare", "msd", "--source", raw, "--store", store])
            try #require(run.status == 0, "\(run.errors)")
        }
        let run = try IrisCommand(["audit", "--store", store, "--json"])
        let report: Report = try run.json()
        #expect(report.dataset == "store" && report.summary.cases == 6)
        let copies = report.findings.filter { $0.code == "duplicate-image" }
        #expect(copies.count == 3 && Set(copies.map(\.dataset)).count == 1, "\(report.findings)")
        #expect(run.status == 1)

        // A changed byte of a volume differs from the index.
        let volumes = URL(filePath: store).appending(path: "volumes")
        let dataset = try FileManager.default.contentsOfDirectory(atPath: volumes.path).sorted()[0]
        let folders = volumes.appending(path: dataset)
        let name = try FileManager.default.contentsOfDirectory(atPath: folders.path).sorted()[0]
        let image = folders.appending(path: name).appending(path: "image.nii")
        var bytes = try Data(contentsOf: image)
        bytes[bytes.startIndex + bytes.count - 2] ^= 1
        try bytes.write(to: image)
        let changed: Report = try IrisCommand(["audit", "--store", store, "--json"]).json()
        #expect(
            changed.findings.filter { $0.code == "changed-voxels" }.map(\.file) == [
                "volumes/\(dataset)/\(name)/image.nii"
            ])
    }

    @Test(
        "What cannot run says why",
        arguments: [
            (["audit"], "Name a dataset and its folder: iris audit DATASET --source DIR, or --store DIR."),
            (["audit", "msd", "--source", ".", "--store", "."], "--store takes no dataset, no --source and no --lock"),
            (["audit", "msd", "--source", ".", "--write-lock"], "--write-lock needs --lock to name the file."),
            (["audit", "msd", "--source", ".", "--fast", "--lock", "x"], "--lock needs the whole files"),
            (["audit", "msd", "--source", "."], "expected the layout of msd"),
            (["audit", "mds", "--source", "."], "Did you mean msd?"),
            (["audit", "--store", "/nowhere"], "/nowhere"),
        ]) func refusals(arguments: [String], message: String) throws
    {
        let run = try IrisCommand(arguments)
        #expect(run.status == 2 && run.errors.contains(message), "\(run.errors)")
    }

    @Test func theCatalogueIsPrinted() throws {
        let run = try IrisCommand(["audit", "--codes"])
        #expect(run.status == 0 && run.output.contains("| `label-in-air` | warning |"))
    }
}
