import Synchronization
import WorkerThreads

/// The machinery of an ``EpisodeStream``.
///
/// Slots are handed to batches in the order of delivery, at the moment a slot is free, so the batch that the consumer
/// waits for always has one: no order of finishing can deadlock it.
final class EpisodePipeline: Sendable {
    private let sampler: EpisodeSampler
    private let renderer: EpisodeRenderer
    private let memory: EpisodeMemory
    private let settings: EpisodeStream.Settings
    private let executor: ThreadExecutor
    /// The index of the first episode.
    private let first: UInt64
    private let state: Mutex<State>

    /// A batch between being given a slot and being delivered.
    private struct Pending {
        let slot: Int
        var plans: [EpisodePlan?]
        var remaining: Int
        var error: (any Error)?
    }

    private struct State {
        var free: [Int]
        /// Batches from `delivered` on, in order.
        var pending: [Pending] = []
        /// Batches delivered and batches given a slot.
        var delivered = 0, scheduled = 0
        var waiter: CheckedContinuation<Void, Never>?
        var isStopped = false
        var failure: (any Error)?
        var started: ContinuousClock.Instant?
        var statistics = StreamStatistics()
    }

    init(
        sampler: EpisodeSampler, renderer: EpisodeRenderer, memory: EpisodeMemory, settings: EpisodeStream.Settings,
        first: UInt64
    ) {
        (self.sampler, self.renderer, self.memory, self.settings, self.first) = (
            sampler, renderer, memory, settings, first
        )
        executor = ThreadExecutor(threadCount: settings.workers)
        var state = State(free: Array((0..<memory.slots).reversed()))
        state.statistics.workers = settings.workers
        self.state = Mutex(state)
    }

    // MARK: Order

    /// The number of batches of the whole stream.
    private var batchCount: Int { settings.count.map { ($0 + settings.batch - 1) / settings.batch } ?? .max }

    private func episodeCount(of batch: Int) -> Int {
        settings.count.map { min(settings.batch, $0 - batch * settings.batch) } ?? settings.batch
    }

    private func index(_ batch: Int, _ place: Int) -> UInt64 {
        first &+ UInt64(batch * settings.batch + place) &* UInt64(settings.shard.world)
    }

    private func token(after batches: Int) -> ResumeToken {
        let episodes = settings.count.map { min($0, batches * settings.batch) } ?? batches * settings.batch
        return ResumeToken(
            store: sampler.catalogue.digest.hexadecimal, configuration: sampler.configurationDigest.hexadecimal,
            seed: sampler.seed, next: first &+ UInt64(episodes) &* UInt64(settings.shard.world), shard: settings.shard)
    }

    var resumeToken: ResumeToken { token(after: state.withLock { $0.delivered }) }

    var statistics: StreamStatistics {
        state.withLock { state in
            var statistics = state.statistics
            statistics.elapsed = state.started.map { (ContinuousClock.now - $0).seconds } ?? 0
            return statistics
        }
    }

    // MARK: Work

    /// Gives free slots to the next batches and starts their episodes.
    private func schedule() {
        while true {
            let started: Int? = state.withLock { state in
                guard !state.isStopped, state.failure == nil, state.scheduled < batchCount,
                    let slot = state.free.popLast()
                else { return nil }
                let batch = state.scheduled, count = episodeCount(of: batch)
                state.pending.append(Pending(slot: slot, plans: Array(repeating: nil, count: count), remaining: count))
                state.scheduled += 1
                return batch
            }
            guard let batch = started else { return }
            for place in 0..<episodeCount(of: batch) {
                // Weak: work that has not begun dies with the stream.
                Task.detached(executorPreference: executor) { [weak self] in self?.make(batch, place) }
            }
        }
    }

    /// Plans and renders one episode of a batch, on a worker.
    private func make(_ batch: Int, _ place: Int) {
        let slot: Int? = state.withLock { $0.isStopped ? nil : $0.pending[batch - $0.delivered].slot }
        guard let slot else { return }
        let destination = EpisodeDestination(layout: memory.layout, slot: memory.slot(slot), place: place)
        var times = RenderTimes(), planning = 0.0
        do {
            let start = ContinuousClock.now
            let plan = try sampler.plan(index(batch, place))
            planning = (ContinuousClock.now - start).seconds
            times = try renderer.render(plan, into: destination)
            account(planning, times)
            finish(batch, place, plan, nil)
        } catch {
            finish(batch, place, nil, error)
        }
    }

