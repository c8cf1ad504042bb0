import FoundationEssentials

/// Results for programs: one JSON document on standard output, keys sorted, indented.
enum JSONOutput {
    /// Prints `value`. Numbers must be finite: what may not be belongs into an optional, which prints as null.
    static func print(_ value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        Swift.print(String(decoding: try encoder.encode(value), as: UTF8.self))
    }
}

extension Double {
    /// The number, or `nil` (null in JSON) when it is infinite or not a number.
    var ifFinite: Double? { isFinite ? self : nil }
}
