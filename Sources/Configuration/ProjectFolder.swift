import FoundationEssentials
import Glibc

/// The folder that holds the project's `manifests/` and `configs/`.
///
/// `IRIS_HOME` names it. Without the variable it is the nearest folder above the running program in which, or in whose
/// `share/iris`, `manifests/structures.yaml` exists: the package for `.build/release/iris`, the unpacked archive or the
/// prefix for an installed program. Failing that, the same search starts at the working directory.
public enum ProjectFolder {
    /// The folder, found once; `nil` when there is none.
    public static let url: URL? = find(
        environment: ProcessInfo.processInfo.environment["IRIS_HOME"], program: programPath,
        workingDirectory: FileManager.default.currentDirectoryPath)

    package static func find(environment: String?, program: String?, workingDirectory: String) -> URL? {
        if let environment, !environment.isEmpty { return URL(filePath: environment, directoryHint: .isDirectory) }
        for start in [program, workingDirectory].compactMap({ $0 }) {
            var folder = URL(filePath: start, directoryHint: .isDirectory).standardizedFileURL
            while true {
                for candidate in [folder, folder.appending(path: "share/iris")]
                where FileManager.default.fileExists(
                    atPath: candidate.appending(path: "manifests/structures.yaml").path)
                {
                    return candidate
                }
                guard folder.pathComponents.count > 1 else { break }
                folder.deleteLastPathComponent()
            }
        }
        return nil
    }

    private static var programPath: String? {
        guard let path = realpath("/proc/self/exe", nil) else { return nil }
        defer { free(path) }
        return String(cString: path)
    }
}
