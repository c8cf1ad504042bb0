/// The words after the program's name.
enum ProgramArguments {
    /// Swift mends words that are no UTF-8, which would silently name other files than those that were meant.
    ///
    /// - Throws: ``UsageError`` for such a word.
    static func check() throws {
        for place in 1..<max(1, Int(CommandLine.argc)) {
            guard let word = CommandLine.unsafeArgv[place], String(validatingCString: word) == nil else { continue }
            throw UsageError(
                "argument \(place), \(String(cString: word)): expected UTF-8 text but found other bytes. "
                    + "Rename the file, or name it by a symbolic link.")
        }
    }
}
