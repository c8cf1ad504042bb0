/// An anatomical name shared by datasets.
public struct Structure: Equatable, Sendable {
    /// The canonical id, such as `right-kidney`.
    public let id: String
    /// The name in running text.
    public let name: String
    /// Which one of a pair it is.
    public let side: Side
    /// The id of the structure on the other side.
    public let partner: String?
    /// The side of the body on which its centre of mass lies in nearly everybody; `none` for the midline or either side.
    public let bodySide: Side
    /// A typical place of its centre in a supine adult: mm towards right, front and head from the centre of the first
    /// lumbar vertebra (body), or from the centre of the brain or heart for parts of these. Good to a few centimetres;
    /// meant for comparing structures of one frame with each other.
    public let position: SIMD3<Double>?
    /// The frame of ``position``.
    public let frame: BodyFrame
    /// The volumes in cubic centimetres between which a whole adult one lies, disease included.
    public let volume: ClosedRange<Double>?
    /// Whether it may be filled with air or gas.
    public let holdsGas: Bool
    /// Other names that datasets give it, in lower case with single spaces.
    public let aliases: [String]
}

/// The origin from which a structure's typical position is counted.
public enum BodyFrame: String, CaseIterable, Sendable {
    case body, brain, heart, hippocampus, none
}

/// The canonical structures of `manifests/structures.yaml`.
public struct StructureCatalogue: Sendable {
    /// By the order of the file.
    public let structures: [Structure]
    private let byID: [String: Structure]
    private let byAlias: [String: String]

    package init(structures: [Structure]) {
        self.structures = structures
        byID = Dictionary(structures.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        byAlias = Dictionary(
            structures.flatMap { structure in
                ([structure.id.replacing("-", with: " "), structure.name.lowercased()] + structure.aliases).map {
                    ($0, structure.id)
                }
            }, uniquingKeysWith: { first, _ in first })
    }

    /// The structure with an id, or `nil` when there is none.
    public subscript(id: String) -> Structure? { byID[id] }

    /// The structure that a dataset's label name means, or `nil` when the name is not known. `context` is what the dataset
    /// is about: "Hippocampus" makes "Anterior" the anterior hippocampus.
    public func structure(named name: String, context: String = "") -> Structure? {
        let plain = Self.plainName(name)
        let inContext = Self.plainName(context + " " + name)
        return (byAlias[inContext] ?? byAlias[plain]).flatMap { byID[$0] }
    }

    /// The ids, for hints.
    public var ids: [String] { structures.map(\.id) }

    /// A name in lower case, with a single space for everything that is neither letter nor digit.
    static func plainName(_ name: String) -> String {
        name.lowercased().split { !$0.isLetter && !$0.isNumber }.joined(separator: " ")
    }

    /// The class for a label whose meaning only the dataset's own list states.
    ///
    /// A name that the catalogue does not know becomes the structure's id, in lower case with hyphens; its side is read
    /// from the words "left" and "right".
    func labelClass(value: Int, name: String, context: String) -> ManifestClass {
        if let known = structure(named: name, context: context) {
            return ManifestClass(value: value, name: name, structure: known.id, side: known.side)
        }
        let words = Self.plainName(name).split(separator: " ")
        let side: Side = words.contains("left") ? .left : words.contains("right") ? .right : .none
        let id = words.isEmpty ? "label-\(value)" : words.joined(separator: "-")
        return ManifestClass(value: value, name: name, structure: id, side: side)
    }

    /// Fills in which class lies on the other side.
    func paired(_ classes: [ManifestClass]) -> [ManifestClass] {
        let values = Dictionary(classes.map { ($0.structure, $0.value) }, uniquingKeysWith: { first, _ in first })
        return classes.map { one in
            let partner = self[one.structure].map(\.partner) ?? Self.mirrored(one.structure)
            return ManifestClass(
                value: one.value, name: one.name, structure: one.structure, side: one.side,
                pairedValue: partner.flatMap { values[$0] }, mayBeAbsent: one.mayBeAbsent)
        }
    }

    private static func mirrored(_ id: String) -> String? {
        let words = id.split(separator: "-")
        guard words.contains("left") || words.contains("right") else { return nil }
        return words.map { $0 == "left" ? "right" : $0 == "right" ? "left" : $0 }.joined(separator: "-")
    }
}
