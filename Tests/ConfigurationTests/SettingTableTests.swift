import Configuration
import Testing

@Suite struct SettingTableTests {
    struct Oven: Equatable, Sendable {
        enum Heat: String, CaseIterable, Sendable { case above, below }

        var degrees = 180.0
        var trays = 0
        var heat = Heat.above
        var shelf: Int?
        var fan = Fan()

        struct Fan: Equatable, Sendable {
            var isOn = false
        }
    }

    private let table = SettingTable<Oven>([
        .format(1),
        Setting("degrees", \.degrees, .number(in: 0...300), unit: "°C", "How hot."),
        Setting(required: "trays", \.trays, .wholeNumber(in: 1...9), "How many."),
        Setting("heat", \.heat, .choice, "Where from."),
        Setting("shelf", \.shelf, absent: "any", .wholeNumber(in: 1...9), "Which."),
        Setting(
            "fan", \.fan, .mapping(SettingTable([Setting("on", \.isOn, .flag, "Whether.")]), defaults: Oven.Fan()),
            "The fan."),
    ])

    private func read(_ text: String) throws -> Oven {
        try table.read(YAMLValue(text: text, file: "a.yaml"), into: Oven())
    }

    @Test func valuesAndDefaults() throws {
        #expect(try read("format: 1\ntrays: 2") == Oven(trays: 2))
        #expect(
            try read("format: 1\ntrays: 3\ndegrees: 90\nheat: below\nshelf: 4\nfan: {on: true}")
                == Oven(degrees: 90, trays: 3, heat: .below, shelf: 4, fan: Oven.Fan(isOn: true)))
    }

    @Test(arguments: [
        ("format: 1", "a.yaml:1: the key trays is missing."),
        ("trays: 2", "a.yaml:1: the key format is missing."),
        ("format: 2\ntrays: 2", "a.yaml:1: format: expected format 1 but found 2. Update the program or the file."),
        ("format: 1\ntrays: 2\nheats: below", "a.yaml:3: heats: unknown key. Did you mean heat?"),
        ("format: 1\ntrays: 2\nfan: {of: true}", "a.yaml:3: fan.of: unknown key. Did you mean on?"),
        ("format: 1\ntrays: 12", "a.yaml:2: trays: expected a whole number from 1 to 9 but found 12."),
    ]) func complaints(text: String, complaint: String) {
        let error = #expect(throws: ConfigurationError.self) { try read(text) }
        #expect(error?.description == complaint)
    }

    /// What is read is what is told, defaults included: those of the value handed in, not of the type.
    @Test func descriptions() {
        let told = table.descriptions(defaults: Oven(degrees: 200.5, shelf: 2))
        #expect(told.map(\.key) == ["format", "degrees", "trays", "heat", "shelf", "fan"])
        #expect(told.map(\.fallback) == [nil, "200.5", nil, "above", "2", "as below"])
        #expect(told.map(\.unit) == [nil, "°C", nil, nil, nil, nil])
        #expect(
            told.map(\.values) == [
                "1", "number from 0 to 300", "whole number from 1 to 9", "`above`, `below`", "whole number from 1 to 9",
                "mapping",
            ])
        #expect(told[5].settings.map(\.key) == ["on"] && told[5].settings[0].fallback == "false")
        #expect(table.descriptions(defaults: Oven())[4].fallback == "any")
    }
}
