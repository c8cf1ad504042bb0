import FoundationEssentials
import Glibc

/// A consumer of `iris stream` in a process of its own, which tests can kill. It knows the producer by
/// docs/stream-protocol.md alone and shares no code with it.
///
///     stream-consumer [--listen PATH] [--pause MICROSECONDS] [--dump FILE]
///
/// The socket is standard input, or a connection to PATH. For each episode a line goes to standard output: its index, a
/// checksum of its arrays, and its plan. `--dump` writes the voxels of the first query image.
@main struct StreamConsumer {
    /// How it ends: other than 0, the reason is on standard error.
    enum Ending: Int32 {
        /// The producer said that it was the end.
        case complete = 0
        case wrongUse = 2
        /// The producer ended in mid stream.
        case lost = 3
        /// The producer sent an error.
        case error = 4
        /// The producer said nothing for 5 s.
        case silence = 5
        /// Nobody connected.
        case noProducer = 6
    }

    static func main() throws {
        var arguments = CommandLine.arguments.dropFirst()
        var options: [String: String] = [:]
        while let name = arguments.popFirst() { options[name] = arguments.popFirst() }
        var connection = Connection(options["--listen"].map(listen) ?? 0)
        var ring: Ring?
        defer { ring?.close() }
        let pause = options["--pause"].flatMap(UInt32.init) ?? 0
        while true {
            let message = try connection.next()
            switch message.type {
            case "hello":
                guard message.protocol == 1, let slots = message.slots, let bytes = message.slot_bytes else {
                    end(.wrongUse, "a hello of another protocol")
                }
                ring = Ring(connection.takeDescriptor(), slots: slots, slotBytes: bytes)
            case "episode":
                guard let ring, let slot = message.slot, let index = message.index, let plan = message.plan,
                    let arrays = message.arrays
                else { end(.wrongUse, "an incomplete episode") }
                var checksum: UInt64 = 0xcbf2_9ce4_8422_2325
                for array in arrays { checksum = ring.checksum(array, slot: slot, from: checksum) }
                if index == 0, let file = options["--dump"], let query = arrays.first(where: { $0.name == "query" }) {
                    try Data(ring.bytes(query, slot: slot)).write(to: URL(filePath: file))
                }
                say("\(index) \(String(checksum, radix: 16)) \(plan)")
                if pause > 0 { usleep(pause) }
                connection.send(#"{"type":"release","slot":\#(slot)}"#)
            case "end": end(.complete, "")
            case "error": end(.error, message.text ?? "")
            case "heartbeat": break
            default: end(.wrongUse, "a message of unknown type \(message.type)")
            }
        }
    }

    static func say(_ line: String) {
        let bytes = Array((line + "\n").utf8)
        _ = write(1, bytes, bytes.count)
    }

    static func end(_ ending: Ending, _ reason: String) -> Never {
        let bytes = Array((reason + "\n").utf8)
        if ending != .complete { _ = write(2, bytes, bytes.count) }
        exit(ending.rawValue)
    }

    /// The connection that a producer makes to `path`, which appears only once it can.
    static func listen(_ path: String) -> Int32 {
        let listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let hidden = path + "~"
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: hidden.utf8) }
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard bound == 0, Glibc.listen(listener, 1) == 0, rename(hidden, path) == 0 else {
            end(.wrongUse, "\(path): \(String(cString: strerror(errno)))")
        }
        var waiting = pollfd(fd: listener, events: Int16(POLLIN), revents: 0)
        guard poll(&waiting, 1, 4000) == 1 else { end(.noProducer, "nobody connected to \(path) within 4 s") }
        return accept(listener, nil, nil)
    }
}

/// What the producer may say, with the names of docs/stream-protocol.md.
struct Message: Decodable {
    let type: String
    let `protocol`, slots, slot_bytes, slot: Int?
    let index: UInt64?
    let plan, text: String?
    let arrays: [Array]?

    struct Array: Decodable {
        let name, type: String
        let shape, strides: [Int]
        let offset: Int
    }
}

