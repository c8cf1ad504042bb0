import Configuration
import Digests
import Episodes
import FoundationEssentials
import IrisModel
import Tensors
import VolumeStore

/// A training run from start or checkpoint to its end: episodes in, events and checkpoints out.
///
/// The order of episodes is that of the plan indices, shared out by rank; where a run stands is its step alone, so a
/// resumed run sees the episodes that an undisturbed one would have seen.
public final class TrainingRun {
    /// What the run is made by.
    public let configuration: TrainingConfiguration
    /// Where the run leaves its files.
    public let folder: RunFolder
    /// What takes the steps.
    public let trainer: Trainer
    private let sampler: EpisodeSampler
    private let group: ProcessGroup
    private let validation: [EpisodeTensors]
    private let metadata: [String: String]

    /// Why a run ended.
    public enum End: Sendable { case finished, stoppedEarly, interrupted }

    /// Opens store and configurations, draws the validation episodes, and restores the newest checkpoint when `resuming`.
    ///
    /// - Parameters:
    ///   - configuration: what the training is made by.
    ///   - store: the store's folder.
    ///   - folder: the run's folder.
    ///   - resuming: whether a run that is there goes on.
    ///   - code: version of the program, noted beside the results.
    ///   - group: the processes that share the work.
    /// - Throws: errors of the configuration, the store, the sampler, the folder or the checkpoint.
    public init(
        _ configuration: TrainingConfiguration, store: URL, folder: URL, resuming: Bool, code: String,
        group: ProcessGroup
    ) async throws {
        self.configuration = configuration
        self.group = group
        self.folder = RunFolder(folder)
        let catalogue = try VolumeStore.open(at: store, mode: .read).catalogue()
        let episodes = try EpisodeConfiguration(contentsOf: URL(filePath: configuration.episodes))
        let model = try IrisConfiguration(
            YAMLValue(text: Self.text(of: configuration.model), file: configuration.model))
        sampler = try EpisodeSampler(catalogue: catalogue, configuration: episodes, seed: configuration.seed)
        validation = try await Self.validationEpisodes(episodes, catalogue, count: configuration.validation.episodes)
        // Model and episodes are compared by content; where their files lie does not matter.
        var settings = configuration
        (settings.model, settings.episodes) = ("", "")
        metadata = [
            "store": catalogue.digest.hexadecimal, "episodes": sampler.configurationDigest.hexadecimal,
            "configuration": try canonicalJSON(settings), "code": code,
            // What iris predict needs to treat new images as those of the training.
            InferenceRecord.metadataKey: try InferenceRecord(catalogue, episodes).json,
        ]
        trainer = try Engine.shared.run { try Trainer(configuration, model: model, group: group) }
        if resuming {
            let newest = try self.folder.newestCheckpoint()
            let file = try SafeTensors(contentsOf: newest)
            for name in ["store", "episodes", "configuration"] where file.metadata[name] != metadata[name] {
                throw TrainingError.otherField(
                    name: name, expected: file.metadata[name] ?? "unknown", found: metadata[name] ?? "unknown")
            }
            try Engine.shared.run { try trainer.restore(file, path: newest.path) }
        } else if group.rank == 0 {
            try self.folder.create()
            var settings = metadata
            (settings["model"], settings["episodeSettings"]) = (model.json, try canonicalJSON(episodes))
            try Data((try canonicalJSON(settings) + "\n").utf8)
                .write(to: folder.appending(path: "run.json"), options: .atomic)
        }
    }

