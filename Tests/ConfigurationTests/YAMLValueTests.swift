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

    @Test func anchorsThatAreFewWork() throws {
        #expect(try read("spacing: &a 1.5\nrule: *a") == (1.5, "1.5"))
        // Signs within texts are no anchors.
        #expect(try read("spacing: 1\nrule: \(String(repeating: "a & b, c*d ", count: 40))").0 == 1)
    }

    @Test(arguments: [
        ("spacing: 1\nruel: linear", "a.yaml:2: ruel: unknown key. Did you mean rule?"),
        ("rule: linear", "a.yaml:1: the key spacing is missing."),
        ("spacing: 20", "a.yaml:1: spacing: expected a number from 0.1 to 10.0 but found 20.0."),
        ("spacing: fine", "a.yaml:1: spacing: expected a number but found \"fine\"."),
        ("spacing: 1\nspacing: 2", "a.yaml"),
        ("", "a.yaml: expected a YAML document but the file is empty."),
        (String(repeating: "[", count: 65), "a.yaml: nested deeper than 64 levels. Flatten the document."),
        (
            // Nine lists of nine aliases each, and so on: as a key the parser would look at 9 to the power of 11 values.
            "a0: &a0 [x]\n"
                + (1...11).map { "a\($0): &a\($0) [\(String(repeating: "*a\($0 - 1),", count: 9))]\n" }.joined()
                + "? *a11\n: 1",
            "a.yaml: expected at most 32 anchors (&name) and aliases (*name). Write the values out."
        ),
        (
            "spacing: " + String(repeating: "1", count: 4 << 20),
            "a.yaml: expected at most 4 MiB of YAML but found 4194313 bytes. Is it the right file?"
        ),
    ]) func complaintsNameThePlace(text: String, complaint: String) throws {
        let error = #expect(throws: ConfigurationError.self) { try read(text) }
        #expect(error?.description.hasPrefix(complaint) == true, "\(error?.description ?? "no error")")
    }

    @Test func namesThatAreNear() {
        #expect(nearestName(to: "spacng", among: ["spacing", "shape"]) == "spacing")
        #expect(nearestName(to: "qqqq", among: ["spacing", "shape"]) == nil)
    }
}
