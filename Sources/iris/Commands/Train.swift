import ArgumentParser
import FoundationEssentials
import Glibc
import IrisTraining
import Synchronization

/// `iris train`: a model from episodes of a store.
struct Train: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Train a model on episodes of a store.",
        discussion: """
            The run's folder gets run.json (what it was made from), log.jsonl (a line per report), TensorBoard events, \
            numbered checkpoints and best.safetensors. An interrupt (Ctrl-C) finishes the step, writes a checkpoint and \
            ends; --resume continues as if nothing had happened. Under mpirun the processes share out the episodes of each \
            step.
            """)

    @Option(help: "Training configuration.", completion: .file(extensions: ["yaml"])) var config: String
    @Option(help: "Folder of the store.", completion: .directory) var store: String
    @Option(help: "Folder of the run.", completion: .directory) var output: String
    @Flag(help: "Continue from the newest checkpoint of the run.") var resume = false

    func run() async throws {
        let settings = try TrainingConfiguration(contentsOf: URL(filePath: config))
        let group = ProcessGroup.current
        let folder = URL(filePath: output)
        let run = try await TrainingRun(
            settings, store: URL(filePath: store), folder: folder, resuming: resume, code: "iris \(Iris.configuration.version)",
            group: group)
        let reporter = group.rank == 0 ? try TrainingReporter(run: run, steps: settings.steps) : nil
        Interruption.watch()
        let end = try await run.run(shouldStop: { Interruption.isAsked }) { try reporter?.report($0) }
        reporter?.finish(end)
        if end == .interrupted { throw ExitStatus.findings }
    }
}

/// Whether the user asked the process to end: Ctrl-C once. A second Ctrl-C ends it at once.
private enum Interruption {
    private static let asked = Atomic<Bool>(false)

    static var isAsked: Bool { asked.load(ordering: .relaxed) }

    static func watch() {
        signal(SIGINT) { _ in
            asked.store(true, ordering: .relaxed)
            signal(SIGINT, SIG_DFL)
        }
    }
}
