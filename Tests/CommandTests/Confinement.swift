import Testing

extension IrisCommand {
    /// Runs with at most 1.2 GB of addresses, most of which libraries and threads reserve, and 60 s of processor time.
    static func confined(_ arguments: [String]) throws -> IrisCommand {
        try IrisCommand(
            arguments, launcher: ["/bin/sh", "-c", "ulimit -v 1200000; ulimit -t 60; exec \"$0\" \"$@\""],
            environment: ["OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2"])
    }
}

/// A confined run refuses a file in few words that name it.
func expectRefusal(
    _ arguments: [String], file: String, _ text: String, status: Int = 2,
    sourceLocation: SourceLocation = #_sourceLocation
) throws {
    let run = try IrisCommand.confined(arguments)
    #expect(run.status == status, "\(arguments): \(run.status)\n\(run.errors)", sourceLocation: sourceLocation)
    let said = run.output + run.errors
    #expect(
        said.contains(file) && said.contains(text), "\(arguments): \(said.prefix(600))", sourceLocation: sourceLocation)
}
