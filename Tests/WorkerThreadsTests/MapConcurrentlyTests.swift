import Synchronization
import Testing
import WorkerThreads

@Suite struct MapConcurrentlyTests {
    @Test(arguments: [1, 3, 8]) func resultsComeInOrderAndBounded(jobs: Int) async throws {
        let counter = Counter()
        var received: [Int] = []
        try await mapConcurrently(Array(0..<100), jobs: jobs) { element in
            counter.enter()
            defer { counter.leave() }
            // Later elements are quicker, so they finish out of order.
            var sum = 0
            for n in 0..<(100 - element) * 200 { sum &+= n }
            return element * 2 + (sum == -1 ? 1 : 0)
        } receive: { _, result in
            received.append(result)
        }
        #expect(received == (0..<100).map { $0 * 2 })
        #expect(counter.highest <= jobs)
    }

    /// The receiver of the first result waits until the second element is at work.
    @Test(.timeLimit(.minutes(1))) func workGoesOnWhileAResultIsReceived() async throws {
        let counter = Counter()
        try await mapConcurrently([0, 1, 2], jobs: 1) { _ in
            counter.enter()
            counter.leave()
        } receive: { element, _ in
            while element == 0, counter.entered < 2 { await Task.yield() }
        }
        #expect(counter.entered == 3 && counter.highest == 1)
    }

    /// Results may hold files and memory: none outlives the call, also of those that were ready when it failed.
    @Test func resultsThatWereNotReceivedAreGone() async {
        struct Failure: Error {}
        final class Holding: Sendable {
            let counter: Counter
            init(_ counter: Counter) {
                self.counter = counter
                counter.enter()
            }
            deinit { counter.leave() }
        }
        let counter = Counter()
        var left = 0
        for round in 0..<500 {
            try? await mapConcurrently(Array(0..<40), jobs: 4) { _ in
                Holding(counter)
            } receive: { element, _ in
                if element == round % 7 { throw Failure() }
            }
            left = max(left, counter.current)
        }
        #expect(counter.entered >= 500 && left == 0)
    }

    @Test func anErrorEndsTheWork() async {
        struct Failure: Error {}
        let counter = Counter()
        await #expect(throws: Failure.self) {
            try await mapConcurrently(Array(0..<1000), jobs: 2) { element in
                counter.enter()
                if element == 3 { throw Failure() }
            } receive: { _, _ in
            }
        }
        #expect(counter.entered < 20)
    }
}

private final class Counter: Sendable {
    private struct State { var now = 0, highest = 0, entered = 0 }
    private let state = Mutex(State())
    func enter() {
        state.withLock {
            $0.now += 1; $0.entered += 1; $0.highest = max($0.highest, $0.now)
        }
    }
    func leave() { state.withLock { $0.now -= 1 } }
    var current: Int { state.withLock { $0.now } }
    var highest: Int { state.withLock { $0.highest } }
    var entered: Int { state.withLock { $0.entered } }
}
