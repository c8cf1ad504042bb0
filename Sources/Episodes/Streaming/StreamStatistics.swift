/// Where the time of a stream went so far.
public struct StreamStatistics: Sendable, Codable {
    /// Threads that render.
    public var workers = 0
    /// Delivered to the consumer.
    public var episodes = 0
    /// Rendered, delivered or not.
    public var patches = 0
    /// Seconds since the first episode was asked for.
    public var elapsed = 0.0
    /// Seconds of work, added up over workers: drawing plans, opening cases and reading them ahead, rendering.
    public var plan = 0.0, read = 0.0, render = 0.0
    /// Seconds that the consumer waited for an episode.
    public var consumerWait = 0.0
    /// Bytes of the source planes that the patches touch.
    public var sourceBytes = 0
    /// Page faults during rendering that had to wait for the disk.
    public var majorFaults = 0

    /// The part of the workers' time that they worked.
    public var busy: Double {
        elapsed > 0 && workers > 0 ? min(1, (plan + read + render) / (elapsed * Double(workers))) : 0
    }

    /// One sentence on what limits the stream.
    public var verdict: String {
        guard episodes > 0, elapsed > 0 else { return "Nothing was delivered yet." }
        let waiting = consumerWait / elapsed
        guard waiting > 0.05 else {
            return """
                The consumer is the limit: it waited \(percent(waiting)) of the time, and the \(workers) workers were busy \
                \(percent(busy)) of theirs.
                """
        }
        let work = plan + read + render
        let (cause, remedy) =
            read > 0.4 * work
            ? ("Reading", "Keep the store on a faster disk or in the page cache")
            : plan > 0.4 * work
                ? ("Planning", "Lower classes.minimumVoxels or enlarge the patch")
                : (
                    "Rendering",
                    busy > 0.8 ? "Give the stream more workers" : "The cores are shared with other work; free some"
                )
        return """
            \(cause) is the limit: the consumer waited \(percent(waiting)) of the time while \(workers) workers were busy \
            \(percent(busy)) of theirs. \(remedy).
            """
    }

    private func percent(_ part: Double) -> String { "\(Int((part * 100).rounded())) %" }
}
