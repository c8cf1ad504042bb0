import Digests
import WorkerThreads

/// How a dataset is prepared; nothing here changes what the prepared volumes are.
public struct PreparationOptions: Sendable {
    /// Cases at work at the same time, each on one thread.
    public var jobs = availableCores
    /// The part of the cases that this run takes; `nil` for all.
    public var shard: Shard?
    /// Whether images without labels become cases too.
    public var includesUnlabelled = false
    /// Whether cases that were prepared with another configuration are prepared anew, instead of refusing to go on.
    public var updates = false
    /// Whether source files are read and hashed to see if they changed, even when size and time of change are the same.
    public var checksSources = false
    /// Whether cases get a brick file, from which patches are rendered faster. It holds the voxels once more.
    public var makesBricks = true

    public init() {}
}

/// One of n parts of a dataset, for preparation on several machines. A case belongs to the same part everywhere.
public struct Shard: Hashable, Sendable, CustomStringConvertible {
    /// Counted from 1.
    public let number: Int
    /// How many shards there are.
    public let count: Int

    /// Reads "2/5"; `nil` unless 1 <= number <= count <= 10 000.
    public init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map { Int($0) }
        guard parts.count == 2, let number = parts[0], let count = parts[1], (1...10_000).contains(count),
            (1...count).contains(number)
        else { return nil }
        (self.number, self.count) = (number, count)
    }

    public var description: String { "\(number)/\(count)" }

    /// By a hash of dataset and case name, so that neither other cases nor their order matter.
    public func contains(dataset: String, case name: String) -> Bool {
        let digits = SHA256Digest(of: "\(dataset)/\(name)").hexadecimal.prefix(15)
        return Int(digits, radix: 16)! % count == number - 1
    }
}
