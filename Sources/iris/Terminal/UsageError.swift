/// Why a command cannot run with the arguments it was given, in one sentence that says what to do.
struct UsageError: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
