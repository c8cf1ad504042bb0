import FoundationEssentials
import Glibc

extension Terminal {
    /// An error in one sentence. Foundation's own errors about files print their whole inside, so they are put in words.
    static func sentence(_ error: any Error) -> String {
        guard let failure = error as? CocoaError, let path = failure.filePath ?? failure.url?.path else {
            return "\(error)"
        }
        let reason =
            (failure.underlying as? POSIXError).map { ": " + String(cString: strerror($0.code.rawValue)) } ?? ""
        return "\(path): cannot be read or written\(reason). Check the folder and its permissions."
    }
}

/// A file that a command will write when its work is done.
enum OutputFile {
    /// Refuses a path that cannot be written before the work is begun.
    ///
    /// - Parameter option: the option that names it, such as `--html`.
    /// - Throws: ``UsageError`` when its folder is not there or may not be written to, or the path is that of a folder.
    static func check(_ path: String?, option: String) throws(UsageError) {
        guard let path else { return }
        let file = URL(filePath: path), folder = file.deletingLastPathComponent().path
        var status = stat()
        if stat(file.path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
            throw UsageError(
                "\(option) \(path): expected the path of a file but found a folder. Add a name for the file.")
        }
        guard access(folder, W_OK | X_OK) == 0 else {
            throw UsageError(
                "\(option) \(path): expected a folder \(folder) that may be written to but found: "
                    + "\(String(cString: strerror(errno))). Make it first, or name another one.")
        }
    }
}