    /// Trains until the configured number of steps, an early stop, or until `shouldStop` says so after a step.
    public func run(shouldStop: () -> Bool, report: (TrainingEvent) throws -> Void) async throws -> End {
        var settings = EpisodeStream.Settings()
        settings.shard = StreamShard(rank: group.rank, world: group.size)
        settings.buffer = max(4, 2 * configuration.batch)
        let done = UInt64(trainer.step * configuration.batch * group.size)
        let stream = try EpisodeStream(
            sampler, settings: settings,
            resuming: ResumeToken(
                store: sampler.catalogue.digest.hexadecimal, configuration: sampler.configurationDigest.hexadecimal,
                seed: sampler.seed, next: done + UInt64(group.rank), shard: settings.shard))
        defer { stream.stop() }
        let clock = ContinuousClock()
        while trainer.step < configuration.steps {
            let start = clock.now
            let passes = try await nextPasses(of: stream)
            let waited = clock.now - start
            let outcome = try Engine.shared.run { try trainer.step(on: passes) }
            let step = trainer.step
            try report(
                .step(
                    StepReport(
                        step, outcome, took: clock.now - start, waited: waited,
                        episodes: configuration.batch * group.size)))
            if !outcome.isApplied { try report(.skipped(step: step, inARow: trainer.skippedInARow)) }
            // Processes are asked to stop at different moments; all end after the same step.
            let interrupted = group.sum([shouldStop() ? 1 : 0])[0] > 0,
                last = step == configuration.steps || interrupted
            if !validation.isEmpty, step % configuration.validation.every == 0 || step == configuration.steps {
                let result = try Engine.shared.run { try trainer.validate(on: validation) }
                try report(.validation(result))
                if result.isBest { try save(to: folder.bestCheckpoint) }
            }
            let stopsEarly = trainer.shouldStopEarly
            if step % configuration.checkpoints.every == 0 || last || stopsEarly { try save(report) }
            if interrupted { return .interrupted }
            if stopsEarly { return .stoppedEarly }
        }
        return .finished
    }

    /// The episodes of one step, in as many passes as the configuration accumulates.
    private func nextPasses(of stream: EpisodeStream) async throws -> [EpisodeBatch] {
        var passes: [EpisodeBatch] = []
        for _ in 0..<configuration.accumulation {
            var episodes: [EpisodeTensors] = []
            for _ in 0..<configuration.batch / configuration.accumulation {
                // The stream has no end of its own.
                guard let batch = try await stream.next() else { throw CancellationError() }
                episodes.append(EpisodeTensors(batch[0]))
            }
            passes.append(EpisodeBatch(episodes))
        }
        return passes
    }

    private func save(_ report: (TrainingEvent) throws -> Void) throws {
        guard group.rank == 0 else { return }
        let file = trainer.checkpoint(adding: metadata)
        let url = try folder.write(file, step: trainer.step, keep: configuration.checkpoints.keep)
        try report(.checkpoint(path: url.path, step: trainer.step))
    }

    private func save(to url: URL) throws {
        guard group.rank == 0 else { return }
        try trainer.checkpoint(adding: metadata).write(to: url)
    }

    private static func text(of file: String) throws(ConfigurationError) -> String {
        guard let text = try? String(contentsOf: URL(filePath: file), encoding: .utf8) else {
            throw ConfigurationError(
                file: file, line: nil, path: "",
                problem: "cannot be read as text. Name a model configuration such as configs/model/paper.yaml.")
        }
        return text
    }

    /// Fixed episodes without augmentation: references from the training part, queries from the validation part.
    private static func validationEpisodes(_ training: EpisodeConfiguration, _ catalogue: StoreCatalogue, count: Int)
        async throws -> [EpisodeTensors]
    {
        guard count > 0 else { return [] }
        var plain = EpisodeConfiguration()
        plain.datasets = training.datasets
        plain.classes = training.classes
        plain.classes.dropProbability = 0
        plain.modalityGroups = training.modalityGroups
        plain.split = training.split
        plain.split.query = [.validation]
        plain.patch = training.patch
        plain.patch.centreJitter = 0
        let sampler = try EpisodeSampler(catalogue: catalogue, configuration: plain, seed: 0)
        var settings = EpisodeStream.Settings()
        settings.count = count
        var episodes: [EpisodeTensors] = []
        for try await batch in try EpisodeStream(sampler, settings: settings) {
            episodes.append(EpisodeTensors(batch[0]))
        }
        return episodes
    }
}

extension StepReport {
    init(_ step: Int, _ outcome: Trainer.Outcome, took: Duration, waited: Duration, episodes: Int) {
        self.init(
            step: step, loss: outcome.loss, diceLoss: outcome.diceLoss, crossEntropy: outcome.crossEntropy,
            dice: outcome.dice, learningRate: outcome.learningRate, gradientNorm: outcome.gradientNorm,
            seconds: took / .seconds(1), dataSeconds: waited / .seconds(1), episodes: episodes)
    }
}
