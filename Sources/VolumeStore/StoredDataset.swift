import Digests

/// The side of the body that a structure lies on.
public enum BodySide: String, CaseIterable, Sendable, Codable {
    case left, right
    /// Unpaired, or both sides in one class.
    case none
}

/// A label value of one dataset and what it means.
public struct StoredClass: Hashable, Sendable {
    /// The label value, 1 to 255.
    public let value: UInt8
    /// The dataset's own name.
    public let name: String
    /// The canonical structure, shared by datasets.
    public let structure: String
    /// The side of the body that the structure belongs to.
    public let side: BodySide
    /// The value of the same structure on the other side, if the dataset has one.
    public let pairedValue: UInt8?

    public init(value: UInt8, name: String, structure: String, side: BodySide = .none, pairedValue: UInt8? = nil) {
        (self.value, self.name, self.structure) = (value, name, structure)
        (self.side, self.pairedValue) = (side, pairedValue)
    }
}

/// What a store remembers of a dataset beside its cases.
public struct StoredDataset: Hashable, Sendable {
    /// The short name that keys everything, such as `amos22`.
    public let name: String
    /// The full name, for people.
    public let title: String
    /// The release, as its publisher counts.
    public let version: String
    /// The terms of use.
    public let licence: String
    /// The class table, by rising value.
    public let classes: [StoredClass]

    public init(name: String, title: String = "", version: String = "", licence: String = "", classes: [StoredClass]) {
        (self.name, self.title, self.version, self.licence) = (name, title, version, licence)
        self.classes = classes.sorted { $0.value < $1.value }
    }

    /// The part that episodes depend on, as text for digests: the name and the class table.
    var canonicalText: String {
        let rows = classes.map {
            "class\t\($0.value)\t\($0.name)\t\($0.structure)\t\($0.side.rawValue)\t\($0.pairedValue.map(String.init) ?? "-")\n"
        }
        return "dataset\t\(name)\n" + rows.joined()
    }
}
