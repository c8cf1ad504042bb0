import FoundationEssentials

/// What docs/stream-protocol.md describes.
public enum StreamProtocol {
    /// Raised whenever a consumer of the earlier version could misread the stream.
    public static let version = 1
    /// A producer sends at least a heartbeat in this many seconds.
    public static let heartbeatSeconds = 1.0
}

/// The first line of a producer. The shared memory's descriptor comes with it.
struct HelloMessage: Encodable {
    let type = "hello"
    let `protocol` = StreamProtocol.version
    let program: String
    let slots: Int
    let slotBytes: Int
    let store: String
    let configuration: String
    let seed: UInt64
    let rank: Int
    let world: Int
    let heartbeatSeconds = StreamProtocol.heartbeatSeconds
}

struct EpisodeMessage: Encodable {
    let type = "episode"
    let slot: Int
    let index: UInt64
    let resume: String
    let arrays: [SharedArray]
    /// The plan's canonical JSON as text, so that it can be written to a file and replayed byte for byte.
    let plan: String
}

struct ErrorMessage: Encodable {
    let type = "error"
    let text: String
}

/// Nothing follows: `count` episodes have been sent.
struct EndMessage: Encodable {
    let type = "end"
    let count: Int
}

struct HeartbeatMessage: Encodable {
    let type = "heartbeat"
}

extension Encodable {
    /// One line of JSON whose keys are written like_this.
    var protocolLine: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        // Text and whole numbers always encode.
        return String(decoding: try! encoder.encode(self), as: UTF8.self)
    }
}

/// What a consumer says.
enum ConsumerMessage: Equatable {
    /// The slot's content is no longer needed.
    case release(slot: Int)
    /// The consumer wants nothing more.
    case close

    /// - Throws: ``SharingError/unexpected(line:problem:)``.
    init(line: String) throws(SharingError) {
        struct Fields: Decodable {
            let type: String
            let slot: Int?
        }
        guard let fields = try? JSONDecoder().decode(Fields.self, from: Data(line.utf8)) else {
            throw .unexpected(line: line, problem: "expected JSON with the key type")
        }
        switch (fields.type, fields.slot) {
        case ("release", let slot?): self = .release(slot: slot)
        case ("release", nil): throw .unexpected(line: line, problem: "the key slot is missing")
        case ("close", _): self = .close
        default: throw .unexpected(line: line, problem: "expected the type release or close")
        }
    }
}
