import Configuration
import Testing

@Suite struct YAMLValueTests {
    private func read(_ text: String) throws -> (Double, String) {
        try YAMLValue(text: text, file: "a.yaml").mapping { (keys) throws(ConfigurationError) in
            (try keys.required("spacing").double(in: 0.1...10), try keys.optional("rule")?.string() ?? "cubic")
        }
    }

    @Test func valuesAndDefaults() throws {
        #expect(try read("spacing: 1.5") == (1.5, "cubic"))
        #expect(try read("spacing: 1\nrule: linear") == (1, "linear"))
    }

    @Test(arguments: [
        ("spacing: 1\nruel: linear", "a.yaml:2: ruel: unknown key. Did you mean rule?"),
        ("rule: linear", "a.yaml:1: the key spacing is missing."),
        ("spacing: 20", "a.yaml:1: spacing: expected a number from 0.1 to 10.0 but found 20.0."),
        ("spacing: fine", "a.yaml:1: spacing: expected a number but found \"fine\"."),
        ("spacing: 1\nspacing: 2", "a.yaml"),
        ("", "a.yaml: expected a YAML document but the file is empty."),
        (String(repeating: "[", count: 65), "a.yaml: nested deeper than 64 levels. Flatten the document."),
    ]) func complaintsNameThePlace(text: String, complaint: String) throws {
        let error = #expect(throws: ConfigurationError.self) { try read(text) }
        #expect(error?.description.hasPrefix(complaint) == true, "\(error?.description ?? "no error")")
    }

    @Test func namesThatAreNear() {
        #expect(nearestName(to: "spacng", among: ["spacing", "shape"]) == "spacing")
        #expect(nearestName(to: "qqqq", among: ["spacing", "shape"]) == nil)
    }
}
