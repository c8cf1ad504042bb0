/// What an adapter found in a raw tree.
public struct CaseListing: Sendable {
    /// The dataset's name in the store: the manifest's, or for a generic layout the tree's own.
    public var dataset: String
    /// The usable cases, ordered by id. Ids are unique.
    public var cases: [SourceCase]
    /// What does not fit. A problem of severity error that names a case stands for a case that is *not* in ``cases``.
    public var problems: [LayoutProblem]
    /// The label table that the tree itself states (`dataset.json`); `nil` where the manifest's table holds.
    public var classes: [ManifestClass]?
    /// The label value that marks voxels to be left out of training and scores, where the tree names one.
    public var ignoredValue: Int?
    /// Paths of files and folders that complete copies have and that are deliberately left out, such as the empty label
    /// files of M&Ms' unlabelled centre. Nothing in them is a fault.
    public var setAside: Set<String>

    public init(
        dataset: String, cases: [SourceCase], problems: [LayoutProblem] = [], classes: [ManifestClass]? = nil,
        ignoredValue: Int? = nil, setAside: Set<String> = []
    ) {
        self.dataset = dataset
        self.cases = Self.ordered(cases)
        self.problems = problems
        (self.classes, self.ignoredValue, self.setAside) = (classes, ignoredValue, setAside)
    }

    /// By id, shorter ones first, so that numbers without leading zeros count up.
    static func ordered(_ cases: [SourceCase]) -> [SourceCase] {
        cases.sorted { ($0.id.count, $0.id) < ($1.id.count, $1.id) }
    }

    /// Whether a file, or a folder above it, is ``setAside``.
    public func isSetAside(_ path: String) -> Bool {
        setAside.contains { path == $0 || path.hasPrefix($0 + "/") }
    }

    /// The ids of cases that exist but cannot be used, in the order of the problems.
    public var unusableCaseIDs: [String] {
        var seen: Set<String> = []
        return problems.compactMap { $0.severity == .error ? $0.caseID : nil }.filter { seen.insert($0).inserted }
    }
}
