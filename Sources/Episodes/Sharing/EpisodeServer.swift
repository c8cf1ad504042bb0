import WorkerThreads

/// Memory that another process can map: `slots * slotBytes` bytes behind a descriptor, which the owner keeps open.
public struct SharedSlots: Sendable {
    /// The file descriptor of the shared memory.
    public let descriptor: Int32
    /// The number of slots.
    public let slots: Int
    /// The bytes of one slot.
    public let slotBytes: Int

    public init(descriptor: Int32, slots: Int, slotBytes: Int) {
        (self.descriptor, self.slots, self.slotBytes) = (descriptor, slots, slotBytes)
    }
}

/// What a server says of its stream before the first episode.
public struct StreamIdentity: Sendable {
    /// The program's name and version, told to consumers.
    public let program: String
    /// SHA-256 of the store's content and of the configuration, in hexadecimal digits.
    public let store, configuration: String
    /// The stream's seed.
    public let seed: UInt64
    /// The rank of this shard, and how many there are.
    public let rank, world: Int

    public init(program: String, store: String, configuration: String, seed: UInt64, rank: Int, world: Int) {
        (self.program, self.store, self.configuration) = (program, store, configuration)
        (self.seed, self.rank, self.world) = (seed, rank, world)
    }
}

/// Hands episodes to one other process through a ring of slots in shared memory (docs/stream-protocol.md).
///
/// The producer writes a slot, announces it, and does not touch it again before the consumer has released it; it waits
/// while the consumer holds every slot, so memory stays what the slots take.
public final class EpisodeServer: Sendable {
    private let socket: ControlSocket
    private let identity: StreamIdentity
    private let memory: SharedSlots
    private let ledger: SlotLedger

    /// - Throws: ``SharingError/tooFewSlots(found:)``.
    public init(socket: ControlSocket, identity: StreamIdentity, memory: SharedSlots) throws(SharingError) {
        guard memory.slots >= 2 else { throw .tooFewSlots(found: memory.slots) }
        (self.socket, self.identity, self.memory) = (socket, identity, memory)
        ledger = SlotLedger(slots: memory.slots)
    }

    /// Serves what `next` returns until it returns `nil` or the consumer closes the stream. `next` is asked only while at
    /// least one slot is free.
    ///
    /// - Returns: the number of episodes served.
    /// - Throws: what `next` throws, after the consumer has been told; ``SharingError``; `CancellationError`.
    public func run(next: @escaping @Sendable () async throws -> SharedEpisode?) async throws -> Int {
        try socket.send(hello.protocolLine, attachment: memory.descriptor)
        let serving = Task { try await serve(next) }
        // Threads of their own: neither may wait for work that the program does elsewhere.
        let threads = ThreadExecutor(threadCount: 2)
        let listening = Task(executorPreference: threads) {
            self.listen()
            serving.cancel()
        }
        let beating = Task(executorPreference: threads) { [socket] in
            while !Task.isCancelled {
                try? await Task.sleep(for: .seconds(StreamProtocol.heartbeatSeconds))
                socket.sendIfRoom(HeartbeatMessage().protocolLine)
            }
        }
        let result = await withTaskCancellationHandler {
            await serving.result
        } onCancel: {
            ledger.end(CancellationError())
            serving.cancel()
        }
        // A consumer that closed and went may be noticed by a failing send before its `close` has been read.
        if case .failure(let error) = result, error as? SharingError == .consumerWentAway { await listening.value }
        let ending = ledger.ending
        beating.cancel()
        tell(result, ending)
        socket.shutDown()
        await listening.value
        await beating.value
        withExtendedLifetime(threads) {}
        switch (result, ending) {
        case (.success, _), (.failure, is SlotLedger.Ending): return ledger.served
        case (.failure, let ending as SharingError): throw ending
        case (.failure(let error), _): throw error
        }
    }

    private var hello: HelloMessage {
        HelloMessage(
            program: identity.program, slots: memory.slots, slotBytes: memory.slotBytes, store: identity.store,
            configuration: identity.configuration, seed: identity.seed, rank: identity.rank, world: identity.world)
    }

    private func serve(_ next: @Sendable () async throws -> SharedEpisode?) async throws {
        while true {
            try await ledger.waitForFreeSlot()
            guard let episode = try await next() else { return }
            ledger.hold(episode.slot, content: episode.content)
            let message = EpisodeMessage(
                slot: episode.slot, index: episode.index, resume: episode.resumeToken, arrays: episode.arrays,
                plan: episode.plan)
            try socket.send(message.protocolLine)
        }
    }

    /// Reads what the consumer says until it ends.
    private func listen() {
        do throws(SharingError) {
            while let line = try socket.receiveLine() {
                switch try ConsumerMessage(line: line) {
                case .close:
                    return ledger.end(SlotLedger.Ending.closedByConsumer)
                case .release(let slot):
                    guard ledger.release(slot) else {
                        throw .unexpected(line: line, problem: "it does not hold slot \(slot)")
                    }
                }
            }
            ledger.end(SharingError.consumerWentAway)
        } catch {
            ledger.end(error)
        }
    }

    /// The last line to the consumer, if it can still hear.
    private func tell(_ result: Result<Void, any Error>, _ ending: (any Error)?) {
        if case .failure(let error) = result, !(ending is SlotLedger.Ending) {
            let reason = ending ?? error
            let text = reason is CancellationError ? "the producer was interrupted." : "\(reason)"
            try? socket.send(ErrorMessage(text: text).protocolLine)
        } else {
            try? socket.send(EndMessage(count: ledger.served).protocolLine)
        }
    }
}

extension EpisodeServer {
    /// Tells the consumer why there will be no stream at all.
    public static func refuse(_ error: any Error, on socket: ControlSocket) {
        try? socket.send(ErrorMessage(text: "\(error)").protocolLine)
    }
}
