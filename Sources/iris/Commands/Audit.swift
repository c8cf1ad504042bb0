import ArgumentParser
import Datasets
import FoundationEssentials
import Preparation
import Reports
import VolumeStore
import WorkerThreads

/// `iris audit`: a raw tree held against its manifest.
struct Audit: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check a dataset on disk: files, bytes, geometry, values, labels, anatomy, duplicates, splits.",
        discussion: """
            Every byte is decompressed, digested and counted, once. Findings go to standard output, errors first; \
            docs/audit-codes.md explains their codes. Exit status: 0 when there are no errors but those that the manifest \
            knows about (warnings do not count), 1 when there are, 2 when the audit cannot run.

            Example: iris audit amos22 --source datasets/raw/amos22 --html audit.html
            """)

    @Argument(help: "Dataset (see `iris manifest`), or the path of a manifest.") var dataset: String?
    @Option(help: "Folder of the dataset as downloaded.", completion: .directory) var source: String?
    @Option(help: "Audit the prepared volumes of this store instead, all datasets together.", completion: .directory)
    var store: String?
    @Flag(help: "Print one JSON document.") var json = false
    @Option(help: "Write a self-contained HTML page.", completion: .file(extensions: ["html"])) var html: String?
    @Option(help: "Cases examined at once.") var jobs = availableCores
    @Flag(help: "Read headers only.") var fast = false
    @Option(help: "Lock file of digests to hold the tree against.", completion: .file(extensions: ["json"])) var lock:
        String?
    @Flag(help: "Write the file named by --lock instead of reading it.") var writeLock = false
    @Flag(help: "Leave findings of severity info out of the text.") var quiet = false
    @Flag(help: "Inject 24 faults into a made-up dataset, one at a time, and show which are found.") var selftest =
        false

    @Flag(help: "Print the catalogue of codes as Markdown.") var codes = false

    func validate() throws {
        guard jobs >= 1 else { throw ValidationError("--jobs expects at least 1.") }
        guard !(selftest || codes) || dataset == nil && source == nil && store == nil else {
            throw ValidationError("--selftest and --codes take no dataset and no store.")
        }
        guard store == nil || dataset == nil && source == nil && lock == nil else {
            throw ValidationError(
                "--store takes no dataset, no --source and no --lock: the store's index has the digests.")
        }
        guard selftest || codes || store != nil || dataset != nil && source != nil else {
            throw ValidationError("Name a dataset and its folder: iris audit DATASET --source DIR, or --store DIR.")
        }
        guard !writeLock || lock != nil else { throw ValidationError("--write-lock needs --lock to name the file.") }
        guard !fast || lock == nil else {
            throw ValidationError("--lock needs the whole files, which --fast does not read.")
        }
    }

    func run() async throws {
        if codes {
            print(FindingCode.markdown, terminator: "")
        } else if selftest {
            try await runSelfTest()
        } else {
            try await audit()
        }
    }

    private func runSelfTest() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "iris-selftest-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        var bar: ProgressBar?
        let outcome = try await AuditSelfTest(manifest: Manifest.load("amos22")).run(in: folder, jobs: jobs) {
            _, total in
            if bar == nil { bar = ProgressBar("self-test", total: total, unit: "faults") }
            bar?.advance()
        }
        bar?.finish()
        if json { try JSONOutput.print(SelfTestReport(outcome)) } else { SelfTestReport(outcome).printTable() }
        if !outcome.passed { throw ExitStatus.findings }
    }

    private func audit() async throws {
        try OutputFile.check(html, option: "--html")
        if writeLock { try OutputFile.check(lock, option: "--lock") }
        FreedMemory.keep()
        let report = if let store { try await auditStore(store) } else { try await auditTree() }
        if writeLock, let lock { try LockFile(report).write(to: URL(filePath: lock)) }
        if let html { try AuditPage(report).write(to: URL(filePath: html)) }
        if json {
            try JSONOutput.print(AuditDocument(report))
        } else {
            print(AuditText(report, showsInformation: !quiet).text, terminator: "")
        }
        if report.isFailure { throw ExitStatus.findings }
    }

    private func auditTree() async throws -> AuditReport {
        let locked = try lock.flatMap { writeLock ? nil : try LockFile(contentsOf: URL(filePath: $0)) }
        let auditor = try Auditor(
            manifest: Manifest.load(dataset!), source: URL(filePath: source!),
            options: AuditOptions(headersOnly: fast, digestsFiles: writeLock), lock: locked)
        return try await withProgress { try await auditor.run(jobs: jobs, progress: $0) }
    }

    private func auditStore(_ folder: String) async throws -> AuditReport {
        let audit = try StoreAudit(
            of: VolumeStore.open(at: URL(filePath: folder), mode: .read), library: .standard(),
            options: AuditOptions(headersOnly: fast))
        return try await withProgress { try await audit.auditor.run(jobs: jobs, progress: $0) }
    }

    /// Shows a progress bar while `run` works.
    private func withProgress(_ run: ((Int, Int, Int) -> Void) async throws -> AuditReport) async throws -> AuditReport
    {
        var bar: ProgressBar?
        var decoded = 0
        defer { bar?.finish() }
        return try await run { _, total, bytes in
            if bar == nil { bar = ProgressBar("auditing", total: total, unit: "cases", amountUnit: "B") }
            bar?.advance(amount: Double(bytes - decoded))
            decoded = bytes
        }
    }
}
