import FoundationEssentials

/// A relative path that stays below the folder it is resolved in.
///
/// Lists that come with data are not trusted: absolute paths, `..`, backslashes and control characters are refused.
struct SafePath: Hashable {
    /// The parts, without empty ones and `.`.
    let components: [String]

    init?(_ path: String) {
        let parts = path.split(separator: "/", omittingEmptySubsequences: true).map(String.init).filter { $0 != "." }
        guard !path.hasPrefix("/"), !path.hasPrefix("~"), !parts.isEmpty, !parts.contains(".."),
            !path.unicodeScalars.contains(where: { $0.value < 32 || $0 == "\\" || $0.value == 127 })
        else { return nil }
        components = parts
    }

    var fileName: String { components[components.count - 1] }

    func resolved(in folder: URL) -> URL { components.reduce(folder) { $0.appending(path: $1) } }
}
