import Synchronization

/// Which slots the consumer holds, and what keeps each slot's memory from being written meanwhile.
final class SlotLedger: Sendable {
    private let slots: Int
    private let state = Mutex(State())

    private struct State {
        var held: [Int: any Sendable] = [:]
        var served = 0
        var waiting: CheckedContinuation<Void, any Error>?
        var ending: (any Error)?
    }

    /// Why no slot will become free any more, when nothing failed.
    enum Ending: Error { case closedByConsumer }

    init(slots: Int) { self.slots = slots }

    /// Returns once at least one slot is free. One task at a time may wait.
    ///
    /// - Throws: what ``end(_:)`` was given.
    func waitForFreeSlot() async throws {
        try await withCheckedThrowingContinuation { continuation in
            let result: Result<Void, any Error>? = state.withLock { state in
                if let ending = state.ending { return .failure(ending) }
                if state.held.count < slots { return .success(()) }
                state.waiting = continuation
                return nil
            }
            if let result { continuation.resume(with: result) }
        }
    }

    /// Notes that the consumer holds a slot. `content` is kept until the slot's release.
    func hold(_ slot: Int, content: any Sendable) {
        state.withLock { state in
            state.held[slot] = content
            state.served += 1
        }
    }

    /// How many slots the consumer was given, all in all.
    var served: Int { state.withLock { $0.served } }

    /// - Returns: false when the consumer did not hold the slot.
    func release(_ slot: Int) -> Bool {
        // The content is let go outside the lock: what follows from its end may take a while.
        let (content, waiting) = state.withLock { state in
            let content = state.held.removeValue(forKey: slot)
            let waiting = content == nil ? nil : state.waiting
            if waiting != nil { state.waiting = nil }
            return (content, waiting)
        }
        defer { waiting?.resume() }
        return content != nil
    }

    /// Makes every wait end with `reason`, now and later. The first reason stays.
    func end(_ reason: any Error) {
        let waiting = state.withLock { state in
            if state.ending == nil { state.ending = reason }
            defer { state.waiting = nil }
            return state.waiting
        }
        waiting?.resume(throwing: reason)
    }

    /// Why waiting ended, if it did.
    var ending: (any Error)? { state.withLock { $0.ending } }
}
