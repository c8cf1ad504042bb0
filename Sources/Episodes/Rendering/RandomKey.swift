/// The key of a Philox4x32-10 stream, written in plans as 16 hexadecimal digits.
///
/// JSON numbers above 2^53 lose digits in most readers, so the key is text there.
public struct RandomKey: Hashable, Sendable, Codable {
    /// The key of the counter-based generator.
    public let value: UInt64

    public init(_ value: UInt64) { self.value = value }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard text.utf8.count == 16, let value = UInt64(text, radix: 16) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "expected a key of 16 hexadecimal digits but found \"\(text)\"")
        }
        self.value = value
    }

    public func encode(to encoder: any Encoder) throws {
        let digits = String(value, radix: 16)
        var container = encoder.singleValueContainer()
        try container.encode(String(repeating: "0", count: 16 - digits.utf8.count) + digits)
    }
}
