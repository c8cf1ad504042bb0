import Configuration

extension YAMLMapping {
    /// The value under `key` as `read` understands it, or `nil` when it is absent.
    mutating func optional<Setting>(
        _ key: String, _ read: (YAMLValue) throws(ConfigurationError) -> Setting
    ) throws(ConfigurationError) -> Setting? {
        guard let value = optional(key) else { return nil }
        return try read(value)
    }

    mutating func number(_ key: String, in range: ClosedRange<Double>, default fallback: Double)
        throws(ConfigurationError) -> Double
    {
        guard let value = optional(key) else { return fallback }
        return try value.double(in: range)
    }

    mutating func wholeNumber(_ key: String, in range: ClosedRange<Int>, default fallback: Int)
        throws(ConfigurationError) -> Int
    {
        guard let value = optional(key) else { return fallback }
        return try value.int(in: range)
    }

    mutating func flag(_ key: String, default fallback: Bool) throws(ConfigurationError) -> Bool {
        guard let value = optional(key) else { return fallback }
        return try value.bool()
    }

    mutating func choice<Choice: RawRepresentable & CaseIterable>(_ key: String, default fallback: Choice)
        throws(ConfigurationError) -> Choice where Choice.RawValue == String
    {
        guard let value = optional(key) else { return fallback }
        return try value.choice()
    }

    /// The setting `probability`, 1 when absent.
    mutating func probability() throws(ConfigurationError) -> Double {
        try number("probability", in: 0...1, default: 1)
    }
}

extension YAMLValue {
    /// The texts of a list.
    func strings() throws(ConfigurationError) -> [String] {
        var result: [String] = []
        for item in try list() { result.append(try item.string()) }
        return result
    }

    /// Reads `[lower, upper]`, or one whole number for both.
    func wholeRange(in bounds: ClosedRange<Int>) throws(ConfigurationError) -> ClosedRange<Int> {
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
