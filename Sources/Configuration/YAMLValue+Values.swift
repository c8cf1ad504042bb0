import FoundationEssentials

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

    /// A path. A relative one counts from the folder of the file that it stands in.
    public func filePath() throws(ConfigurationError) -> String {
        let name = try string()
        guard !name.hasPrefix("/") else { return name }
        return URL(filePath: file).deletingLastPathComponent().appending(path: name).standardizedFileURL.path
    }
}
