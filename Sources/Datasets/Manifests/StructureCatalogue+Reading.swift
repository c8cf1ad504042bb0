import Configuration
import FoundationEssentials

extension StructureCatalogue {
    /// Reads a `structures.yaml`.
    ///
    /// - Throws: `ConfigurationError` with the line of an unknown key, a repeated id, or a pair whose two halves do not name
    ///   each other.
    public init(text: String, file: String) throws(ConfigurationError) {
        var structures: [Structure] = []
        let pairs = try YAMLValue(text: text, file: file).mapping { (keys) throws(ConfigurationError) in
            try keys.required("structures").pairs()
        }
        for (id, value) in pairs {
            structures.append(try StructureDraft.settings.read(value, into: StructureDraft()).structure(id: id))
        }
        self.init(structures: structures)
        for (id, value) in pairs {
            guard let partner = self[id]!.partner else { continue }
            guard let other = self[partner] else {
                let hint = nearestName(to: partner, among: ids).map { " Did you mean \($0)?" } ?? ""
                throw value.error("the pair \(partner) is not in this file.\(hint)")
            }
            guard other.partner == id, Set([other.side, self[id]!.side]) == [.left, .right] else {
                throw value.error("expected \(partner) to name \(id) as its pair, one left and one right.")
            }
        }
    }

    /// The settings of each structure, for documentation.
    public static var settings: [SettingDescription] {
        StructureDraft.settings.descriptions(defaults: StructureDraft())
    }
}

/// A structure as it is written; what is absent follows from the id and the side.
private struct StructureDraft {
    var side = Side.none
    var pair: String?
    var bodySide: Side?
    var name: String?
    var position: SIMD3<Double>?
    var frame = BodyFrame.body
    var volume: ClosedRange<Double>?
    var gas = false
    var aliases: [String] = []

    static let settings = SettingTable<StructureDraft>([
        Setting("side", \.side, .choice, "Which one of a pair it is."),
        Setting("pair", \.pair, .text, "The id of the structure on the other side, which must name this one."),
        Setting(
            "bodySide", \.bodySide, absent: "that of `side`", .choice,
            "The side of the body on which the centre of mass lies in nearly everybody."),
        Setting("name", \.name, absent: "the id with spaces", .text, "The name in running text."),
        Setting(
            "position", \.position, position, unit: "mm",
            """
            A typical centre in a supine adult, towards right, front and head; good to a few centimetres and meant for \
            comparing structures of one frame.
            """),
        Setting(
            "frame", \.frame, .choice,
            "Where the position counts from: the centre of the first lumbar vertebra (`body`), or of the named organ."),
        Setting(
            "volume", \.volume, volume, unit: "cm³",
            "The smallest and the largest plausible volume of a whole adult one, disease included."),
        Setting("gas", \.gas, .flag, "Whether it may be filled with air or gas."),
        Setting(
            "aliases", \.aliases, .list(of: .text),
            "Other names in datasets; a dataset's own name may stand first (`hippocampus anterior`)."),
    ])

    func structure(id: String) -> Structure {
        Structure(
            id: id, name: name ?? id.replacing("-", with: " "), side: side, partner: pair, bodySide: bodySide ?? side,
            position: position, frame: frame, volume: volume, holdsGas: gas,
            aliases: aliases.map(StructureCatalogue.plainName))
    }

    private static let position = SettingKind<SIMD3<Double>>(
        "[x, y, z], numbers from -1000 to 1000", write: { "\($0)" }
    ) { (value) throws(ConfigurationError) in
        let items = try value.list()
        guard items.count == 3 else { throw value.error("expected three numbers but found \(items.count).") }
        return SIMD3(
            try items[0].double(in: -1000...1000), try items[1].double(in: -1000...1000),
            try items[2].double(in: -1000...1000))
    }

    private static let volume = SettingKind<ClosedRange<Double>>(
        "[smallest, largest], numbers from 0 to 100000", write: { "\($0)" }
    ) { (value) throws(ConfigurationError) in
        let items = try value.list()
        guard items.count == 2 else {
            throw value.error("expected the smallest and the largest volume but found \(items.count) numbers.")
        }
        let low = try items[0].double(in: 0...1e5), high = try items[1].double(in: 0...1e5)
        guard low <= high else {
            throw value.error("expected the smaller volume first but found \(low) before \(high).")
        }
        return low...high
    }
}
