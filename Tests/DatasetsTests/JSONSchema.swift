import Datasets
import FoundationEssentials

/// As much of JSON Schema (draft 2020-12) as `manifests/schema.json` uses.
///
/// A keyword that is not known here is a failure, so the schema cannot outgrow the check unseen.
struct JSONSchema {
    let root: JSONValue

    /// What is wrong with `value`; empty when it is valid.
    func errors(_ value: JSONValue) -> [String] { check(value, root, "") }

    private func check(_ value: JSONValue, _ schema: JSONValue, _ path: String) -> [String] {
        var errors: [String] = []
        for (keyword, rule) in schema.object ?? [:] {
            switch keyword {
            case "$schema", "$defs", "title", "description": break
            case "$ref":
                let target = rule.string!.split(separator: "/").dropFirst().reduce(root) { $0.object![String($1)]! }
                errors += check(value, target, path)
            case "type": if !matches(value, type: rule.string!) { errors.append("\(path): not \(rule.string!)") }
            case "const": if value != rule { errors.append("\(path): not the constant") }
            case "enum": if !rule.array!.contains(value) { errors.append("\(path): not one of the values") }
            case "minimum": if let number = value.number, number < rule.number! { errors.append("\(path): too small") }
            case "maximum": if let number = value.number, number > rule.number! { errors.append("\(path): too large") }
            case "minLength":
                if let text = value.string, Double(text.count) < rule.number! { errors.append("\(path): too short") }
            case "minItems":
                if let list = value.array, Double(list.count) < rule.number! { errors.append("\(path): too few") }
            case "maxItems":
                if let list = value.array, Double(list.count) > rule.number! { errors.append("\(path): too many") }
            case "pattern":
                let pattern = try! Regex(rule.string!)
                if let text = value.string, text.firstMatch(of: pattern) == nil {
                    errors.append("\(path): not in the form")
                }
            case "required":
                for key in rule.array!.compactMap(\.string) where value.object.map({ $0[key] == nil }) == true {
                    errors.append("\(path): no \(key)")
                }
            case "properties":
                for (key, inner) in rule.object! {
                    if let child = value.object?[key] { errors += check(child, inner, "\(path)/\(key)") }
                }
            case "additionalProperties":
                let known = schema.object!["properties"]?.object ?? [:]
                for (key, child) in value.object ?? [:] where known[key] == nil {
                    errors +=
                        rule == .bool(false) ? ["\(path): unknown key \(key)"] : check(child, rule, "\(path)/\(key)")
                }
            case "items":
                for (n, child) in (value.array ?? []).enumerated() { errors += check(child, rule, "\(path)/\(n)") }
            case "oneOf":
                let fitting = rule.array!.count { check(value, $0, path).isEmpty }
                if fitting != 1 { errors.append("\(path): fits \(fitting) of the alternatives") }
            default: errors.append("schema: keyword \(keyword) is not checked")
            }
        }
        return errors
    }

    private func matches(_ value: JSONValue, type: String) -> Bool {
        switch (type, value) {
        case ("object", .object), ("array", .list), ("string", .text), ("number", .number), ("boolean", .bool): true
        case ("integer", .number(let number)): number == number.rounded()
        default: false
        }
    }
}

extension JSONValue {
    init(_ text: String) throws { self = try JSONDecoder().decode(JSONValue.self, from: Data(text.utf8)) }

    subscript(key: String) -> JSONValue? { object?[key] }
}
