import Glibc

/// The process's output channels: results go to standard output, progress and complaints to standard error.
enum Terminal {
    /// The width of standard output in columns, or `nil` when it is not a terminal.
    static var outputWidth: Int? { width(of: STDOUT_FILENO) }
    /// The width of standard error in columns, or `nil` when it is not a terminal.
    static var errorWidth: Int? { width(of: STDERR_FILENO) }

    private static func width(of descriptor: CInt) -> Int? {
        guard isatty(descriptor) == 1 else { return nil }
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }

    /// Writes text to standard error as it is.
    static func writeError(_ text: String) {
        var text = text
        text.withUTF8 { bytes in
            var done = 0
            while done < bytes.count {
                let count = write(STDERR_FILENO, bytes.baseAddress! + done, bytes.count - done)
                if count < 0, errno == EINTR { continue }
                // Nobody is left to hear about it.
                if count <= 0 { return }
                done += count
            }
        }
    }

    /// Writes a line to standard error that begins with `error: `, or `warning: `.
    static func complain(_ error: any Error) { writeError("error: \(sentence(error))\n") }
    static func warn(_ text: String) { writeError("warning: \(text)\n") }
}
