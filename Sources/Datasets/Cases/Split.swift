/// The part of a dataset that a case belongs to.
public enum Split: String, CaseIterable, Hashable, Sendable {
    case train, val, test
}

/// Which cases (or subjects) a published split puts where. No id stands in two parts.
public struct SplitLists: Equatable, Sendable {
    /// The ids of each part, in the order of the list.
    public let ids: [Split: [String]]
    private let parts: [String: Split]

    /// - Returns: `nil` when an id stands twice; ``firstRepeatedID(in:)`` names it.
    public init?(_ ids: [Split: [String]]) {
        guard Self.firstRepeatedID(in: ids) == nil else { return nil }
        self.ids = ids
        parts = Dictionary(uniqueKeysWithValues: ids.flatMap { part, list in list.map { ($0, part) } })
    }

    /// An id that stands twice, in one part or in two.
    public static func firstRepeatedID(in ids: [Split: [String]]) -> String? {
        var seen: Set<String> = []
        return Split.allCases.flatMap { ids[$0] ?? [] }.first { !seen.insert($0).inserted }
    }

    /// The part that `id` belongs to, or `nil` when no list names it.
    public subscript(id: String) -> Split? { parts[id] }

    /// The number of ids of each part.
    public func count(_ split: Split) -> Int { ids[split]?.count ?? 0 }
}
