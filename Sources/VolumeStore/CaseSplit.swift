/// The part of a dataset that a case belongs to.
public enum CaseSplit: UInt8, CaseIterable, Sendable {
    /// The list does not name the case.
    case none
    case train, validation, test

    /// The name in the index and in reports.
    public var name: String {
        switch self {
        case .none: "none"
        case .train: "train"
        case .validation: "val"
        case .test: "test"
        }
    }

    /// The part with a name, or `nil` when there is none.
    public init?(name: String) {
        guard let split = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = split
    }
}

/// Which list of splits is meant.
public enum SplitList: String, CaseIterable, Sendable {
    /// The dataset's own.
    case official
    /// The one that the IRIS paper trained and tested on.
    case paper
}
