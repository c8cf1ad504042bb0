/// Why a YAML file cannot be used, with the place in it.
public struct ConfigurationError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The file's path.
    public let file: String
    /// The line, counted from 1; `nil` when the whole file is meant.
    public let line: Int?
    /// The keys that lead to the place, such as `image.spacing[0]`; empty at the top.
    public let path: String
    /// What was expected, what was found and what to do.
    public let problem: String

    public init(file: String, line: Int?, path: String, problem: String) {
        (self.file, self.line, self.path, self.problem) = (file, line, path, problem)
    }

    public var description: String {
        "\(file)\(line.map { ":\($0)" } ?? ""): \(path.isEmpty ? "" : "\(path): ")\(problem)"
    }
}
