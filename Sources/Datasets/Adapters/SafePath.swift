import FoundationEssentials
import Glibc

/// A relative path that stays below the folder it is resolved in.
///
/// Lists that come with data are not trusted: absolute paths, `..`, backslashes and control characters are refused.
package struct SafePath: Hashable {
    /// The parts, without empty ones and `.`.
    let components: [String]

    package init?(_ path: String) {
        let parts = path.split(separator: "/", omittingEmptySubsequences: true).map(String.init).filter { $0 != "." }
        guard !path.hasPrefix("/"), !path.hasPrefix("~"), !parts.isEmpty, !parts.contains(".."),
            !path.unicodeScalars.contains(where: { $0.value < 32 || $0 == "\\" || $0.value == 127 })
        else { return nil }
        components = parts
    }

    var fileName: String { components[components.count - 1] }

    /// Where this path is in `folder`.
    func resolved(in folder: URL) -> URL { components.reduce(folder) { $0.appending(path: $1) } }
}

/// The path with every symbolic link followed; `nil` where nothing is.
func realPath(_ path: String) -> String? {
    realpath(path, nil).map { pointer in
        defer { free(pointer) }
        return String(cString: pointer)
    }
}

/// Whether a file lies in `folder` or below it once links are followed; `false` where nothing is.
func isBelow(_ folder: String, _ path: String) -> Bool {
    guard let folder = realPath(folder), let path = realPath(path) else { return false }
    return path == folder || path.hasPrefix(folder.hasSuffix("/") ? folder : folder + "/")
}
