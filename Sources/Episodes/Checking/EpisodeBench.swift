import CSharedMemory
import Glibc

/// How fast episodes are made: on one thread alone, and by a stream.
public struct EpisodeBench: Sendable, Codable {
    /// Milliseconds of one stage, for a patch (or a plan), and nanoseconds for a voxel.
    public struct Stage: Hashable, Sendable, Codable {
        /// What was timed.
        public let name: String
        /// Seconds of the fastest run and of the one in the middle.
        public let fastest, median: Double
        /// The fastest run by voxel; `nil` for what has no voxels.
        public let nanosecondsPerVoxel: Double?
    }

    /// Threads that rendered.
    public let workers: Int
    /// Voxels of a patch along i, j and k.
    public let patchShape: [Int]
    /// One thread without a stream, per stage. `render` is geometry and intensity together.
    public let stages: [Stage]
    /// Episodes per second of one thread without a stream, and of streams.
    public let aloneEpisodesPerSecond, oneWorkerEpisodesPerSecond, episodesPerSecond: Double
    /// Patches that the stream delivered in a second.
    public let patchesPerSecond: Double
    /// What the stream adds to the time of an episode, with one worker: 0.05 is 5 %.
    public let streamOverhead: Double
    /// The same for the processor time of the whole process, which other programs disturb less.
    public let streamOverheadInProcessorTime: Double
    /// Speed with all workers over workers times the speed with one.
    public let scaling: Double
    /// Of the stream with all workers.
    public let statistics: StreamStatistics
    /// What limits the stream, in a sentence.
    public let verdict: String
    /// Bytes of prepared volumes that were read in a second.
    public let sourceBytesPerSecond: Double
    /// The most memory that the process ever had, in bytes.
    public let peakMemory: Int
    /// By how much allocated memory grew, per episode, while the stream ran steadily, in bytes; scratch and slots are taken
    /// before.
    public let allocatedBytesPerEpisode: Double
    /// How often, per episode of the steady stream, a page was touched that the process had not touched before: fresh memory
    /// from the system, or parts of a case's files.
    public let pageFaultsPerEpisode: Double

    /// - Parameters:
    ///   - sampler: draws the plans that are rendered.
    ///   - workers: threads that render.
    ///   - seconds: for the whole measurement, about.
    public init(of sampler: EpisodeSampler, workers: Int, seconds: Double) async throws {
        let renderer = EpisodeRenderer(catalogue: sampler.catalogue)
        let alone = try Self.alone(sampler, renderer, seconds: seconds / 4)
        stages = alone.stages
        self.workers = workers
        let shape = sampler.configuration.patch.size
        patchShape = [shape.i, shape.j, shape.k]

        // Alone and with one worker in turns, so that both meet the same disturbances; the fastest round of each counts.
        var aloneTimes: [Double] = [], streamTimes: [Double] = [], aloneWork: [Double] = [], streamWork: [Double] = []
        let rounds = 6, perRound = max(2, Int(seconds / 4 / Double(2 * rounds) * alone.episodesPerSecond))
        for _ in 0..<rounds {
            let alone = try Self.time(sampler, renderer, episodes: perRound)
            let stream = try await Self.time(sampler, renderer, workers: 1, episodes: perRound)
            aloneTimes.append(alone.seconds)
            aloneWork.append(alone.work)
            streamTimes.append(stream.seconds)
            streamWork.append(stream.work)
        }
        aloneEpisodesPerSecond = Double(perRound) / aloneTimes.min()!
        oneWorkerEpisodesPerSecond = Double(perRound) / streamTimes.min()!
        streamOverhead = streamTimes.min()! / aloneTimes.min()! - 1
        streamOverheadInProcessorTime = streamWork.min()! / aloneWork.min()! - 1

        let count = max(4 * workers, Int(seconds / 2 * alone.episodesPerSecond * Double(workers)))
        let run = try await Self.time(sampler, renderer, workers: workers, episodes: count)
        episodesPerSecond = Double(count) / run.seconds
        patchesPerSecond = Double(run.statistics.patches) / run.statistics.elapsed
        scaling = episodesPerSecond / oneWorkerEpisodesPerSecond / Double(workers)
        statistics = run.statistics
        verdict = run.statistics.verdict
        sourceBytesPerSecond = Double(run.statistics.sourceBytes) / run.statistics.elapsed
        allocatedBytesPerEpisode = run.growth
        pageFaultsPerEpisode = run.faults
        peakMemory = iris_peak_memory()
    }

