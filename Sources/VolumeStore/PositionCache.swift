import Synchronization

/// Sampled positions that were read from the index, up to a number of bytes; when full it starts anew.
package final class PositionCache: Sendable {
    private struct Shard {
        var offsets: [Int: [UInt32]] = [:]
        var bytes = 0
    }

    /// Several, so that threads seldom wait for each other.
    private let shards: [Locked]
    private let limit: Int

    private final class Locked: Sendable { let shard = Mutex(Shard()) }

    /// - Parameter limit: in bytes.
    package init(limit: Int) {
        shards = (0..<16).map { _ in Locked() }
        self.limit = limit / 16
    }

    package func offsets(_ place: Int, read: () throws -> [UInt32]) rethrows -> [UInt32] {
        let shard = shards[place & 15]
        if let found = shard.shard.withLock({ $0.offsets[place] }) { return found }
        let offsets = try read()
        shard.shard.withLock { shard in
            let bytes = offsets.count * 4 + 64
            if shard.bytes + bytes > limit { shard = Shard() }
            if shard.offsets.updateValue(offsets, forKey: place) == nil { shard.bytes += bytes }
        }
        return offsets
    }
}
