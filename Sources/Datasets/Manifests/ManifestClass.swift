/// The side of the body that a paired structure belongs to.
public enum Side: String, CaseIterable, Hashable, Sendable {
    case left, right, none
}

/// One label value of one dataset.
public struct ManifestClass: Hashable, Sendable {
    /// The label value, 1 to 255; 0 is background and never a class.
    public let value: Int
    /// The name that the dataset gives it.
    public let name: String
    /// The canonical structure (`manifests/structures.yaml`), by which classes of different datasets match.
    public let structure: String
    /// Left or right for one of a pair, none otherwise.
    public let side: Side
    /// The value of the class on the other side, where the dataset has one.
    public let pairedValue: Int?
    /// Whether complete, correct cases are known to lack it: an organ removed by surgery, a patient without tumour.
    public let mayBeAbsent: Bool

    public init(
        value: Int, name: String, structure: String, side: Side = .none, pairedValue: Int? = nil,
        mayBeAbsent: Bool = false
    ) {
        (self.value, self.name, self.structure, self.side) = (value, name, structure, side)
        (self.pairedValue, self.mayBeAbsent) = (pairedValue, mayBeAbsent)
    }
}

/// Label values that a dataset declares unusable for some of its images. They become background.
public struct LabelRule: Hashable, Sendable {
    /// The values dropped.
    public let values: [Int]
    /// The modality in which they are dropped; `nil` for all.
    public let modality: Modality?
    /// Why they are dropped, in words.
    public let reason: String

    public init(values: [Int], modality: Modality?, reason: String) {
        (self.values, self.modality, self.reason) = (values, modality, reason)
    }
}
