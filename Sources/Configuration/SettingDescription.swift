/// One key of a configuration file, as `iris reference configuration` shows it.
public struct SettingDescription: Sendable, Equatable, Codable {
    /// The key in its mapping.
    public let key: String
    /// What may stand there, such as "number from 0 to 1".
    public let values: String
    /// What stands there when the key is absent, as YAML; `nil` for a required key.
    public let fallback: String?
    /// The unit of a number, such as "mm".
    public let unit: String?
    /// What it decides, in a sentence or two.
    public let meaning: String
    /// The keys of the mapping that stands there, or of the items of a list; none for plain values.
    public let settings: [SettingDescription]

    public init(
        key: String, values: String, fallback: String?, unit: String? = nil, meaning: String,
        settings: [SettingDescription] = []
    ) {
        (self.key, self.values, self.fallback, self.unit) = (key, values, fallback, unit)
        (self.meaning, self.settings) = (meaning, settings)
    }
}
