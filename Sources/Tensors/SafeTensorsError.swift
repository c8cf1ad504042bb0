/// Why a safetensors file cannot be read or written.
public struct SafeTensorsError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The file's path.
    public let file: String
    /// What was expected, what was found and what to do.
    public let problem: String

    public init(file: String, problem: String) { (self.file, self.problem) = (file, problem) }

    public var description: String { "\(file): \(problem)" }
}
