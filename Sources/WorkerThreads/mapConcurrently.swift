/// Transforms every element with at most `jobs` at work at once, on threads of their own, and hands each result to
/// `receive` on the caller's task, in the order of the elements. Work goes on while a result is received.
///
/// At most `2 * jobs` elements are in flight, so memory stays bounded however slow the receiver is. When `transform` or
/// `receive` throws, or the task is cancelled, no further element is started and the error is thrown on.
public func mapConcurrently<Element: Sendable, Result: Sendable>(
    _ elements: [Element], jobs: Int,
    transform: @escaping @Sendable (Element) async throws -> Result,
    receive: (Element, Result) async throws -> Void
) async throws {
    let jobs = max(1, jobs)
    let executor = ThreadExecutor(threadCount: jobs)
    try await withThrowingTaskGroup(of: (Int, Result).self) { group in
        var next = 0, delivered = 0, atWork = 0
        var waiting: [Int: Result] = [:]
        func startMore() {
            while atWork < jobs, next < min(elements.count, delivered + 2 * jobs) {
                let index = next, element = elements[next]
                (next, atWork) = (next + 1, atWork + 1)
                group.addTask(executorPreference: executor) { (index, try await transform(element)) }
            }
        }
        startMore()
        while let (index, result) = try await group.next() {
            atWork -= 1
            waiting[index] = result
            startMore()
            while let result = waiting.removeValue(forKey: delivered) {
                try await receive(elements[delivered], result)
                delivered += 1
                startMore()
            }
        }
    }
}
