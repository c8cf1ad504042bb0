/// Why episodes cannot be handed to another process.
public enum SharingError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The descriptor is no Unix stream socket.
    case notASocket(descriptor: Int32, problem: String)
    case cannotConnect(path: String, problem: String)
    /// The socket failed in another way than by the consumer's end.
    case socket(problem: String)
    /// The consumer ended without a `close` message.
    case consumerWentAway
    /// The consumer sent what the protocol does not allow.
    case unexpected(line: String, problem: String)
    case tooFewSlots(found: Int)

    public var description: String {
        switch self {
        case .notASocket(let descriptor, let problem):
            """
            descriptor \(descriptor): expected a Unix stream socket to the consumer but \(problem). Let a client such as \
            clients/python start iris stream, or name a socket with --socket PATH or --socket-fd N (docs/stream-protocol.md).
            """
        case .cannotConnect(let path, let problem):
            "\(path): expected a Unix socket that a consumer listens on, but \(problem). Start the consumer first, or correct --socket."
        case .socket(let problem):
            "the socket to the consumer failed: \(problem)."
        case .consumerWentAway:
            "the consumer went away without closing the stream."
        case .unexpected(let line, let problem):
            "the consumer sent \"\(line)\": \(problem). Both sides must speak version \(StreamProtocol.version) of the stream protocol."
        case .tooFewSlots(let found):
            "expected at least 2 slots, one in use while the next is filled, but found \(found). Raise --slots."
        }
    }
}
