import ArgumentParser

/// What the process tells its caller: 0 all well, 1 findings or partial failure, 2 usage or cannot run.
enum ExitStatus {
    /// Ends the command after it has reported findings or failures of its own.
    static let findings = ExitCode(1)
    /// Ends the command after it has said why it cannot run.
    static let cannotRun = ExitCode(2)
}

extension Iris {
    /// Parses the arguments, runs the command and ends the process.
    ///
    /// In place of ArgumentParser's own `main`, which leaves with 64 after a usage error and 1 after any other.
    static func main() async {
        do {
            try ProgramArguments.check()
            var command = try parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch let code as ExitCode {
            exit(withError: code)
        } catch {
            // Requests for help or the version come as errors too.
            if exitCode(for: error).isSuccess { exit(withError: error) }
            if exitCode(for: error) == .validationFailure {
                Terminal.writeError(fullMessage(for: error) + "\n")
            } else {
                Terminal.complain(error)
            }
            exit(withError: ExitStatus.cannotRun)
        }
    }
}
