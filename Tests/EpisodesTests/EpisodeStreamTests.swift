import Episodes
import FoundationEssentials
import Synchronization
import Testing
import VolumeStore
import Volumes

@Suite struct EpisodeStreamTests {
    static func sampler(seed: UInt64 = 42) throws -> EpisodeSampler {
        try EpisodeSampler(
            catalogue: SyntheticStore.shared.catalogue, configuration: EpisodeSamplerTests.hard, seed: seed)
    }

    private static func settings(
        workers: Int = 2, rank: Int = 0, world: Int = 1, count: Int? = nil, batch: Int = 1, buffer: Int = 3
    )
        -> EpisodeStream.Settings
    {
        var settings = EpisodeStream.Settings()
        (settings.workers, settings.shard, settings.count) = (workers, StreamShard(rank: rank, world: world), count)
        (settings.batch, settings.buffer) = (batch, buffer)
        return settings
    }

    /// Index and digest of the episodes of a stream.
    private static func take(_ stream: EpisodeStream) async throws -> [UInt64: String] {
        var found: [UInt64: String] = [:]
        var last: UInt64?
        for try await batch in stream {
            for place in 0..<batch.count {
                let episode = batch[place]
                #expect(last.map { $0 < episode.plan.index } ?? true, "episodes come in order")
                last = episode.plan.index
                found[episode.plan.index] = episode.digest.hexadecimal
            }
        }
        return found
    }

    // Digests are compared in a process of its own: other tests of this one change the instruction set meanwhile.

    @Test("The same 24 episodes one by one, by 1, 2 and 4 workers, in batches, and by 1, 2 and 4 shards")
    func episodesDoNotDependOnWorkersBatchesOrShards() async {
        await #expect(processExitsWith: .success) { try await EpisodeStreamTests.compareWorkersBatchesAndShards() }
    }

    @Test("A stream stopped after 7 episodes and continued from the printed token gives what an unbroken one gives")
    func resume() async { await #expect(processExitsWith: .success) { try await EpisodeStreamTests.compareResumed() } }

    @Test("A plan that was printed renders to the same bytes")
    func printedPlansReplay() async {
        await #expect(processExitsWith: .success) { try EpisodeStreamTests.compareReplayed() }
    }

    private static func compareWorkersBatchesAndShards() async throws {
        let sampler = try Self.sampler(), renderer = EpisodeRenderer(catalogue: sampler.catalogue)
        var expected: [UInt64: String] = [:]
        for index in UInt64(0)..<24 { expected[index] = try renderer.render(sampler.plan(index)).digest.hexadecimal }
        #expect(Set(expected.values).count == 24)
        for workers in [1, 2, 4] {
            let stream = try EpisodeStream(
                sampler, settings: Self.settings(workers: workers, count: 24, batch: workers == 2 ? 5 : 1))
            #expect(try await take(stream) == expected)
        }
        for world in [2, 4] {
            var union: [UInt64: String] = [:]
            for rank in 0..<world {
                let part = try await take(
                    EpisodeStream(sampler, settings: Self.settings(rank: rank, world: world, count: 24 / world)))
                #expect(part.keys.allSatisfy { $0 % UInt64(world) == UInt64(rank) })
                union.merge(part) { _, _ in
                    Issue.record("two ranks got one episode"); return ""
                }
            }
            #expect(union == expected)
        }
    }

    private static func compareResumed() async throws {
        let whole = try await take(EpisodeStream(Self.sampler(), settings: Self.settings(rank: 1, world: 2, count: 15)))
        let first = try EpisodeStream(Self.sampler(), settings: Self.settings(rank: 1, world: 2))
        var found: [UInt64: String] = [:]
        var text = ""
        for _ in 0..<7 {
            let batch = try #require(try await first.next())
            found[batch[0].plan.index] = batch[0].digest.hexadecimal
            text = try #require(batch.resumeToken).description
        }
        first.stop()
        let second = try EpisodeStream(
            Self.sampler(), settings: Self.settings(workers: 3, rank: 1, world: 2, count: 8),
            resuming: ResumeToken(text))
        found.merge(try await take(second)) { _, _ in
            Issue.record("an episode came twice"); return ""
        }
        #expect(found == whole)
        #expect(second.resumeToken.next == 31)
    }

    @Test func foreignTokensAreRefused() throws {
        let sampler = try Self.sampler(), shard = StreamShard(rank: 1, world: 2)
        func token(
            store: String? = nil, configuration: String? = nil, seed: UInt64 = 42, next: UInt64 = 3,
            shard: StreamShard = shard
        )
            -> ResumeToken
        {
            ResumeToken(
                store: store ?? sampler.catalogue.digest.hexadecimal,
                configuration: configuration ?? sampler.configurationDigest.hexadecimal, seed: seed, next: next,
                shard: shard)
        }
        func field(_ token: ResumeToken) -> String? {
            do {
                _ = try EpisodeStream(sampler, settings: Self.settings(rank: 1, world: 2), resuming: token)
                return nil
            } catch ResumeError.differs(let field, _, _) { return field } catch { return "\(error)" }
        }
        #expect(field(token()) == nil)
        #expect(field(token(store: "0")) == "store")
        #expect(field(token(configuration: "0")) == "configuration")
        #expect(field(token(seed: 43)) == "seed")
        #expect(field(token(shard: StreamShard(rank: 0, world: 2))) == "rank")
        #expect(field(token(shard: StreamShard(rank: 1, world: 4))) == "world")
        #expect(field(token(next: 4)) == "next")
        #expect(
            ResumeError.differs(field: "seed", expected: "42", found: "43").description == """
                the resume token belongs to another stream: expected seed 42 but found 43. Use the store, configuration, seed and \
                shard of the interrupted run, or start anew without a token.
                """)
        #expect(throws: ResumeError.unreadable("x")) { try ResumeToken("x") }
    }

