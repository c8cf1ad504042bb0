import ArgumentParser
import Episodes
import FoundationEssentials
import Preparation
import WorkerThreads

/// `iris stream`: episodes for another process.
struct StreamCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stream",
        abstract: "Serve episodes to another process through shared memory.",
        discussion: """
            Started by a client such as clients/python, which holds the other end of a Unix socket: standard input, unless \
            --socket-fd or --socket names another. docs/stream-protocol.md describes what goes over it.
            """)

    @OptionGroup var source: EpisodesCommand.Source

    @Option(help: "This process's number among those that share the stream, from 0.") var rank = 0

    @Option(help: "The number of processes that share the stream.") var world = 1

    @Option(help: "Go on after the episode that came with this token.") var resume: String?

    @Option(help: "Episodes to serve; without end by default.") var count: Int?

    @Option(help: "Episodes in shared memory at a time; by default four more than workers.") var slots: Int?

    @Option(help: "Threads that render; by default one less than the cores, and less than the slots.") var workers: Int?

    @Option(name: .customLong("socket-fd"), help: "Descriptor of the connected socket.") var socketDescriptor: Int32 = 0

    @Option(help: "Path of a socket that the consumer listens on.", completion: .file()) var socket: String?

    func validate() throws {
        guard world >= 1 else { throw ValidationError("--world: expected at least 1 but found \(world).") }
        guard (0..<world).contains(rank) else {
            throw ValidationError("--rank: expected 0 to \(world - 1), less than --world, but found \(rank).")
        }
        if let count, count < 1 { throw ValidationError("--count: expected at least 1 but found \(count).") }
        if let workers, workers < 1 { throw ValidationError("--workers: expected at least 1 but found \(workers).") }
        if let slots {
            guard slots >= 2 else { throw SharingError.tooFewSlots(found: slots) }
            if let workers, workers >= slots {
                throw ValidationError("--workers: expected less than the \(slots) slots but found \(workers).")
            }
        }
    }

    func run() async throws {
        FreedMemory.keep()
        let control =
            if let socket { try ControlSocket(connectingTo: socket) } else {
                try ControlSocket(adopting: socketDescriptor)
            }
        let stream: EpisodeStream, server: EpisodeServer
        do {
            stream = try openStream()
            server = try EpisodeServer(
                socket: control, identity: StreamIdentity(stream, program: "iris \(Iris.configuration.version)"),
                memory: SharedSlots(stream.memory))
        } catch {
            EpisodeServer.refuse(error, on: control)
            throw error
        }
        try await Interruption.cancelling {
            _ = try await server.run { try await stream.next().map(SharedEpisode.init) }
        }
    }

    private func openStream() throws -> EpisodeStream {
        let sampler = try source.sampler()
        var settings = EpisodeStream.Settings()
        let most = slots.map { $0 - 1 } ?? Int.max
        settings.workers = workers ?? min(max(1, availableCores - 1), most)
        settings.buffer = (slots ?? settings.workers + 4) - settings.workers
        settings.shard = StreamShard(rank: rank, world: world)
        settings.count = count
        settings.shared = true
        return try EpisodeStream(sampler, settings: settings, resuming: resume.map { try ResumeToken($0) })
    }
}
