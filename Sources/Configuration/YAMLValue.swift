import Yams

/// One value of a YAML document that knows where it stands, so that every complaint names file, line and key.
///
/// Reading a mapping with ``YAMLValue/mapping(_:)`` refuses keys that the reader never asked for, and suggests the
/// nearest one that it did.
public struct YAMLValue {
    /// The file that complaints name.
    public let file: String
    /// The keys that lead here; empty at the top.
    public let path: String
    let node: Node

    /// The line in the file, counted from 1.
    public var line: Int? { node.mark?.line }

    /// Parses `text`, naming `file` in complaints.
    ///
    /// - Throws: ``ConfigurationError`` when the text is not YAML, is empty, is longer than 4 MiB, is nested deeper than 64
    ///   levels, or uses more than 32 aliases.
    public init(text: String, file: String) throws(ConfigurationError) {
        do {
            guard text.utf8.count <= 4 << 20 else {
                throw ConfigurationError(
                    file: file, line: nil, path: "",
                    problem: "expected at most 4 MiB of YAML but found \(text.utf8.count) bytes. Is it the right file?")
            }
            guard Self.aliasesAreFew(text) else {
                throw ConfigurationError(
                    file: file, line: nil, path: "",
                    problem: "expected at most 32 anchors (&name) and aliases (*name). Write the values out.")
            }
            guard Self.depthIsBounded(text) else {
                throw ConfigurationError(
                    file: file, line: nil, path: "", problem: "nested deeper than 64 levels. Flatten the document.")
            }
            guard let node = try Yams.compose(yaml: text) else {
                throw ConfigurationError(
                    file: file, line: nil, path: "", problem: "expected a YAML document but the file is empty.")
            }
            self.init(file: file, path: "", node: node)
        } catch let error as ConfigurationError {
            throw error
        } catch let error as YamlError {
            throw ConfigurationError(file: file, line: nil, path: "", problem: "not valid YAML: \(error)")
        } catch {
            throw ConfigurationError(file: file, line: nil, path: "", problem: "not valid YAML: \(error)")
        }
    }

    init(file: String, path: String, node: Node) { (self.file, self.path, self.node) = (file, path, node) }

    /// Whether neither indentation nor brackets can nest the parser deeper than its recursion bears.
    private static func depthIsBounded(_ text: String) -> Bool {
        var brackets = 0, deepest = 0
        for byte in text.utf8 {
            if byte == UInt8(ascii: "[") || byte == UInt8(ascii: "{") { brackets += 1 }
            if byte == UInt8(ascii: "]") || byte == UInt8(ascii: "}") { brackets = max(0, brackets - 1) }
            deepest = max(deepest, brackets)
        }
        guard deepest <= 64 else { return false }
        // A block level costs at least one column or, for a compact sequence, the two characters "- ".
        return text.split(separator: "\n").allSatisfy { line in
            line.prefix { $0 == " " || $0 == "-" || $0 == "?" || $0 == ":" }.count <= 256
        }
    }

    /// Whether no more than 32 words begin like an anchor or an alias. Aliases of lists of aliases stand for more values
    /// than any memory holds, and the parser looks at each of them where one is a key.
    private static func aliasesAreFew(_ text: String) -> Bool {
        var count = 0
        var previous = UInt8(ascii: "\n"), before = previous
        for byte in text.utf8 {
            let isMark = previous == UInt8(ascii: "*") || previous == UInt8(ascii: "&")
            if isMark, !isBreak(byte), isBreak(before) { count += 1 }
            (before, previous) = (previous, byte)
        }
        return count <= 32
    }

    /// White space, or a sign that ends a word in lists and mappings.
    private static func isBreak(_ byte: UInt8) -> Bool { byte <= 32 || Array("[]{},".utf8).contains(byte) }

    /// A complaint about this value.
    public func error(_ problem: String) -> ConfigurationError {
        ConfigurationError(file: file, line: line, path: path, problem: problem)
    }

    private var kind: String {
        switch node {
        case .scalar(let scalar): "\"\(scalar.string)\""
        case .mapping: "a mapping"
        case .sequence: "a list"
        case .alias: "an alias"
        }
    }

    /// Whether the value is absent in spirit: `null`, `~` or nothing after the colon.
    public var isNull: Bool { node.null != nil }

    /// The text of a scalar, numbers and words alike.
    public func string() throws(ConfigurationError) -> String {
        guard case .scalar(let scalar) = node else { throw error("expected text but found \(kind).") }
        return scalar.string
    }

    /// True or false.
    public func bool() throws(ConfigurationError) -> Bool {
        guard let value = node.bool else { throw error("expected true or false but found \(kind).") }
        return value
    }

    /// A whole number in `range`.
    public func int(in range: ClosedRange<Int> = Int.min...Int.max) throws(ConfigurationError) -> Int {
        guard let value = node.int else { throw error("expected a whole number but found \(kind).") }
        guard range.contains(value) else {
            throw error("expected a whole number from \(range.lowerBound) to \(range.upperBound) but found \(value).")
        }
        return value
    }

    /// A finite number in `range`.
    public func double(in range: ClosedRange<Double> = -Double.greatestFiniteMagnitude...Double.greatestFiniteMagnitude)
        throws(ConfigurationError) -> Double
    {
        guard let value = node.float, value.isFinite else { throw error("expected a number but found \(kind).") }
        guard range.contains(value) else {
            throw error("expected a number from \(range.lowerBound) to \(range.upperBound) but found \(value).")
        }
        return value
    }

    /// The case of `Choice` whose raw value stands here.
    public func choice<Choice: RawRepresentable & CaseIterable>(_: Choice.Type = Choice.self) throws(ConfigurationError)
        -> Choice where Choice.RawValue == String
    {
        let name = try string()
        if let choice = Choice(rawValue: name) { return choice }
        let names = Choice.allCases.map(\.rawValue)
        let hint = nearestName(to: name, among: names).map { " Did you mean \($0)?" } ?? ""
        throw error("expected one of \(names.joined(separator: ", ")) but found \"\(name)\".\(hint)")
    }

    /// The items of a list.
    public func list() throws(ConfigurationError) -> [YAMLValue] {
        guard case .sequence(let items) = node else { throw error("expected a list but found \(kind).") }
        return items.enumerated().map { YAMLValue(file: file, path: "\(path)[\($0.offset)]", node: $0.element) }
    }

    /// The pairs of a mapping whose keys are data (label values, names), in the order of the file.
    public func pairs() throws(ConfigurationError) -> [(key: String, value: YAMLValue)] {
        guard case .mapping(let mapping) = node else { throw error("expected a mapping but found \(kind).") }
        var seen: Set<String> = []
        var result: [(key: String, value: YAMLValue)] = []
        for (key, value) in mapping {
            let name = key.string ?? ""
            let child = YAMLValue(file: file, path: path.isEmpty ? name : "\(path).\(name)", node: value)
            guard seen.insert(name).inserted else { throw child.error("this key stands twice. Keep one of the two.") }
            result.append((name, child))
        }
        return result
    }

    /// Reads a mapping whose keys are settings. Keys that `read` never asks for are refused.
    public func mapping<Result>(_ read: (inout YAMLMapping) throws(ConfigurationError) -> Result)
        throws(ConfigurationError) -> Result
    {
        var mapping = YAMLMapping(value: self, pairs: try pairs())
        let result = try read(&mapping)
        try mapping.refuseUnknownKeys()
        return result
    }
}
