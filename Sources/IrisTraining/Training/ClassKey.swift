/// A class of a dataset. One label value means different things in different datasets, so both belong together.
public struct ClassKey: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// The dataset's name.
    public let dataset: String
    /// The label value in the dataset.
    public let value: UInt8

    public init(dataset: String, value: UInt8) { (self.dataset, self.value) = (dataset, value) }

    /// Dataset and value with a slash between, such as `amos22/6`; the form in files.
    public var description: String { "\(dataset)/\(value)" }

    /// Reads ``description``; `nil` for other text.
    public init?(_ text: String) {
        guard let slash = text.lastIndex(of: "/"), let value = UInt8(text[text.index(after: slash)...]),
            slash > text.startIndex
        else { return nil }
        self.init(dataset: String(text[..<slash]), value: value)
    }

    /// By dataset, then by value.
    public static func < (a: ClassKey, b: ClassKey) -> Bool { (a.dataset, a.value) < (b.dataset, b.value) }
}
