import Configuration
import FoundationEssentials

extension EpisodeConfiguration {
    /// Reads a YAML file; see `configs/episodes`. Settings that are absent keep their defaults, unknown keys are refused.
    ///
    /// - Throws: `ConfigurationError` that names file, line and key.
    public init(contentsOf file: URL) throws(ConfigurationError) {
        guard let text = try? String(contentsOf: file, encoding: .utf8) else {
            throw ConfigurationError(
                file: file.path, line: nil, path: "",
                problem: "cannot be read as text. Name an episode configuration such as configs/episodes/paper.yaml.")
        }
        try self.init(text: text, file: file.path)
    }

    /// Reads YAML text, naming `file` in complaints.
    public init(text: String, file: String) throws(ConfigurationError) {
        self = try Self.settings.read(YAMLValue(text: text, file: file), into: EpisodeConfiguration())
    }
}
