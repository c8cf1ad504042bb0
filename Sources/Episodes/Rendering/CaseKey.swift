/// Names one case of a store: the dataset's name in its manifest and the case's name within the dataset.
public struct CaseKey: Hashable, Sendable, Codable, CustomStringConvertible {
    public let dataset: String
    public let id: String

    public init(dataset: String, id: String) { (self.dataset, self.id) = (dataset, id) }

    public var description: String { "\(dataset)/\(id)" }
}
