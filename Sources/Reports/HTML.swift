/// A piece of HTML that is safe to put into a page: text came in escaped.
///
/// Names of files and cases are not trusted; whatever they contain, they stay text.
public struct HTML: Sendable, CustomStringConvertible {
    /// The markup itself.
    public let description: String

    /// Text, escaped.
    public init(_ text: String) { description = text.htmlEscaped }

    /// Markup that this program wrote.
    public init(markup: String) { description = markup }

    /// An element around some content. Attribute values are escaped.
    public static func element(_ name: String, _ attributes: [(String, String)] = [], _ content: HTML...) -> HTML {
        element(name, attributes, content)
    }

    /// An element with escaped attributes.
    public static func element(_ name: String, _ attributes: [(String, String)] = [], _ content: [HTML]) -> HTML {
        let written = attributes.map { " \($0.0)=\"\($0.1.htmlEscaped)\"" }.joined()
        return HTML(markup: "<\(name)\(written)>\(content.map(\.description).joined())</\(name)>")
    }

    /// One after the other.
    public static func + (a: HTML, b: HTML) -> HTML { HTML(markup: a.description + b.description) }
}

extension String {
    /// The text with the characters that mean something in HTML replaced, in content and in quoted attributes. Control
    /// characters, which no page may hold, become replacement characters.
    public var htmlEscaped: String {
        var result = ""
        result.reserveCapacity(utf8.count)
        for scalar in unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            case "\n", "\t": result.unicodeScalars.append(scalar)
            default: result.unicodeScalars.append(scalar.properties.generalCategory == .control ? "\u{FFFD}" : scalar)
            }
        }
        return result
    }
}
