import FoundationEssentials

/// The folder of real and synthetic dataset trees that some tests read.
///
/// `IRIS_SHARED_DATA` names it; without the variable it is looked for beside the package, in `../shared/data`. Tests
/// that need it are disabled with a plain message when it is absent.
public enum SharedData {
    public static let folder: URL? = {
        let package = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let path =
            ProcessInfo.processInfo.environment["IRIS_SHARED_DATA"]
            ?? package.deletingLastPathComponent().appending(path: "shared/data").path
        var isFolder = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder
            ? URL(filePath: path) : nil
    }()

    /// Whether the folder is there, for `.enabled(if: SharedData.isPresent, SharedData.absence)`.
    public static var isPresent: Bool { folder != nil }

    public static let absence: String = "skipped: the shared test data is absent; set IRIS_SHARED_DATA to its folder"

    /// A file or folder in it. Call only from tests that are enabled by ``isPresent``.
    public static func url(_ path: String) -> URL { folder!.appending(path: path) }
}
