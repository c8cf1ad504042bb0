/// What may stand under a key: how it is read, how it is written, and how documentation calls it.
public struct SettingKind<Value>: Sendable {
    /// The values in words, such as "number from 0 to 1".
    let values: String
    /// The keys below, where a mapping or a list of mappings stands.
    let settings: [SettingDescription]
    /// The value that a YAML value means.
    ///
    /// - Throws: ``ConfigurationError`` when it is none of this kind.
    public let read: @Sendable (YAMLValue) throws(ConfigurationError) -> Value
    /// The value as YAML on one line.
    let write: @Sendable (Value) -> String

    /// A kind by its name in documentation, the keys below it, and how a value is written and read.
    public init(
        _ values: String, settings: [SettingDescription] = [], write: @escaping @Sendable (Value) -> String,
        read: @escaping @Sendable (YAMLValue) throws(ConfigurationError) -> Value
    ) {
        (self.values, self.settings, self.read, self.write) = (values, settings, read, write)
    }
}

extension SettingKind where Value == Double {
    /// Any finite number.
    public static var number: Self {
        Self("number", write: \.plainText) { (value) throws(ConfigurationError) in try value.double() }
    }

    /// A finite number in `range`.
    public static func number(in range: ClosedRange<Double>) -> Self {
        Self("number from \(range.lowerBound.plainText) to \(range.upperBound.plainText)", write: \.plainText) {
            (value) throws(ConfigurationError) in try value.double(in: range)
        }
    }
}

extension SettingKind where Value == Float {
    /// A finite number in `range`.
    public static func number(in range: ClosedRange<Double>) -> Self {
        Self("number from \(range.lowerBound.plainText) to \(range.upperBound.plainText)", write: { "\($0)" }) {
            (value) throws(ConfigurationError) in Float(try value.double(in: range))
        }
    }
}

extension SettingKind where Value == Int {
    /// A whole number in `range`.
    public static func wholeNumber(in range: ClosedRange<Int>) -> Self {
        Self("whole number from \(range.lowerBound) to \(range.upperBound)", write: { "\($0)" }) {
            (value) throws(ConfigurationError) in try value.int(in: range)
        }
    }
}

extension SettingKind where Value == ClosedRange<Int> {
    /// Two ends of a range, or one whole number for both.
    public static func wholeRange(in bounds: ClosedRange<Int>) -> Self {
        Self(
            "[lower, upper], or one whole number for both, from \(bounds.lowerBound) to \(bounds.upperBound)",
            write: { $0.count == 1 ? "\($0.lowerBound)" : "[\($0.lowerBound), \($0.upperBound)]" }
        ) { (value) throws(ConfigurationError) in try value.wholeRange(in: bounds) }
    }
}

extension SettingKind where Value == Bool {
    /// True or false.
    public static var flag: Self {
        Self("true or false", write: { "\($0)" }) { (value) throws(ConfigurationError) in try value.bool() }
    }
}

extension SettingKind where Value == String {
    /// Any text.
    public static var text: Self {
        Self("text", write: { $0 }) { (value) throws(ConfigurationError) in try value.string() }
    }

    /// A path; a relative one counts from the folder of the file it stands in.
    public static var path: Self {
        Self("path, relative to this file", write: { $0 }) { (value) throws(ConfigurationError) in
            try value.filePath()
        }
    }
}

extension SettingKind where Value: RawRepresentable & CaseIterable & SendableMetatype, Value.RawValue == String {
    /// One of the names of `Value`.
    public static var choice: Self {
        Self(Value.allCases.map { "`\($0.rawValue)`" }.joined(separator: ", "), write: { $0.rawValue }) {
            (value) throws(ConfigurationError) in try value.choice()
        }
    }
}

extension SettingKind {
    /// A mapping whose keys are the settings of `table`; absent ones stay as in `defaults`.
    public static func mapping(_ table: SettingTable<Value>, defaults: Value) -> Self where Value: Sendable {
        Self("mapping", settings: table.descriptions(defaults: defaults), write: { _ in "as below" }) {
            (value) throws(ConfigurationError) in try table.read(value, into: defaults)
        }
    }

    /// A mapping that is read into a draft and then turned into the value.
    ///
    /// - Parameters:
    ///   - table: the mapping's own keys.
    ///   - draft: what the keys fill in, with their defaults.
    ///   - values: the word for such a value in the reference.
    ///   - write: the value as YAML, for the reference.
    ///   - finish: makes the value, or complains about keys that do not go together.
    public static func mapping<Draft: Sendable>(
        _ table: SettingTable<Draft>, draft: Draft, called values: String = "mapping",
        write: @escaping @Sendable (Value) -> String,
        finish: @escaping @Sendable (Draft, YAMLValue) throws(ConfigurationError) -> Value
    ) -> Self {
        Self(values, settings: table.descriptions(defaults: draft), write: write) {
            (value) throws(ConfigurationError) in try finish(try table.read(value, into: draft), value)
        }
    }

    /// A list of items of one kind.
    public static func list<Item>(of item: SettingKind<Item>) -> Self where Value == [Item] {
        Self(
            "list, each: \(item.values)", settings: item.settings,
            write: { "[\($0.map(item.write).joined(separator: ", "))]" }
        ) { (value) throws(ConfigurationError) in
            var result: [Item] = []
            for element in try value.list() { result.append(try item.read(element)) }
            return result
        }
    }
}

extension Double {
    /// The number without a fraction of zero: 1 for 1.0.
    package var plainText: String {
        guard abs(self) < 1e12, let whole = Int(exactly: self) else { return "\(self)" }
        return "\(whole)"
    }
}
