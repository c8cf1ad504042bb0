extension YAMLMapping {
    /// The value under `key` as `read` understands it, or `nil` when it is absent.
    public mutating func optional<Setting>(
        _ key: String, _ read: (YAMLValue) throws(ConfigurationError) -> Setting
    ) throws(ConfigurationError) -> Setting? {
        guard let value = optional(key) else { return nil }
        return try read(value)
    }

    /// A number, or `fallback` when the key is absent.
    public mutating func number(_ key: String, in range: ClosedRange<Double>, default fallback: Double)
        throws(ConfigurationError) -> Double
    {
        guard let value = optional(key) else { return fallback }
        return try value.double(in: range)
    }

    /// A whole number, or `fallback` when the key is absent.
    public mutating func wholeNumber(_ key: String, in range: ClosedRange<Int>, default fallback: Int)
        throws(ConfigurationError) -> Int
    {
        guard let value = optional(key) else { return fallback }
        return try value.int(in: range)
    }

    /// The texts of a list, none when the key is absent.
    public mutating func strings(_ key: String) throws(ConfigurationError) -> [String] {
        guard let value = optional(key) else { return [] }
        return try value.strings()
    }

    /// True or false, or `fallback` when the key is absent.
    public mutating func flag(_ key: String, default fallback: Bool) throws(ConfigurationError) -> Bool {
        guard let value = optional(key) else { return fallback }
        return try value.bool()
    }

    /// One of several names, or `fallback` when the key is absent.
    public mutating func choice<Choice: RawRepresentable & CaseIterable>(_ key: String, default fallback: Choice)
        throws(ConfigurationError) -> Choice where Choice.RawValue == String
    {
        guard let value = optional(key) else { return fallback }
        return try value.choice()
    }
}

extension YAMLValue {
    /// The texts of a list.
    public func strings() throws(ConfigurationError) -> [String] {
        var result: [String] = []
        for item in try list() { result.append(try item.string()) }
        return result
    }

    /// Reads `[lower, upper]`, or one whole number for both.
    public func wholeRange(in bounds: ClosedRange<Int>) throws(ConfigurationError) -> ClosedRange<Int> {
        guard let items = try? list() else {
            let only = try int(in: bounds)
            return only...only
        }
        guard items.count == 2 else { throw error("expected [lower, upper] but found a list of \(items.count).") }
        let lower = try items[0].int(in: bounds), upper = try items[1].int(in: bounds)
        guard lower <= upper else {
            throw error("expected the lower end first but found \(lower) before \(upper). Exchange the two.")
        }
        return lower...upper
    }
}