/// The lines of the socket, and the descriptor that comes with the first of them.
struct Connection {
    private let socket: Int32
    private var received: [UInt8] = []
    private var descriptor: Int32 = -1

    init(_ socket: Int32) { self.socket = socket }

    mutating func next() throws -> Message {
        while true {
            if let end = received.firstIndex(of: 10) {
                let line = Data(received[..<end])
                received.removeSubrange(...end)
                return try JSONDecoder().decode(Message.self, from: line)
            }
            var waiting = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
            guard poll(&waiting, 1, 5000) == 1 else { StreamConsumer.end(.silence, "no message within 5 s") }
            guard receive() else { StreamConsumer.end(.lost, "the stream ended without its last message") }
        }
    }

    /// recvmsg(2) with room for one descriptor: a header of 16 bytes (length, level, type), then the descriptor.
    private mutating func receive() -> Bool {
        var bytes = [UInt8](repeating: 0, count: 1 << 16), control = [Int32](repeating: 0, count: 6)
        let count = bytes.withUnsafeMutableBytes { bytes in
            control.withUnsafeMutableBytes { control in
                var part = iovec(iov_base: bytes.baseAddress, iov_len: bytes.count)
                return withUnsafeMutablePointer(to: &part) { part in
                    var message = msghdr()
                    (message.msg_iov, message.msg_iovlen) = (part, 1)
                    (message.msg_control, message.msg_controllen) = (control.baseAddress, control.count)
                    let count = recvmsg(socket, &message, 0)
                    if message.msg_controllen >= 20 { descriptor = control.load(fromByteOffset: 16, as: Int32.self) }
                    return count
                }
            }
        }
        if count > 0 { received += bytes[..<count] }
        return count > 0
    }

    mutating func takeDescriptor() -> Int32 {
        defer { descriptor = -1 }
        return descriptor
    }

    func send(_ line: String) {
        let bytes = Array((line + "\n").utf8)
        _ = Glibc.send(socket, bytes, bytes.count, Int32(MSG_NOSIGNAL))
    }
}

/// The mapped memory of the producer.
struct Ring {
    private let base: UnsafeMutableRawPointer
    private let slotBytes, total: Int

    init(_ descriptor: Int32, slots: Int, slotBytes: Int) {
        (self.slotBytes, total) = (slotBytes, slots * slotBytes)
        var status = stat()
        guard descriptor >= 0, fstat(descriptor, &status) == 0, Int(status.st_size) == total,
            let base = mmap(nil, total, PROT_READ, MAP_SHARED, descriptor, 0), base != MAP_FAILED
        else { StreamConsumer.end(.wrongUse, "no memory of \(slots) x \(slotBytes) bytes came with the hello") }
        Glibc.close(descriptor)
        self.base = base
    }

    func close() { munmap(base, total) }

    /// The elements, whose bytes follow each other.
    func bytes(_ array: Message.Array, slot: Int) -> UnsafeRawBufferPointer {
        let size = array.type == "float32" ? 4 : 1
        return UnsafeRawBufferPointer(
            start: base + slot * slotBytes + array.offset, count: array.shape.reduce(size, *))
    }

    /// FNV-1a over shape and elements. Masks of several references may lie apart, so those go one by one.
    func checksum(_ array: Message.Array, slot: Int, from start: UInt64) -> UInt64 {
        var sum = start
        func add(_ byte: UInt8) { sum = (sum ^ UInt64(byte)) &* 0x100_0000_01b3 }
        for size in array.shape { for shift in 0..<4 { add(UInt8(truncatingIfNeeded: size >> (8 * shift))) } }
        let first = array.shape.first ?? 0
        let part = array.shape.dropFirst().reduce(array.type == "float32" ? 4 : 1, *)
        for number in 0..<first {
            let start = base + slot * slotBytes + array.offset + number * array.strides[0]
            for byte in UnsafeRawBufferPointer(start: start, count: part) { add(byte) }
        }
        return sum
    }
}
