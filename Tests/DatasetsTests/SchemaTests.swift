import Configuration
import Datasets
import FoundationEssentials
import Testing

/// `manifests/schema.json` and the program's own reader accept and refuse the same manifests.
@Suite struct SchemaTests {
    private let schema: JSONSchema

    init() throws {
        schema = JSONSchema(
            root: try JSONValue(String(contentsOf: library.folder.appending(path: "schema.json"), encoding: .utf8)))
    }

    @Test("Every manifest is valid") func manifestsAreValid() throws {
        let names = try library.names()
        #expect(names.count == 9)
        for name in names { #expect(schema.errors(try json("\(name).yaml")) == [], "\(name)") }
    }

    @Test(
        "What the reader refuses, the schema refuses",
        arguments: [
            ("name: amos22", "name: AMOS"), ("title:", "titel:"), ("adapter: amos22", "adapter: amos"),
            ("first: 1,", "first: -1,"), ("modality: MR}", "modality: MRT}"),
            ("{value: 1, name: spleen", "{value: 0, name: spleen"),
            ("{value: 1, name: spleen", "{value: 1.5, name: spleen"),
            ("splits/amos22-paper.json", "../amos22-paper.json"),
            ("splits/amos22-paper.json", "/etc/passwd"), ("{x: 30, y: 30, z: 10}", "{x: 30, y: 30}"),
            ("{x: 30, y: 30, z: 10}", "everything"), ("remedy:", "cure:"),
            ("labelled: 0}", "labelled: -1}"), ("published: \"2022\"", "published: \"2022-13\""),
            ("published: \"2022\"", "published: \"22\""),
        ]) func bothRefuse(good: String, bad: String) throws
    {
        let text = try String(contentsOf: library.folder.appending(path: "amos22.yaml"), encoding: .utf8)
            .replacingOccurrences(of: good, with: bad)
        #expect(throws: (any Error).self) {
            try Manifest(text: text, file: "m.yaml", structures: library.structures) { name in
                try String(contentsOf: library.folder.appending(path: name), encoding: .utf8)
            }
        }
        #expect(!schema.errors(try JSONValue(yaml: YAMLValue(text: text, file: "m.yaml"))).isEmpty)
    }

    @Test("The schema's adapters and modalities are the program's") func choices() {
        let adapters = schema.root["properties"]?["layout"]?["properties"]?["adapter"]?["enum"]?.array?.compactMap(
            \.string)
        #expect(adapters == LayoutName.allCases.map(\.rawValue))
        #expect(
            schema.root["$defs"]?["modality"]?["enum"]?.array?.compactMap(\.string) == Modality.allCases.map(\.rawValue)
        )
    }

    private func json(_ name: String) throws -> JSONValue {
        let file = library.folder.appending(path: name)
        return try JSONValue(yaml: YAMLValue(text: String(contentsOf: file, encoding: .utf8), file: file.path))
    }
}

extension JSONValue {
    /// The JSON that a YAML document means.
    init(yaml value: YAMLValue) throws {
        if let pairs = try? value.pairs() {
            self = .object(Dictionary(uniqueKeysWithValues: try pairs.map { ($0.key, try JSONValue(yaml: $0.value)) }))
        } else if let list = try? value.list() {
            self = .list(try list.map { try JSONValue(yaml: $0) })
        } else if value.isNull {
            self = .null
        } else if let bool = try? value.bool() {
            self = .bool(bool)
        } else if let number = try? value.double() {
            self = .number(number)
        } else {
            self = .text(try value.string())
        }
    }
}
