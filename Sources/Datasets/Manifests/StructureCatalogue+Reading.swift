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
        for (id, value) in pairs { structures.append(try Self.structure(id: id, value)) }
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

    private static func structure(id: String, _ value: YAMLValue) throws(ConfigurationError) -> Structure {
        try value.mapping { (keys) throws(ConfigurationError) in
            let side: Side = try keys.optional("side")?.choice() ?? .none
            let bodySide: Side = try keys.optional("bodySide")?.choice() ?? side
            return Structure(
                id: id, name: try keys.optional("name")?.string() ?? id.replacing("-", with: " "), side: side,
                partner: try keys.optional("pair")?.string(), bodySide: bodySide,
                position: try keys.optional("position").map { (value) throws(ConfigurationError) in try position(value)
                },
                frame: try keys.optional("frame")?.choice() ?? .body,
                volume: try keys.optional("volume").map { (value) throws(ConfigurationError) in try volume(value) },
                holdsGas: try keys.flag("gas", default: false),
                aliases: try keys.strings("aliases").map(plainName))
        }
    }

    private static func position(_ value: YAMLValue) throws(ConfigurationError) -> SIMD3<Double> {
        let items = try value.list()
        guard items.count == 3 else { throw value.error("expected three numbers but found \(items.count).") }
        return SIMD3(
            try items[0].double(in: -1000...1000), try items[1].double(in: -1000...1000),
            try items[2].double(in: -1000...1000))
    }

    private static func volume(_ value: YAMLValue) throws(ConfigurationError) -> ClosedRange<Double> {
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
