extension Interruption {
    /// Runs `body` in a task that an interruption cancels. Interruptions count from before its first step, so that whoever
    /// sees the work begin may already ask for its end.
    static func cancelling<Result: Sendable>(_ body: @escaping @Sendable () async throws -> Result) async throws
        -> Result
    {
        let (start, gate) = AsyncStream.makeStream(of: Void.self)
        let task = Task {
            for await _ in start {}
            return try await body()
        }
        let interruption = Interruption { task.cancel() }
        defer { withExtendedLifetime(interruption) {} }
        gate.finish()
        return try await task.value
    }
}
