import CSharedMemory
import Dispatch
import Episodes
import FoundationEssentials
import Glibc
import Synchronization
import Testing

/// A consumer written from docs/stream-protocol.md, in this process, at the other end of a socket pair.
private final class Consumer: @unchecked Sendable {
    let server: Int32
    private let mine: Int32
    private var received: [UInt8] = []
    private let thread = DispatchQueue(label: "consumer")
    private(set) var memory: Int32 = -1

    init() {
        var ends: [Int32] = [0, 0]
        precondition(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0)
        (server, mine) = (ends[0], ends[1])
    }

    deinit {
        close(mine)
        if memory >= 0 { close(memory) }
    }

    /// The next message that is no heartbeat; `nil` once the server has ended.
    func next() async throws -> [String: JSONField]? {
        while true {
            while let end = received.firstIndex(of: 10) {
                let line = Data(received[..<end])
                received.removeSubrange(...end)
                let message = try JSONDecoder().decode([String: JSONField].self, from: line)
                if message["type"] != .text("heartbeat") { return message }
            }
            guard let bytes = await receive() else { return nil }
            received += bytes
        }
    }

    /// Waits on a thread that is none of the concurrency pool's, which the server needs.
    private func receive() async -> ArraySlice<UInt8>? {
        await withCheckedContinuation { continuation in
            thread.async { continuation.resume(returning: self.receiveNow()) }
        }
    }

    /// recvmsg(2) with room for one descriptor: a header of 16 bytes (length, level, type), then the descriptor.
    private func receiveNow() -> ArraySlice<UInt8>? {
        var bytes = [UInt8](repeating: 0, count: 4096), control = [Int32](repeating: 0, count: 6)
        let count = bytes.withUnsafeMutableBytes { bytes in
            control.withUnsafeMutableBytes { control in
                var part = iovec(iov_base: bytes.baseAddress, iov_len: bytes.count)
                return withUnsafeMutablePointer(to: &part) { part in
                    var message = msghdr()
                    (message.msg_iov, message.msg_iovlen) = (part, 1)
                    (message.msg_control, message.msg_controllen) = (control.baseAddress, control.count)
                    defer {
                        if message.msg_controllen >= 20 { memory = control.load(fromByteOffset: 16, as: Int32.self) }
                    }
                    return recvmsg(mine, &message, 0)
                }
            }
        }
        return count > 0 ? bytes[..<count] : nil
    }

    func say(_ line: String) {
        let bytes = Array((line + "\n").utf8)
        _ = send(mine, bytes, bytes.count, Int32(MSG_NOSIGNAL))
    }

    /// What happens when a process is killed.
    func die() { shutdown(mine, Int32(SHUT_RDWR)) }
}

/// Shared memory of the producer.
private final class Slots: @unchecked Sendable {
    let shared: SharedSlots
    let base: UnsafeMutableRawPointer
    private let bytes: Int

    init(count: Int, bytes: Int) throws {
        self.bytes = count * bytes
        shared = SharedSlots(
            descriptor: iris_shared_memory_create("iris-test", count * bytes), slots: count, slotBytes: bytes)
        base = try #require(mmap(nil, count * bytes, PROT_READ | PROT_WRITE, MAP_SHARED, shared.descriptor, 0))
    }

    deinit {
        munmap(base, bytes)
        close(shared.descriptor)
    }
}

/// As much of JSON as the tests look at.
private enum JSONField: Decodable, Equatable {
    case text(String), number(Int), other

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let text = try? container.decode(String.self) {
            self = .text(text)
        } else if let number = try? container.decode(Int.self) {
            self = .number(number)
        } else {
            self = .other
        }
    }
}

