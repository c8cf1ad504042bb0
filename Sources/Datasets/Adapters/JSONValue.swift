/// Any JSON value, for files whose shape is not to be trusted.
package enum JSONValue: Decodable, Equatable {
    case null
    case bool(Bool)
    case number(Double)
    case text(String)
    case list([JSONValue])
    case object([String: JSONValue])

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Double.self) {
            self = .number(value)
        } else if let value = try? container.decode(String.self) {
            self = .text(value)
        } else if let value = try? container.decode([JSONValue].self) {
            self = .list(value)
        } else {
            self = .object(try container.decode([String: JSONValue].self))
        }
    }

    package var string: String? { if case .text(let value) = self { value } else { nil } }
    package var array: [JSONValue]? { if case .list(let value) = self { value } else { nil } }
    package var object: [String: JSONValue]? { if case .object(let value) = self { value } else { nil } }
    package var number: Double? { if case .number(let value) = self { value } else { nil } }
    /// A whole number.
    package var int: Int? { if case .number(let value) = self { Int(exactly: value) } else { nil } }

    /// The value, or what it is, for messages.
    package var inWords: String {
        switch self {
        case .null: "null"
        case .bool(let value): "\(value)"
        case .number(let value): "\(value)"
        case .text(let value): value.count <= 20 ? "the text \"\(value)\"" : "a text"
        case .list: "a list"
        case .object: "an object"
        }
    }
}