    /// The stages of single patches, one after the other.
    private static func alone(_ sampler: EpisodeSampler, _ renderer: EpisodeRenderer, seconds: Double) throws
        -> (stages: [Stage], episodesPerSecond: Double)
    {
        let memory = try EpisodeMemory(layout: EpisodeLayout(sampler.configuration), slots: 1)
        let destination = EpisodeDestination(layout: memory.layout, slot: memory.slot(0), place: 0)
        var plans: [Double] = [], whole: [Double] = [], geometry: [Double] = []
        let start = ContinuousClock.now
        var index: UInt64 = 0, episodes = 0.0
        // The first episodes open files and take memory.
        while index < 8 || (ContinuousClock.now - start).seconds < seconds {
            let begin = ContinuousClock.now
            let plan = try sampler.plan(index)
            let planned = ContinuousClock.now
            let times = try renderer.render(plan, into: destination)
            episodes += 1 / (ContinuousClock.now - begin).seconds
            let withoutIntensity = try renderer.render(plan.withoutIntensity, into: destination)
            let patches = Double(times.patches)
            if index >= 4 {
                plans.append((planned - begin).seconds)
                whole.append(times.render / patches)
                geometry.append(withoutIntensity.render / patches)
            }
            index += 1
        }
        let voxels = Double(memory.layout.shape.count)
        func stage(_ name: String, _ values: [Double], perVoxel: Bool) -> Stage {
            let sorted = values.sorted()
            let (fastest, median) = (sorted[0], sorted[sorted.count / 2])
            return Stage(
                name: name, fastest: fastest * 1e3, median: median * 1e3,
                nanosecondsPerVoxel: perVoxel ? median * 1e9 / voxels : nil)
        }
        let geometryStage = stage("geometry", geometry, perVoxel: true),
            renderStage = stage("render", whole, perVoxel: true)
        // Intensities are changed where the geometry left them, so what they take is known as a difference only.
        let intensityStage = Stage(
            name: "intensity", fastest: renderStage.fastest - geometryStage.fastest,
            median: renderStage.median - geometryStage.median,
            nanosecondsPerVoxel: renderStage.nanosecondsPerVoxel! - geometryStage.nanosecondsPerVoxel!)
        return (
            [stage("plan", plans, perVoxel: false), geometryStage, intensityStage, renderStage],
            episodes / Double(index)
        )
    }

    /// Seconds of processor time that the process has used.
    private static var processorTime: Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }

    /// Seconds and processor seconds for the episodes 5..<5 + episodes on this thread, into memory of their own.
    private static func time(_ sampler: EpisodeSampler, _ renderer: EpisodeRenderer, episodes: Int) throws
        -> (seconds: Double, work: Double)
    {
        let memory = try EpisodeMemory(layout: EpisodeLayout(sampler.configuration), slots: 5)
        func render(_ number: Int) throws {
            let slot = memory.slot(number % 5)
            try renderer.render(
                sampler.plan(UInt64(number)), into: EpisodeDestination(layout: memory.layout, slot: slot, place: 0))
        }
        // The slots are touched for the first time outside the measurement, as below.
        for number in 0..<5 { try render(number) }
        let start = ContinuousClock.now, work = processorTime
        for number in 5..<5 + episodes { try render(number) }
        return ((ContinuousClock.now - start).seconds, processorTime - work)
    }

    /// Seconds, processor seconds, statistics, and growth of allocated memory and page faults per episode for a stream after its slots have
    /// been filled once.
    private static func time(_ sampler: EpisodeSampler, _ renderer: EpisodeRenderer, workers: Int, episodes: Int)
        async throws
        -> (seconds: Double, work: Double, statistics: StreamStatistics, growth: Double, faults: Double)
    {
        var settings = EpisodeStream.Settings()
        settings.workers = workers
        let stream = try EpisodeStream(sampler, settings: settings, renderer: renderer)
        for _ in 0..<stream.memory.slots { _ = try await stream.next() }
        let before = iris_allocated_bytes(), faultsBefore = iris_page_faults()
        let start = ContinuousClock.now, workBefore = processorTime
        for _ in 0..<episodes { _ = try await stream.next() }
        let work = processorTime - workBefore
        let seconds = (ContinuousClock.now - start).seconds
        let growth = Double(iris_allocated_bytes()) - Double(before)
        let faults = Double(iris_page_faults() - faultsBefore)
        let statistics = stream.statistics
        stream.stop()
        return (seconds, work, statistics, growth / Double(episodes), faults / Double(episodes))
    }
}

extension EpisodePlan {
    /// The same episode with the intensities of the cases.
    fileprivate var withoutIntensity: EpisodePlan {
        func plain(_ patch: PatchPlan) -> PatchPlan {
            var patch = patch
            patch.intensity = []
            return patch
        }
        return EpisodePlan(
            store: store, configuration: configuration, seed: seed, index: index, dataset: dataset, modality: modality,
            classes: classes, isNegative: isNegative,
            references: references.map {
                PlannedReference(subject: $0.subject, patch: plain($0.patch), maskChanges: $0.maskChanges)
            },
            query: plain(query))
    }
}