@Suite(.timeLimit(.minutes(1))) struct SharingServerTests {
    private static let slotBytes = 8192
    private let identity = StreamIdentity(
        program: "test", store: "aa", configuration: "bb", seed: UInt64.max, rank: 1, world: 2)

    /// A server, and the memory that it shares as this side sees it.
    private func makeServer(_ consumer: Consumer, slots: Int) throws -> (EpisodeServer, Slots) {
        let slots = try Slots(count: slots, bytes: Self.slotBytes)
        return (
            try EpisodeServer(
                socket: ControlSocket(adopting: consumer.server), identity: identity, memory: slots.shared), slots
        )
    }

    /// A source that fills every byte of slot `index % slots` with the index and stops after `count` episodes.
    private func source(_ slots: Slots, count: Int, _ asked: Counter) -> @Sendable () async throws -> SharedEpisode? {
        {
            let index = asked.next()
            guard index < count else { return nil }
            let slot = index % slots.shared.slots
            memset(slots.base + slot * Self.slotBytes, Int32(index), Self.slotBytes)
            return SharedEpisode(
                slot: slot, index: UInt64(index), arrays: [], plan: #"{"a":1.5}"#, resumeToken: "t\(index)",
                content: index)
        }
    }

    private final class Counter: Sendable {
        private let value = Atomic(0)
        func next() -> Int { value.add(1, ordering: .relaxed).oldValue }
        var asked: Int { value.load(ordering: .relaxed) }
    }

    /// The consumer sees through its own mapping what the producer wrote, in order, and the size cannot be taken away.
    @Test func episodesArriveThroughTheSharedMemory() async throws {
        let consumer = Consumer(), asked = Counter()
        let (server, slots) = try makeServer(consumer, slots: 3)
        let run = Task { try await server.run(next: source(slots, count: 7, asked)) }

        let hello = try #require(try await consumer.next())
        #expect(hello["type"] == .text("hello") && hello["protocol"] == .number(1) && hello["slots"] == .number(3))
        #expect(
            hello["slot_bytes"] == .number(Self.slotBytes) && hello["rank"] == .number(1)
                && hello["world"] == .number(2))
        let size = 3 * Self.slotBytes
        let base = try #require(mmap(nil, size, PROT_READ, MAP_SHARED, consumer.memory, 0))
        #expect(base != MAP_FAILED)
        #expect(ftruncate(consumer.memory, 0) != 0)
        for index in 0..<7 {
            let episode = try #require(try await consumer.next())
            #expect(episode["type"] == .text("episode") && episode["index"] == .number(index))
            #expect(episode["resume"] == .text("t\(index)") && episode["plan"] == .text(#"{"a":1.5}"#))
            guard case .number(let slot) = episode["slot"] else { Issue.record("no slot"); return }
            let bytes = UnsafeRawBufferPointer(start: base + slot * Self.slotBytes, count: Self.slotBytes)
            #expect(bytes.allSatisfy { $0 == UInt8(index) })
            consumer.say(#"{"type":"release","slot":\#(slot)}"#)
        }
        #expect(try await consumer.next() == ["type": .text("end"), "count": .number(7)])
        #expect(try await run.value == 7)
        munmap(base, size)
    }

    /// No more episodes are asked for than there are slots, until one is released; then exactly one more.
    @Test func fullRingWaits() async throws {
        let consumer = Consumer(), asked = Counter()
        let (server, slots) = try makeServer(consumer, slots: 2)
        let run = Task { try await server.run(next: source(slots, count: 100, asked)) }
        _ = try await consumer.next()
        for _ in 0..<2 { _ = try await consumer.next() }
        try await Task.sleep(for: .milliseconds(200))
        #expect(asked.asked == 2)
        consumer.say(#"{"type":"release","slot":0}"#)
        #expect(try await consumer.next()?["slot"] == .number(0))
        try await Task.sleep(for: .milliseconds(100))
        #expect(asked.asked == 3)
        consumer.say(#"{"type":"close"}"#)
        #expect(try await run.value == 3)
    }

    /// A consumer that dies ends a producer that waits for it.
    @Test func consumerThatDiesIsNoticed() async throws {
        let consumer = Consumer(), asked = Counter()
        let (server, slots) = try makeServer(consumer, slots: 2)
        let run = Task { try await server.run(next: source(slots, count: 100, asked)) }
        for _ in 0..<3 { _ = try await consumer.next() }
        let clock = ContinuousClock(), start = clock.now
        consumer.die()
        await #expect(throws: SharingError.consumerWentAway) { try await run.value }
        #expect(clock.now - start < .seconds(5))
    }

    @Test(arguments: [
        (
            #"{"type":"release","slot":1}"#,
            #"the consumer sent "{"type":"release","slot":1}": it does not hold slot 1."#
        ),
        (#"{"type":"release"}"#, #"the consumer sent "{"type":"release"}": the key slot is missing."#),
        (#"{"type":"dance"}"#, #"the consumer sent "{"type":"dance"}": expected the type release or close."#),
        ("hello", #"the consumer sent "hello": expected JSON with the key type."#),
    ])
    func consumerThatBreaksTheProtocolIsTold(line: String, complaint: String) async throws {
        let consumer = Consumer()
        let (server, slots) = try makeServer(consumer, slots: 2)
        defer { withExtendedLifetime(slots) {} }
        let once = Counter()
        let run = Task {
            try await server.run {
                // One episode in slot 0; the next never comes.
                guard once.next() == 0 else { try await Task.sleep(for: .seconds(50)); return nil }
                return SharedEpisode(slot: 0, index: 0, arrays: [], plan: "{}", resumeToken: "", content: 0)
            }
        }
        for _ in 0..<2 { _ = try await consumer.next() }
        consumer.say(line)
        let text = complaint + " Both sides must speak version 1 of the stream protocol."
        #expect(try await consumer.next() == ["type": .text("error"), "text": .text(text)])
        await #expect(throws: SharingError.self) { try await run.value }
    }

    @Test func errorOfTheSourceReachesTheConsumer() async throws {
        let consumer = Consumer()
        let (server, slots) = try makeServer(consumer, slots: 2)
        defer { withExtendedLifetime(slots) {} }
        let run = Task { try await server.run { throw EpisodeError.unknownCase("amos22/x") } }
        _ = try await consumer.next()
        #expect(
            try await consumer.next() == [
                "type": .text("error"), "text": .text(EpisodeError.unknownCase("amos22/x").description),
            ])
        await #expect(throws: EpisodeError.unknownCase("amos22/x")) { try await run.value }
    }

    @Test func cancelledServerSaysSo() async throws {
        let consumer = Consumer(), asked = Counter()
        let (server, slots) = try makeServer(consumer, slots: 2)
        let run = Task { try await server.run(next: source(slots, count: 100, asked)) }
        for _ in 0..<3 { _ = try await consumer.next() }
        run.cancel()
        #expect(try await consumer.next() == ["type": .text("error"), "text": .text("the producer was interrupted.")])
        await #expect(throws: CancellationError.self) { try await run.value }
    }

    /// An idle producer shows that it lives.
    @Test func heartbeats() async throws {
        var ends: [Int32] = [0, 0]
        #expect(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0)
        let other = ends[1]
        defer { close(other) }
        // A read that finds nothing fails after 10 seconds.
        var patience = timeval(tv_sec: 10, tv_usec: 0)
        setsockopt(other, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        let slots = try Slots(count: 2, bytes: Self.slotBytes)
        let server = try EpisodeServer(
            socket: ControlSocket(adopting: ends[0]), identity: identity, memory: slots.shared)
        let start = ContinuousClock.now
        let run = Task {
            try await server.run {
                try await Task.sleep(for: .seconds(50)); return nil
            }
        }
        try await Task.sleep(for: .seconds(2.6))
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        // Linux ends a read behind the bytes that a descriptor came with: the first is the hello alone.
        #expect(recv(other, &buffer, buffer.count, 0) > 0)
        let text = String(decoding: buffer[..<max(0, recv(other, &buffer, buffer.count, 0))], as: UTF8.self)
        let length = (ContinuousClock.now - start) / .seconds(StreamProtocol.heartbeatSeconds)
        let beats = text.split(separator: "\n").count { $0 == #"{"type":"heartbeat"}"# }
        #expect(beats >= 1 && Double(beats) <= length)
        run.cancel()
        _ = await run.result
        withExtendedLifetime(slots) {}
    }

    @Test func noSocket() throws {
        let error = #expect(throws: SharingError.self) { try ControlSocket(adopting: 777) }
        #expect(
            error?.description == """
                descriptor 777: expected a Unix stream socket to the consumer but nothing is open there. Let a client such as \
                clients/python start iris stream, or name a socket with --socket PATH or --socket-fd N (docs/stream-protocol.md).
                """)
        let absent = #expect(throws: SharingError.self) { try ControlSocket(connectingTo: "/nowhere/socket") }
        #expect(
            absent?.description == """
                /nowhere/socket: expected a Unix socket that a consumer listens on, but No such file or directory. \
                Start the consumer first, or correct --socket.
                """)
        let consumer = Consumer()
        let few = #expect(throws: SharingError.self) { try makeServer(consumer, slots: 1) }
        #expect(
            few?.description
                == "expected at least 2 slots, one in use while the next is filled, but found 1. Raise --slots.")
    }
}
