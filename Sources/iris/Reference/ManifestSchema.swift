import Configuration
import Datasets
import FoundationEssentials

/// The keys of a manifest, from its JSON Schema: the tests hold schema and reader to the same manifests.
struct ManifestSchema {
    private let root: YAMLValue
    private let definitions: [String: YAMLValue]

    /// The schema beside the project's manifests.
    static func standard() throws -> ManifestSchema {
        let file = try ManifestLibrary.standard().folder.appending(path: "schema.json")
        // JSON is YAML.
        return try ManifestSchema(YAMLValue(text: String(contentsOf: file, encoding: .utf8), file: file.path))
    }

    private init(_ root: YAMLValue) throws(ConfigurationError) {
        self.root = root
        definitions =
            try Self.fields(root)["$defs"].map { (value) throws(ConfigurationError) in try Self.fields(value) } ?? [:]
    }

    func settings() throws(ConfigurationError) -> [SettingDescription] { try settings(of: root) }

    private static func fields(_ value: YAMLValue) throws(ConfigurationError) -> [String: YAMLValue] {
        Dictionary(try value.pairs().map { ($0.key, $0.value) }, uniquingKeysWith: { first, _ in first })
    }

    private func settings(of object: YAMLValue) throws(ConfigurationError) -> [SettingDescription] {
        let fields = try Self.fields(object)
        let required = Set(try fields["required"]?.strings() ?? [])
        var result: [SettingDescription] = []
        for (key, value) in try fields["properties"]?.pairs() ?? [] {
            result.append(
                SettingDescription(
                    key: key, values: try words(value), fallback: required.contains(key) ? nil : "absent",
                    meaning: try Self.fields(value)["description"]?.string() ?? "", settings: try children(value)))
        }
        return result
    }

    /// The schema that `$ref` names, or the value itself.
    private func resolved(_ value: YAMLValue) throws(ConfigurationError) -> [String: YAMLValue] {
        let fields = try Self.fields(value)
        guard let reference = try fields["$ref"]?.string() else { return fields }
        guard let target = definitions[String(reference.dropFirst("#/$defs/".count))] else {
            throw value.error("\(reference) is not defined.")
        }
        return try Self.fields(target)
    }

    /// The keys of mappings at, or one list below, a value.
    private func children(_ value: YAMLValue) throws(ConfigurationError) -> [SettingDescription] {
        let fields = try resolved(value)
        if let alternatives = fields["oneOf"] {
            return try children(ofAlternatives: try alternatives.list())
        }
        if let items = fields["items"] { return try children(items) }
        return fields["properties"] == nil ? [] : try settings(of: try properties(value))
    }

    /// The keys of several alternatives, each once; a key that some alternative does without is not required.
    private func children(ofAlternatives alternatives: [YAMLValue]) throws(ConfigurationError) -> [SettingDescription] {
        var mappings: [[SettingDescription]] = []
        for one in alternatives {
            let keys = try children(one)
            if !keys.isEmpty { mappings.append(keys) }
        }
        var result: [SettingDescription] = []
        for child in mappings.joined() where !result.contains(where: { $0.key == child.key }) {
            let same = mappings.compactMap { keys in keys.first { $0.key == child.key } }
            result.append(
                SettingDescription(
                    key: child.key, values: same.map(\.values).joined(separator: ", "),
                    fallback: same.count == mappings.count ? child.fallback : "absent", meaning: child.meaning,
                    settings: child.settings))
        }
        return result
    }

    private func properties(_ value: YAMLValue) throws(ConfigurationError) -> YAMLValue {
        guard let reference = try Self.fields(value)["$ref"]?.string() else { return value }
        return definitions[String(reference.dropFirst("#/$defs/".count))] ?? value
    }

    /// What may stand there, in words.
    private func words(_ value: YAMLValue) throws(ConfigurationError) -> String {
        let fields = try resolved(value)
        if let constant = fields["const"] { return "`\(try constant.string())`" }
        if let names = fields["enum"] { return try names.strings().map { "`\($0)`" }.joined(separator: ", ") }
        if let alternatives = fields["oneOf"] {
            var all: [String] = []
            for one in try alternatives.list() {
                let text = try words(one)
                if !all.contains(text) { all.append(text) }
            }
            return all.joined(separator: ", or ")
        }
        switch try fields["type"]?.string() {
        case "array":
            let items = try fields["items"].map { (item) throws(ConfigurationError) in try words(item) } ?? "values"
            guard let fewest = try fields["minItems"]?.int(), let most = try fields["maxItems"]?.int(), fewest == most
            else {
                return "list, each: \(items)"
            }
            return "list of \(fewest), each: \(items)"
        case "object":
            if let other = fields["additionalProperties"], let inner = try? words(other) {
                return "mapping of name to \(inner)"
            }
            let keys = try fields["properties"]?.pairs().map { "`\($0.key)`" } ?? []
            return "mapping of \(keys.joined(separator: ", "))"
        case "integer": return "whole number" + (try range(fields))
        case "number": return "number" + (try range(fields))
        case "boolean": return "true or false"
        default: return "text"
        }
    }

    private func range(_ fields: [String: YAMLValue]) throws(ConfigurationError) -> String {
        guard let low = try fields["minimum"]?.string(), let high = try fields["maximum"]?.string() else { return "" }
        return " from \(low) to \(high)"
    }
}
