import FoundationEssentials

/// Checks cases that no adapter found, such as those of a store: of one dataset or several, which are also held against
/// each other.
public struct CollectionAuditor: Sendable {
    /// The cases of one dataset.
    public struct Member: Sendable {
        /// The dataset's name.
        public let dataset: String
        /// The label table by ascending value.
        public let classes: [ManifestClass]
        /// Label values that become background.
        public let rules: [LabelRule]
        /// The cases to audit.
        public let cases: [SourceCase]
        /// What is known of it already.
        public let findings: [Finding]

        public init(
            dataset: String, classes: [ManifestClass], rules: [LabelRule] = [], cases: [SourceCase],
            findings: [Finding] = []
        ) {
            (self.dataset, self.classes, self.rules) = (dataset, classes, rules)
            (self.cases, self.findings) = (cases, findings)
        }
    }

    /// What the report calls the collection.
    public let name, title: String
    /// The folder that holds all files.
    public let root: URL
    /// The datasets, audited together.
    public let members: [Member]
    /// The structures that classes refer to.
    public let structures: StructureCatalogue
    /// What to do and how.
    public var options: AuditOptions
    /// The digests that the files should have.
    public var lock: LockFile?

    public init(
        name: String, title: String, root: URL, members: [Member], structures: StructureCatalogue,
        options: AuditOptions = AuditOptions(), lock: LockFile? = nil
    ) {
        (self.name, self.title, self.root) = (name, title, root.standardizedFileURL)
        (self.members, self.structures, self.options, self.lock) = (members, structures, options, lock)
    }

    /// - Parameters:
    ///   - jobs: files read at once.
    ///   - progress: as for ``Auditor/run(jobs:progress:)``.
    public func run(jobs: Int, progress: (_ done: Int, _ total: Int, _ bytes: Int) -> Void = { _, _, _ in })
        async throws -> AuditReport
    {
        let start = ContinuousClock.now
        var options = options
        options.digestsFiles = options.digestsFiles || lock != nil
        let run = AuditRun(
            root: root.path,
            members: members.map { member in
                AuditMember(
                    dataset: member.dataset, classes: member.classes, rules: member.rules,
                    units: member.cases.map { ExaminationUnit(cases: [$0]) },
                    findings: member.findings
                        + SplitCheck.findings(member.cases, manifest: nil, dataset: member.dataset))
            }, structures: structures, options: options)
        var result = try await run.result(jobs: jobs, progress: progress)
        if let lock, !options.headersOnly { result.findings += lock.findings(for: result.files, dataset: name) }
        return AuditReport(
            dataset: name, title: title, root: root.path, options: options, cases: result.cases, files: result.files,
            classes: Dictionary(members.map { ($0.dataset, $0.classes) }, uniquingKeysWith: { first, _ in first }),
            findings: AuditReport.ordered(result.findings), unusableCases: [], elapsed: ContinuousClock.now - start)
    }
}
