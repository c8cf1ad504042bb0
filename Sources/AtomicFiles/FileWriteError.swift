/// A file could not be written. What stood under its name before still stands, but for a failure to sync the folder, when
/// the new file is in place and a power cut may bring back the old one.
public struct FileWriteError: Error, Hashable, CustomStringConvertible {
    /// The path as it was given.
    public let file: String
    /// What could not be done, as in "cannot be `step`".
    public let step: String
    /// What the system says.
    public let reason: String

    public var description: String {
        "\(file): cannot be \(step): \(reason). Check the folder, its permissions and the space left."
    }
}