    /// A consumer that takes nothing leaves the workers with their slots: no more episodes are rendered than there are slots.
    @Test(.timeLimit(.minutes(1))) func memoryIsBounded() async throws {
        let stream = try EpisodeStream(Self.sampler(), settings: Self.settings(workers: 2, buffer: 3))
        #expect(stream.memory.slots == 5)
        let first = try #require(try await stream.next())
        while stream.statistics.patches < 5 * 2 { try await Task.sleep(for: .milliseconds(10)) }
        try await Task.sleep(for: .milliseconds(100))
        let rendered = stream.statistics.patches
        #expect(rendered >= 5 * 2 && rendered <= 5 * 4, "5 slots, 2 to 4 patches an episode")
        #expect(first.slot >= 0)
    }

    @Test func holdingEverySlotIsAnError() async throws {
        var held = Self.settings(workers: 1, buffer: 2)
        held.patience = 0.2
        let stream = try EpisodeStream(Self.sampler(), settings: held)
        var batches: [RenderedBatch] = []
        await #expect(throws: EpisodeError.allBuffersHeld(3)) {
            while let batch = try await stream.next() { batches.append(batch) }
        }
        #expect(batches.count == 3 && Set(batches.map(\.slot)).count == 3)
    }

    /// Slots are used again, and a batch in hand keeps its voxels while others are rendered.
    @Test func slotsAreRecycled() async throws {
        let stream = try EpisodeStream(Self.sampler(), settings: Self.settings(workers: 2, buffer: 2))
        let kept = try #require(try await stream.next()), digest = kept[0].digest
        var slots: Set<Int> = []
        for _ in 0..<20 { slots.insert(try #require(try await stream.next()).slot) }
        #expect(slots.count <= 3 && !slots.contains(kept.slot))
        #expect(kept[0].digest == digest)
        #expect(stream.statistics.episodes == 21)
        #expect(!stream.statistics.verdict.isEmpty)
    }

    @Test func cancellationEndsTheWait() async throws {
        let stream = try EpisodeStream(Self.sampler(), settings: Self.settings(workers: 1))
        let task = Task {
            var count = 0
            while let batch = try await stream.next() { count += batch.count }
            return count
        }
        try await Task.sleep(for: .milliseconds(50))
        task.cancel()
        await #expect(throws: CancellationError.self) { _ = try await task.value }
    }

    /// Masks of a batch are padded with zeros, also where an earlier episode had voxels in the recycled slot; each of an
    /// episode's own classes shows in its references.
    @Test func paddingIsEmpty() async throws {
        let stream = try EpisodeStream(Self.sampler(), settings: Self.settings(count: 22, batch: 4, buffer: 1))
        var episodes = 0, padded = 0
        for try await batch in stream {
            let layout = batch.layout, voxels = layout.shape.count
            #expect(layout.references == 3 && layout.classes == 4)
            batch.withReferenceMasks { masks in
                for b in 0..<layout.batch {
                    for r in 0..<layout.references {
                        for k in 0..<layout.classes {
                            let start = ((b * layout.references + r) * layout.classes + k) * voxels
                            let count = masks[start..<start + voxels].reduce(0) { $0 + Int($1) }
                            let isReal = b < batch.count && batch.referenceValidity[b][r] && batch.classValidity[b][k]
                            #expect(isReal ? count >= 8 : count == 0)
                            padded += isReal ? 0 : 1
                        }
                    }
                }
            }
            batch.withQueryImages { images in
                for b in 0..<batch.count { #expect(Set(images[b * voxels..<(b + 1) * voxels]).count > 100) }
            }
            episodes += batch.count
        }
        #expect(episodes == 22 && padded > 20)
    }

    private static func compareReplayed() throws {
        let sampler = try Self.sampler(), renderer = EpisodeRenderer(catalogue: sampler.catalogue)
        for index in UInt64(0)..<5 {
            let plan = try sampler.plan(index)
            #expect(try renderer.render(EpisodePlan(json: plan.json)).digest == renderer.render(plan).digest)
        }
    }

    /// The rendered masks of the references count what the guarantee says, over a thousand episodes.
    @Test func renderedMasksKeepThePromise() async throws {
        let stream = try EpisodeStream(Self.sampler(seed: 9), settings: Self.settings(count: 1000))
        for try await batch in stream {
            let episode = batch[0]
            for number in episode.plan.references.indices {
                episode.withReferenceMasks(number) { masks in
                    for k in episode.plan.classes.indices {
                        let count = masks[k * episode.shape.count..<(k + 1) * episode.shape.count].reduce(0) {
                            $0 + Int($1)
                        }
                        #expect(count >= 8, "episode \(episode.plan.index)")
                    }
                }
            }
        }
    }
}
