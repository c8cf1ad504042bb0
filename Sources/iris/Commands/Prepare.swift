import ArgumentParser
import Configuration
import Datasets
import FoundationEssentials
import Preparation
import Synchronization
import VolumeStore
import WorkerThreads

/// `iris prepare`: a raw dataset becomes cases of a store.
struct Prepare: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Prepare a raw dataset into an indexed store.",
        discussion: """
            Each case is decoded, ordered RAS, resampled, cropped and kept as 16-bit voxels with its labels. Cases that are in \
            the store already, from the same files with the same configuration, are skipped, so an interrupted run goes on \
            where it stopped. A case that cannot be used is set aside with the reason, and the exit status is 1.
            """)

    @Argument(help: "Name of the dataset's manifest, such as amos22, or the path of one.") var dataset: String

    @Option(help: "Folder of the raw dataset.", completion: .directory) var source: String

    @Option(help: "Folder of the store; made when missing.", completion: .directory) var store: String

    @Option(
        help: "Preparation configuration; configs/prepare/iris.yaml by default.",
        completion: .file(extensions: ["yaml"]))
    var config: String?

    @Option(help: "Cases at work at the same time.") var jobs = availableCores

    @Option(
        help: ArgumentHelp("Take one of n parts of the cases, such as 2/5.", valueName: "i/n"), transform: Self.shard)
    var shard: Shard?

    @Flag(help: "Prepare images without labels too.") var includeUnlabelled = false

    @Flag(help: "Prepare anew what was prepared with another configuration.") var update = false

    @Flag(help: "Hash source files even when their size and time of change are as before.") var checkSources = false

    @Flag(help: "Do without brick files: half the disk space, slower patches. iris store brick makes them later.")
    var noBricks = false

    @Flag(help: "Print the summary as JSON.") var json = false

    private static func shard(_ text: String) throws -> Shard {
        guard let shard = Shard(text) else {
            throw ValidationError("expected a shard such as 2/5, with the first counted 1, but found \(text).")
        }
        return shard
    }

    func validate() throws {
        guard jobs >= 1 else { throw ValidationError("expected at least 1 job but found \(jobs).") }
    }

    func run() async throws {
        FreedMemory.keep()
        var isFolder = false
        guard FileManager.default.fileExists(atPath: source, isDirectory: &isFolder), isFolder else {
            throw UsageError(
                "\(source): expected the folder of the raw dataset but found \(isFolder ? "a file" : "none"). Correct --source."
            )
        }
        var options = PreparationOptions()
        (options.jobs, options.shard, options.includesUnlabelled) = (jobs, shard, includeUnlabelled)
        (options.updates, options.checksSources, options.makesBricks) = (update, checkSources, !noBricks)
        let preparation = DatasetPreparation(
            manifest: try Manifest.load(dataset), source: URL(filePath: source),
            configuration: try preparationConfiguration(),
            options: options, program: "iris \(Iris.configuration.version)")
        let volumeStore = try VolumeStore.open(at: URL(filePath: store), mode: .write)

        let summary: PreparationSummary
        do {
            summary = try await Interruption.cancelling {
                var bar: ProgressBar?
                defer { bar?.finish() }
                return try await preparation.run(into: volumeStore) { progress in
                    switch progress {
                    case .planned(let count):
                        bar = ProgressBar("prepare \(dataset)", total: count, unit: "cases", amountUnit: "voxels")
                    case .finished(_, let voxels): bar?.advance(amount: Double(voxels))
                    case .quarantined(let refused):
                        bar?.note("quarantined \(refused.name): \(refused.reason)")
                        bar?.advance()
                    }
                }
            }
        } catch is CancellationError {
            Terminal.writeError(
                "interrupted; what was finished is in the store, and the same command goes on from there\n")
            throw ExitStatus.findings
        }
        let report = PrepareReport(
            summary: summary, store: volumeStore.folder.path, digest: try volumeStore.catalogue().digest)
        if json { try JSONOutput.print(report) } else { report.printText() }
        if summary.hasFailures { throw ExitStatus.findings }
    }

    private func preparationConfiguration() throws -> PreparationConfiguration {
        if let config { return try PreparationConfiguration(file: URL(filePath: config)) }
        guard let home = ProjectFolder.url else { return .iris }
        return try PreparationConfiguration(file: home.appending(path: "configs/prepare/iris.yaml"))
    }
}
