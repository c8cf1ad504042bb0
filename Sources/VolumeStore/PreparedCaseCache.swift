import Synchronization

/// Opens prepared cases by their index in a catalogue and keeps the most recently used ones open.
///
/// A case that is dropped from the cache stays valid for whoever still holds it.
public final class PreparedCaseCache: Sendable {
    /// The content of the store that cases are opened from.
    public let catalogue: StoreCatalogue
    /// The most cases kept open; each takes up to three mappings, of which Linux allows a process 65 530 in all.
    public let limit: Int
    private let state = Mutex(State())

    private struct State {
        var entries: [Int: (opened: PreparedCase, used: UInt64)] = [:]
        var clock: UInt64 = 0
    }

    public init(_ catalogue: StoreCatalogue, limit: Int = 512) {
        (self.catalogue, self.limit) = (catalogue, max(1, limit))
    }

    /// The number of cases open now.
    public var count: Int { state.withLock { $0.entries.count } }

    /// - Throws: `StoreError` when a file is absent, damaged or of another preparation than the catalogue says.
    public func open(_ index: Int) throws -> PreparedCase {
        let found: PreparedCase? = state.withLock { state in
            state.clock += 1
            state.entries[index]?.used = state.clock
            return state.entries[index]?.opened
        }
        if let found { return found }
        // Opened outside the lock: two threads may open the same case, and the first to finish wins.
        let opened = try catalogue.open(index)
        return state.withLock { state in
            if let earlier = state.entries[index]?.opened { return earlier }
            if state.entries.count >= limit {
                // Drops the older half at once, so that the search costs little per case.
                let old = state.entries.sorted { $0.value.used < $1.value.used }.prefix(max(1, limit / 2))
                for entry in old { state.entries[entry.key] = nil }
            }
            state.clock += 1
            state.entries[index] = (opened, state.clock)
            return opened
        }
    }
}
