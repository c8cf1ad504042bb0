import Synchronization

/// Transforms every element with at most `jobs` at work at once, on threads of their own, and hands each result to
/// `receive` on the caller's task, in the order of the elements. Work goes on while a result is received.
///
/// At most `2 * jobs` elements are in flight, so memory stays bounded however slow the receiver is. When `transform` or
/// `receive` throws, or the task is cancelled, no further element is started and the error is thrown on, after results that
/// were not received have gone.
public func mapConcurrently<Element: Sendable, Result: Sendable>(
    _ elements: [Element], jobs: Int,
    transform: @escaping @Sendable (Element) async throws -> Result,
    receive: (Element, Result) async throws -> Void
) async throws {
    let jobs = max(1, jobs)
    let executor = ThreadExecutor(threadCount: jobs)
    let results = Results<Result>()
    defer { results.removeAll() }
    try await withThrowingTaskGroup(of: Int.self) { group in
        var next = 0, delivered = 0, atWork = 0
        var finished: Set<Int> = []
        func startMore() {
            while atWork < jobs, next < min(elements.count, delivered + 2 * jobs) {
                let index = next, element = elements[next]
                (next, atWork) = (next + 1, atWork + 1)
                group.addTask(executorPreference: executor) {
                    results.add(try await transform(element), at: index)
                    return index
                }
            }
        }
        startMore()
        while let index = try await group.next() {
            atWork -= 1
            finished.insert(index)
            startMore()
            while finished.remove(delivered) != nil, let result = results.take(delivered) {
                try await receive(elements[delivered], result)
                delivered += 1
                startMore()
            }
        }
    }
}

/// Results on their way to the caller. A task that returned its result would keep it for as long as the runtime keeps the
/// task, which may be longer than the caller waits.
private final class Results<Value: Sendable>: Sendable {
    private let values = Mutex<[Int: Value]>([:])

    func add(_ value: Value, at index: Int) { values.withLock { $0[index] = value } }
    func take(_ index: Int) -> Value? { values.withLock { $0.removeValue(forKey: index) } }
    func removeAll() { values.withLock { $0.removeAll() } }
}
