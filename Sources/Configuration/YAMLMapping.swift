/// The settings of one YAML mapping while they are being read; made by ``YAMLValue/mapping(_:)``.
public struct YAMLMapping {
    /// The mapping itself, for complaints about the whole.
    public let value: YAMLValue
    private var unread: [String: YAMLValue]
    private var known: [String] = []

    init(value: YAMLValue, pairs: [(key: String, value: YAMLValue)]) {
        self.value = value
        unread = Dictionary(uniqueKeysWithValues: pairs.map { ($0.key, $0.value) })
    }

    /// The value under `key`, or `nil` when it is absent or null.
    public mutating func optional(_ key: String) -> YAMLValue? {
        known.append(key)
        guard let found = unread.removeValue(forKey: key), !found.isNull else { return nil }
        return found
    }

    /// The value under `key`.
    ///
    /// - Throws: ``ConfigurationError`` when it is absent or null.
    public mutating func required(_ key: String) throws(ConfigurationError) -> YAMLValue {
        guard let found = optional(key) else {
            let near = nearestName(to: key, among: unread.keys).map { " Is \($0) meant to be it?" } ?? ""
            throw value.error("the key \(key) is missing.\(near)")
        }
        return found
    }

    /// The texts of a list, none when the key is absent.
    public mutating func strings(_ key: String) throws(ConfigurationError) -> [String] {
        try optional(key)?.strings() ?? []
    }

    func refuseUnknownKeys() throws(ConfigurationError) {
        guard let (key, stranger) = unread.min(by: { ($0.value.line ?? 0, $0.key) < ($1.value.line ?? 0, $1.key) })
        else { return }
        let hint =
            nearestName(to: key, among: known).map { "Did you mean \($0)?" }
            ?? "Known here: \(known.sorted().joined(separator: ", "))."
        throw stranger.error("unknown key. \(hint)")
    }
}
