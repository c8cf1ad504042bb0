import ArgumentParser
import FoundationEssentials
import IrisTraining
import Synchronization
import Tensors

/// `iris train`: a model from episodes of a store.
struct Train: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Train a model on episodes of a store.",
        discussion: """
            The run's folder gets run.json (what it was made from), log.jsonl (a line per report), TensorBoard events, \
            numbered checkpoints and best.safetensors. An interrupt (Ctrl-C, SIGTERM, SIGUSR1) finishes the step, writes a \
            checkpoint and ends; --resume continues as if nothing had happened. Under mpirun or srun --mpi=pmix the \
            processes share out the episodes of each step.
            """)

    @Option(help: "Training configuration.", completion: .file(extensions: ["yaml"])) var config: String
    @Option(help: "Folder of the store.", completion: .directory) var store: String
    @Option(help: "Folder of the run.", completion: .directory) var output: String
    @Flag(help: "Continue from the newest checkpoint of the run.") var resume = false

    func run() async throws {
        ThreadPolicy.applyShortSpin()
        let settings = try TrainingConfiguration(contentsOf: URL(filePath: config))
        let group = try ProcessGroup.join()
        let folder = URL(filePath: output)
        let run = try await TrainingRun(
            settings, store: URL(filePath: store), folder: folder, resuming: resume,
            code: "iris \(Iris.configuration.version)",
            group: group)
        let reporter = group.rank == 0 ? try TrainingReporter(run: run, steps: settings.steps) : nil
        let stop = StopRequest()
        let interruption = Interruption { stop.ask() }
        let end = try await run.run(shouldStop: { stop.isAsked }) { try reporter?.report($0) }
        withExtendedLifetime(interruption) {}
        reporter?.finish(end)
        if end == .interrupted { throw ExitStatus.findings }
    }
}

/// Whether the user asked the run to end.
private final class StopRequest: Sendable {
    private let flag = Atomic<Bool>(false)

    var isAsked: Bool { flag.load(ordering: .relaxed) }

    func ask() { flag.store(true, ordering: .relaxed) }
}
