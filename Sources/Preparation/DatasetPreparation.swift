import Datasets
import Digests
import FoundationEssentials
import VolumeStore
import WorkerThreads

/// Prepares the cases of one dataset into a store: in parallel, resumable, with bad cases set aside.
public struct DatasetPreparation: Sendable {
    /// What is prepared.
    public let manifest: Manifest
    /// The folder of the raw dataset.
    public let source: URL
    /// How it is prepared.
    public let configuration: PreparationConfiguration
    /// What is taken, and by how many jobs.
    public let options: PreparationOptions
    /// Name and version for the store's history.
    public let program: String

    public init(
        manifest: Manifest, source: URL, configuration: PreparationConfiguration, options: PreparationOptions,
        program: String
    ) {
        (self.manifest, self.source, self.configuration) = (manifest, source, configuration)
        (self.options, self.program) = (options, program)
    }

    /// How far the run is.
    public enum Progress: Sendable {
        /// The number of cases that this run has to look at.
        case planned(Int)
        /// A case is done; with the number of source voxels that were decoded for it.
        case finished(String, sourceVoxels: Int)
        case quarantined(PreparationSummary.Refused)
    }

    /// Lists the source, and prepares what the store does not hold yet.
    ///
    /// - Parameters:
    ///   - store: opened for writing.
    ///   - progress: called on the caller's task.
    /// - Throws: `LayoutError` when the folder is not of this dataset, ``PreparationError``, `StoreError`; `CancellationError`
    ///   when the task was cancelled. What was committed before stays.
    public func run(into store: VolumeStore, progress: (Progress) -> Void = { _ in }) async throws -> PreparationSummary
    {
        let clock = ContinuousClock(), start = clock.now, date = Date.now
        let listing = try manifest.adapter(for: source).cases()
        let resolved = ResolvedConfiguration(configuration, manifest: manifest, listing: listing)
        var summary = PreparationSummary(dataset: listing.dataset, configurationDigest: resolved.digest)
        let cases = try select(listing, &summary)

        let writer = StoreWriter(store, makesBricks: options.makesBricks)
        try refuseChangedConfiguration(resolved, dataset: listing.dataset, in: store)
        try writer.register(
            StoredDataset(manifest, name: listing.dataset, classes: resolved.classes), replacing: options.updates)
        _ = try writer.register(configuration: resolved.text)

        let work = PreparationWork(
            preparation: CasePreparation(folder: source, dataset: listing.dataset, configuration: resolved),
            writer: writer,
            checksSources: options.checksSources)
        progress(.planned(cases.usable.count + cases.unusable.count))
        for problem in cases.unusable {
            let refused = try work.quarantine(problem, modality: manifest.modality)
            summary.quarantined.append(refused)
            progress(.quarantined(refused))
        }
        try await mapConcurrently(cases.usable, jobs: options.jobs, transform: work.prepare) { source, outcome in
            switch outcome {
            case .unchanged:
                summary.unchanged += 1
                progress(.finished(source.id, sourceVoxels: 0))
            case .staged(let staged, let voxels):
                try writer.commit(staged)
                summary.prepared += 1
                summary.sourceVoxels += voxels
                for finding in staged.description.findings {
                    let text =
                        "\(finding.file ?? source.id): expected \(finding.expected) but found \(finding.found). \(finding.fix)"
                    summary.remarks.append(.init(name: source.id, code: finding.code, reason: text))
                }
                progress(.finished(source.id, sourceVoxels: voxels))
            case .refused(let refusal, let quarantined):
                try writer.quarantine(quarantined)
                let refused = PreparationSummary.Refused(
                    name: source.id, code: refusal.code.rawValue, reason: refusal.description)
                summary.quarantined.append(refused)
                progress(.quarantined(refused))
            }
        }
        let listed = Set(listing.cases.map(\.id)).union(listing.problems.compactMap(\.caseID))
        summary.onlyInStore = try store.caseNames(of: listing.dataset).filter { !listed.contains($0) }
        summary.seconds = (clock.now - start) / .seconds(1)
        try writer.record(
            RunRecord(
                dataset: listing.dataset, configurationDigest: resolved.digest, program: program,
                started: date.formatted(.iso8601), seconds: summary.seconds, prepared: summary.prepared,
                unchanged: summary.unchanged, quarantined: summary.quarantined.count))
        return summary
    }

    /// Sorts the listing into what this run has to do and what it leaves alone.
    private func select(_ listing: CaseListing, _ summary: inout PreparationSummary) throws
        -> (usable: [SourceCase], unusable: [LayoutProblem])
    {
        let wanted = listing.cases.filter { options.includesUnlabelled || $0.label != nil }
        var seen: Set<String> = []
        let unusable = listing.problems.filter { problem in
            problem.severity == .error && problem.caseID.map { seen.insert($0).inserted } == true
        }
        summary.listed = listing.cases.count + unusable.count
        summary.leftOut = listing.cases.count - wanted.count
        summary.treeProblems = listing.problems.filter { $0.severity == .error && $0.caseID == nil }.map(\.description)
        guard !wanted.isEmpty || !unusable.isEmpty else {
            throw PreparationError.noCases(
                dataset: listing.dataset, folder: source.path, unlabelled: listing.cases.count)
        }
        func isMine(_ name: String) -> Bool { options.shard?.contains(dataset: listing.dataset, case: name) ?? true }
        let (usable, refused) = (wanted.filter { isMine($0.id) }, unusable.filter { isMine($0.caseID!) })
        summary.elsewhere = wanted.count + unusable.count - usable.count - refused.count
        return (usable, refused)
    }

    private func refuseChangedConfiguration(_ resolved: ResolvedConfiguration, dataset: String, in store: VolumeStore)
        throws
    {
        guard !options.updates else { return }
        let others = try store.configurations(of: dataset).filter { $0 != resolved.digest }
        guard let other = others.first else { return }
        let before = Set(try store.configuration(other)?.split(separator: "\n") ?? [])
        let changes = resolved.text.split(separator: "\n").filter { !before.contains($0) }.map { line in
            let key = line.split(separator: ":")[0] + ":"
            let earlier = before.first { $0.hasPrefix(key) }
            return "now \(line)" + (earlier.map { ", then\($0.dropFirst(key.count))" } ?? "")
        }
        throw PreparationError.configurationChanged(
            dataset: dataset, store: store.folder.path, changes: changes.isEmpty ? ["a setting fewer"] : changes)
    }
}

extension StoredDataset {
    init(_ manifest: Manifest, name: String, classes: [ManifestClass]) {
        self.init(
            name: name, title: manifest.title, version: manifest.version, licence: manifest.licence,
            classes: classes.map {
                StoredClass(
                    value: UInt8($0.value), name: $0.name, structure: $0.structure,
                    side: BodySide(rawValue: $0.side.rawValue)!,
                    pairedValue: $0.pairedValue.map { UInt8($0) })
            })
    }
}