    private func account(_ planning: Double, _ times: RenderTimes) {
        state.withLock { state in
            state.statistics.plan += planning
            state.statistics.read += times.read
            state.statistics.render += times.render
            state.statistics.patches += times.patches
            state.statistics.sourceBytes += times.sourceBytes
            state.statistics.majorFaults += times.majorFaults
        }
    }

    private func finish(_ batch: Int, _ place: Int, _ plan: EpisodePlan?, _ error: (any Error)?) {
        let waiter: CheckedContinuation<Void, Never>? = state.withLock { state in
            guard !state.isStopped else { return nil }
            let n = batch - state.delivered
            state.pending[n].plans[place] = plan
            if let error { state.pending[n].error = state.pending[n].error ?? error }
            state.pending[n].remaining -= 1
            guard n == 0, state.pending[n].remaining == 0 else { return nil }
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume()
    }

    // MARK: Delivery

    private enum Turn {
        case deliver(Pending, number: Int)
        case end
        case fail(any Error)
        case wait(isStarved: Bool)
    }

    func next() async throws -> RenderedBatch? {
        let start = ContinuousClock.now
        state.withLock { if $0.started == nil { $0.started = start } }
        schedule()
        defer {
            let waited = (ContinuousClock.now - start).seconds
            state.withLock { $0.statistics.consumerWait += waited }
        }
        while true {
            try Task.checkCancellation()
            switch takeTurn() {
            case .deliver(let pending, let number):
                return batch(pending, number)
            case .end:
                return nil
            case .fail(let error):
                throw error
            case .wait(let isStarved):
                await withTaskCancellationHandler {
                    await wait(giveUp: isStarved)
                } onCancel: {
                    stop()
                }
            }
        }
    }

    private func takeTurn() -> Turn {
        state.withLock { state in
            if let failure = state.failure { return .fail(failure) }
            if state.isStopped || state.delivered >= batchCount { return .end }
            guard let head = state.pending.first else { return .wait(isStarved: true) }
            guard head.remaining == 0 else { return .wait(isStarved: false) }
            state.pending.removeFirst()
            if let error = head.error {
                // The stream ends here: what comes after a failed episode would leave a gap.
                (state.failure, state.isStopped) = (error, true)
                return .fail(error)
            }
            state.delivered += 1
            state.statistics.episodes += head.plans.count
            return .deliver(head, number: state.delivered)
        }
    }

    private func batch(_ pending: Pending, _ number: Int) -> RenderedBatch {
        let batch = RenderedBatch(
            plans: pending.plans.map { $0! }, memory: memory, slot: pending.slot, resumeToken: token(after: number),
            giveBack: { [weak self] slot in self?.release(slot) })
        for place in pending.plans.count..<memory.layout.batch { batch.destination(place).clear() }
        return batch
    }

    /// Waits until the head batch may be ready. When the consumer holds every slot, only for the settings' patience.
    private func wait(giveUp isStarved: Bool) async {
        if isStarved {
            let patience = settings.patience, waited = state.withLock { $0.delivered }
            Task.detached { [weak self] in
                try? await Task.sleep(for: .seconds(patience))
                self?.giveUpIfStarved(since: waited)
            }
        }
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            let isReady = state.withLock { state in
                precondition(state.waiter == nil, "an episode stream has one consumer at a time")
                let ready = state.isStopped || state.failure != nil || state.pending.first?.remaining == 0
                if !ready { state.waiter = continuation }
                return ready
            }
            if isReady { continuation.resume() }
        }
    }

    private func giveUpIfStarved(since delivered: Int) {
        let waiter: CheckedContinuation<Void, Never>? = state.withLock { state in
            guard state.waiter != nil, state.delivered == delivered, state.pending.isEmpty, !state.isStopped else {
                return nil
            }
            state.failure = EpisodeError.allBuffersHeld(memory.slots)
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume()
    }

    private func release(_ slot: Int) {
        state.withLock { $0.free.append(slot) }
        schedule()
    }

    func stop() {
        let waiter: CheckedContinuation<Void, Never>? = state.withLock { state in
            state.isStopped = true
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume()
    }
}
