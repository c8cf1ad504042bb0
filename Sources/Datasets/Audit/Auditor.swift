import FoundationEssentials

/// Checks a raw tree against its manifest.
///
/// Each file is read once, by one of several jobs; what has to be compared between cases is compared at the end from small
/// records. One case that cannot be examined becomes a finding and the others go on.
public struct Auditor: Sendable {
    /// What is expected of the dataset.
    public let manifest: Manifest
    /// The folder of the dataset as downloaded.
    public let source: URL
    /// What to do and how.
    public var options: AuditOptions
    /// What the tree is held against; read from a lock file written earlier.
    public var lock: LockFile?

    public init(manifest: Manifest, source: URL, options: AuditOptions = AuditOptions(), lock: LockFile? = nil) {
        (self.manifest, self.source, self.options, self.lock) = (manifest, source.standardizedFileURL, options, lock)
    }

    /// - Parameters:
    ///   - jobs: files read at once.
    ///   - progress: called in order after each unit of work, with units done, units in all and voxel bytes decoded.
    /// - Throws: ``LayoutError`` when the folder is not of the manifest's layout.
    public func run(jobs: Int, progress: (_ done: Int, _ total: Int, _ bytes: Int) -> Void = { _, _, _ in })
        async throws -> AuditReport
    {
        let start = ContinuousClock.now
        let listing = try manifest.adapter(for: source).cases()
        let classes = listing.classes ?? manifest.classes
        let tree = RawTree(source, listing: listing)
        let member = AuditMember(
            dataset: listing.dataset, classes: classes, rules: manifest.labelRules, ignoredValue: listing.ignoredValue,
            probabilityRule: manifest.probabilityRule, units: tree.units,
            findings: tree.findings
                + SplitCheck.findings(listing.cases, manifest: manifest, dataset: listing.dataset))
        var options = options
        options.digestsFiles = options.digestsFiles || lock != nil
        let run = AuditRun(root: tree.root, members: [member], structures: manifest.structures, options: options)
        var result = try await run.result(jobs: jobs, progress: progress)
        if let lock, !options.headersOnly {
            result.findings += lock.findings(for: result.files, dataset: listing.dataset)
        }
        acknowledge(&result.findings)
        return AuditReport(
            dataset: listing.dataset, title: manifest.title, root: source.path, options: options, cases: result.cases,
            files: result.files, classes: [listing.dataset: classes], findings: AuditReport.ordered(result.findings),
            unusableCases: listing.unusableCaseIDs, elapsed: ContinuousClock.now - start)
    }

    /// Marks what the manifest already knows.
    private func acknowledge(_ findings: inout [Finding]) {
        for n in findings.indices {
            guard let caseID = findings[n].caseID else { continue }
            if let known = manifest.knownDefects(of: caseID).first(where: { $0.code == findings[n].code.rawValue }) {
                findings[n].acknowledgement = "\(known.note). Remedy: \(known.remedy)"
            }
        }
    }
}
