import WorkerThreads

/// Delivers episodes in order, rendered ahead by worker threads of its own.
///
/// Memory is bounded by the number of slots, whatever the consumer does: a slot is rendered into again once its batch is
/// let go of. The episodes do not depend on the number of workers; processes with different ranks share them out.
///
///     for try await batch in try EpisodeStream(sampler) { train(on: batch[0]) }
///
/// A stream is passed through once; a second loop goes on where the first one stopped.
public final class EpisodeStream: AsyncSequence, Sendable {
    /// Batches of rendered episodes.
    public typealias Element = RenderedBatch

    /// How a stream works; nothing here changes an episode.
    public struct Settings: Sendable {
        /// Threads that render.
        public var workers = Swift.max(1, availableCores - 1)
        /// Batches that may be ready or in the consumer's hands, beside those that workers are at.
        public var buffer = 4
        /// Episodes side by side in one batch.
        public var batch = 1
        /// The part of the stream that this process takes.
        public var shard = StreamShard()
        /// The number of episodes to deliver; without end when `nil`.
        public var count: Int?
        /// Whether other processes can map the memory.
        public var shared = false
        /// How long `next` waits while the consumer holds every slot, in seconds, before it throws.
        public var patience = 10.0

        public init() {}
    }

    /// How the stream works.
    public let settings: Settings
    /// What plans the episodes.
    public let sampler: EpisodeSampler
    /// The memory of all slots.
    public let memory: EpisodeMemory
    private let pipeline: EpisodePipeline

    /// - Parameters:
    ///   - sampler: draws the plans.
    ///   - settings: shard, batch, count, threads and memory.
    ///   - renderer: shared between streams of one store; a new one when `nil`.
    ///   - token: where to go on; at the shard's first episode when `nil`.
    /// - Throws: ``ResumeError`` naming the field in which the token differs; ``EpisodeError`` when there is no memory.
    public init(
        _ sampler: EpisodeSampler, settings: Settings = Settings(), renderer: EpisodeRenderer? = nil,
        resuming token: ResumeToken? = nil
    ) throws {
        precondition(
            settings.workers > 0 && settings.buffer > 0 && settings.batch > 0,
            "workers, buffer and batch are at least 1")
        try token?.check(sampler, settings.shard)
        (self.settings, self.sampler) = (settings, sampler)
        memory = try EpisodeMemory(
            layout: EpisodeLayout(sampler.configuration, batch: settings.batch),
            // A batch takes several workers when it has several episodes.
            slots: settings.buffer + (settings.workers + settings.batch - 1) / settings.batch, shared: settings.shared)
        pipeline = EpisodePipeline(
            sampler: sampler, renderer: renderer ?? EpisodeRenderer(catalogue: sampler.catalogue), memory: memory,
            settings: settings, first: token?.next ?? UInt64(settings.shard.rank))
    }

    deinit { pipeline.stop() }

    /// The next batch; `nil` when the stream has ended. Cancelling the task stops the stream.
    ///
    /// - Throws: what planning or rendering threw, at the episode's turn; `EpisodeError.allBuffersHeld` when the consumer
    ///   holds every slot for longer than the settings' patience; `CancellationError`.
    public func next() async throws -> RenderedBatch? { try await pipeline.next() }

    /// Stops the workers. Batches already delivered stay valid.
    public func stop() { pipeline.stop() }

    /// Where the time went so far.
    public var statistics: StreamStatistics { pipeline.statistics }

    /// Continues the stream after the last delivered batch.
    public var resumeToken: ResumeToken { pipeline.resumeToken }

    public func makeAsyncIterator() -> Iterator { Iterator(stream: self) }

    /// Hands out batches in the order of their indices.
    public struct Iterator: AsyncIteratorProtocol {
        let stream: EpisodeStream
        public func next() async throws -> RenderedBatch? { try await stream.next() }
    }
}
