/// The settings of one mapping of a configuration file: by this list it is read, and by this list it is documented.
public struct SettingTable<Root>: Sendable {
    private let settings: [Setting<Root>]

    /// - Parameter settings: in the order in which they are read and shown; keys differ.
    public init(_ settings: [Setting<Root>]) {
        precondition(Set(settings.map(\.key)).count == settings.count, "a key stands twice")
        self.settings = settings
    }

    /// The mapping at `value`; what is absent stays as in `defaults`.
    ///
    /// - Throws: ``ConfigurationError`` for an unknown key, a missing one, or a value that does not fit.
    public func read(_ value: YAMLValue, into defaults: Root) throws(ConfigurationError) -> Root {
        try value.mapping { (keys) throws(ConfigurationError) in
            var result = defaults
            for setting in settings { try setting.read(&keys, &result) }
            return result
        }
    }

    /// What documentation says of each setting, with its value in `defaults`.
    public func descriptions(defaults: Root) -> [SettingDescription] { settings.map { $0.describe(defaults) } }
}

/// One setting of a ``SettingTable``: its key, what may stand there, where the value goes, and what it means.
public struct Setting<Root>: Sendable {
    let key: String
    let describe: @Sendable (Root) -> SettingDescription
    let read: @Sendable (inout YAMLMapping, inout Root) throws(ConfigurationError) -> Void

    /// A setting that may be absent; then the value stays as it is.
    public init<Value>(
        _ key: String, _ place: WritableKeyPath<Root, Value> & Sendable, _ kind: SettingKind<Value>,
        unit: String? = nil,
        _ meaning: String
    ) {
        self.init(key, kind, unit: unit, meaning, fallback: { kind.write($0[keyPath: place]) }) { value, root, _ in
            root[keyPath: place] = value
        }
    }

    /// A setting whose absence means something of its own.
    ///
    /// - Parameters:
    ///   - key: the setting's name, in camelCase.
    ///   - place: where the value goes.
    ///   - absent: what its absence means, as YAML or in a word.
    ///   - kind: how the value is read and checked.
    ///   - unit: the unit that the reference states.
    ///   - meaning: a sentence for the reference.
    public init<Value>(
        _ key: String, _ place: WritableKeyPath<Root, Value?> & Sendable, absent: String = "none",
        _ kind: SettingKind<Value>, unit: String? = nil, _ meaning: String
    ) {
        self.init(
            key, kind, unit: unit, meaning, fallback: { $0[keyPath: place].map(kind.write) ?? absent }
        ) { value, root, _ in root[keyPath: place] = value }
    }

    /// A setting that must be present.
    public init<Value>(
        required key: String, _ place: WritableKeyPath<Root, Value> & Sendable, _ kind: SettingKind<Value>,
        unit: String? = nil, _ meaning: String
    ) {
        self.init(required: key, kind, unit: unit, meaning) { value, root in root[keyPath: place] = value }
    }

    /// A setting that must be present, with a way of its own to take the value in.
    public init<Value>(
        required key: String, _ kind: SettingKind<Value>, unit: String? = nil, _ meaning: String,
        store: @escaping @Sendable (Value, inout Root) -> Void
    ) {
        self.key = key
        describe = { _ in
            SettingDescription(
                key: key, values: kind.values, fallback: nil, unit: unit, meaning: meaning, settings: kind.settings)
        }
        read = { (keys, root) throws(ConfigurationError) in store(try kind.read(try keys.required(key)), &root) }
    }

    /// A setting that may be absent, with a way of its own to take the value in.
    ///
    /// - Parameters:
    ///   - key: the setting's name, in camelCase.
    ///   - kind: how the value is read and checked.
    ///   - unit: the unit that the reference states.
    ///   - meaning: a sentence for the reference.
    ///   - fallback: what its absence means, as YAML or in a word.
    ///   - store: takes the value in, or complains about it with the YAML value that it came from.
    public init<Value>(
        _ key: String, _ kind: SettingKind<Value>, unit: String? = nil, _ meaning: String,
        fallback: @escaping @Sendable (Root) -> String,
        store: @escaping @Sendable (Value, inout Root, YAMLValue) throws(ConfigurationError) -> Void
    ) {
        self.key = key
        describe = { root in
            SettingDescription(
                key: key, values: kind.values, fallback: fallback(root), unit: unit, meaning: meaning,
                settings: kind.settings)
        }
        read = { (keys, root) throws(ConfigurationError) in
            guard let value = keys.optional(key) else { return }
            try store(try kind.read(value), &root, value)
        }
    }

    /// The number of the file's format, which must be `number`.
    public static func format(_ number: Int) -> Setting {
        let kind = SettingKind<Int>("\(number)", write: { "\($0)" }) { (value) throws(ConfigurationError) in
            let found = try value.int()
            guard found == number else {
                throw value.error("expected format \(number) but found \(found). Update the program or the file.")
            }
            return found
        }
        return Setting(
            required: "format", kind, "The format of the file; it rises when a key changes its meaning."
        ) { _, _ in }
    }
}
