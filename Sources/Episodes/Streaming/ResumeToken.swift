import FoundationEssentials

/// Which episodes of a stream a process receives: rank r of w gets the indices r, r + w, r + 2w, …
public struct StreamShard: Hashable, Sendable, Codable {
    /// The rank of this shard, and how many there are.
    public let rank, world: Int

    /// - Precondition: `0 <= rank < world`.
    public init(rank: Int = 0, world: Int = 1) {
        precondition(rank >= 0 && rank < world, "a rank lies between 0 and the number of processes")
        (self.rank, self.world) = (rank, world)
    }
}

/// Where a stream continues. Printed as JSON on one line.
public struct ResumeToken: Hashable, Sendable, Codable, CustomStringConvertible {
    /// The format of tokens.
    public static let format = 1

    /// The format of the token when it was made.
    public let format: Int
    /// The store's digest.
    public let store: String
    /// The episode configuration's digest.
    public let configuration: String
    /// The stream's seed.
    public let seed: UInt64
    /// The index of the first episode to come.
    public let next: UInt64
    /// The rank of the shard, and how many there were.
    public let rank, world: Int

    /// The token of a stream whose next episode has the index `next`.
    public init(store: String, configuration: String, seed: UInt64, next: UInt64, shard: StreamShard) {
        format = Self.format
        (self.store, self.configuration, self.seed, self.next) = (store, configuration, seed, next)
        (rank, world) = (shard.rank, shard.world)
    }

    public var description: String { canonicalText(self) }

    /// Reads what `description` printed.
    ///
    /// - Throws: ``ResumeError/unreadable(_:)``.
    public init(_ text: String) throws(ResumeError) {
        guard let token = try? JSONDecoder().decode(Self.self, from: Data(text.utf8)) else { throw .unreadable(text) }
        self = token
    }

    /// Refuses a token of another stream, naming the field that differs.
    func check(_ sampler: EpisodeSampler, _ shard: StreamShard) throws(ResumeError) {
        func same(_ field: String, _ expected: String, _ found: String) throws(ResumeError) {
            if expected != found { throw .differs(field: field, expected: expected, found: found) }
        }
        try same("format", "\(Self.format)", "\(format)")
        try same("store", sampler.catalogue.digest.hexadecimal, store)
        try same("configuration", sampler.configurationDigest.hexadecimal, configuration)
        try same("seed", "\(sampler.seed)", "\(seed)")
        try same("rank", "\(shard.rank)", "\(rank)")
        try same("world", "\(shard.world)", "\(world)")
        guard next % UInt64(shard.world) == UInt64(shard.rank) else {
            throw .differs(
                field: "next", expected: "an index of rank \(shard.rank) of \(shard.world)", found: "\(next)")
        }
    }
}

/// Why a stream cannot continue from a token.
public enum ResumeError: Error, Equatable, Sendable, CustomStringConvertible {
    case unreadable(String)
    case differs(field: String, expected: String, found: String)

    public var description: String {
        switch self {
        case .unreadable(let text):
            "expected a resume token, JSON on one line as a stream printed it, but found \"\(text.prefix(80))\"."
        case .differs(let field, let expected, let found):
            """
            the resume token belongs to another stream: expected \(field) \(expected) but found \(found). Use the store, \
            configuration, seed and shard of the interrupted run, or start anew without a token.
            """
        }
    }
}
