import Digests
import FoundationEssentials
import RandomNumbers
import VolumeStore

/// Which queries are segmented by which references: drawn once, written down, and used again for every model that is to be
/// compared.
///
/// Cases are named with the digests of their files, so that a ledger is refused where they are not the same.
public struct EvaluationLedger: Sendable, Codable, Equatable {
    /// The format of ledgers.
    public static let currentFormat = "iris-ledger-1"

    /// The format of this ledger.
    public var format = currentFormat
    /// What the draws were made by.
    public let settings: Settings
    /// The digest of the store that it was drawn from.
    public let store: String
    /// In canonical order.
    public let queries: [Case]
    /// The references of each choice, dataset, modality and class.
    public let sets: [ReferenceSet]
    /// Every case that is a reference, in canonical order.
    public let references: [Case]

    /// What a ledger is drawn by.
    public struct Settings: Sendable, Codable, Equatable {
        /// The list of splits, `paper` or `official`, and the part that gives queries.
        public var list = SplitList.paper.rawValue
        /// The part that gives queries.
        public var split = CaseSplit.test.name
        /// The parts that give references; `none` stands for cases that the list does not name, which train too.
        public var referenceSplits = [CaseSplit.train.name, CaseSplit.none.name]
        /// The datasets; empty for all.
        public var datasets: [String] = []
        /// References per class, and how often they are drawn anew.
        public var references = 1, repeats = 1
        /// The seed of the draws.
        public var seed: UInt64 = 0
        /// The most queries of a dataset, the first in an order drawn by the seed; 0 for all.
        public var queryLimit = 0

        public init() {}
    }

    /// A case by name and content.
    public struct Case: Sendable, Codable, Equatable, Hashable {
        /// The case, its patient and how it was taken.
        public let dataset, name, subject, modality: String
        /// SHA-256 of the prepared files.
        public let image, label: String

        /// The case's key in the store.
        public var key: CaseKey { CaseKey(dataset: dataset, name: name) }
    }

    /// The references of one repeat for the queries of one dataset and modality.
    public struct ReferenceSet: Sendable, Codable, Equatable {
        /// The dataset and the modality that the set serves.
        public let dataset, modality: String
        /// Which of the repeated draws it is, counted from 0.
        public let `repeat`: Int
        /// The query that has this set for itself, because the others' set would show its own subject; else `nil`.
        public let query: String?
        /// In order of preference.
        public let cases: [String]
    }

    /// The set for a query in one repeat.
    ///
    /// - Precondition: the query is one of ``queries``, and ``check(against:)`` has passed.
    public func set(for query: Case, repeat number: Int) -> ReferenceSet { setIfAny(for: query, repeat: number)! }

    private func setIfAny(for query: Case, repeat number: Int) -> ReferenceSet? {
        let group = sets.filter {
            $0.dataset == query.dataset && $0.modality == query.modality && $0.repeat == number
        }
        return group.first { $0.query == query.name } ?? group.first { $0.query == nil }
    }
}

extension EvaluationLedger {
    /// Draws queries and reference sets.
    ///
    /// For each repeat the labelled cases of the reference splits are put into an order drawn by the seed; every class takes
    /// the first `references` cases of that order which show it. So a set may hold more cases than `references` where rare
    /// classes need others. A case of a query's own subject is passed over for that query.
    ///
    /// - Throws: ``EvaluationError`` when a split gives no labelled case.
    public init(drawing settings: Settings, from store: VolumeStore) throws {
        let candidates = try LedgerCandidates(store, settings)
        self.settings = settings
        self.store = try store.catalogue().digest.hexadecimal
        queries = candidates.queries.map(\.entry)
        var sets: [ReferenceSet] = []
        var used: Set<Case> = []
        for (group, members) in candidates.groups {
            let pool = candidates.pool(of: group)
            guard !pool.isEmpty else {
                throw EvaluationError.noReferences(
                    dataset: group.dataset, modality: group.modality, splits: settings.referenceSplits)
            }
            for number in 0..<settings.repeats {
                var generator = Philox(
                    seed: settings.seed, purpose: "references \(group.dataset) \(group.modality)", UInt64(number))
                let order = pool.shuffled(using: &generator)
                func draw(without subject: String?) -> [Candidate] {
                    let allowed = order.filter { $0.entry.subject != subject }
                    var counts: [UInt8: Int] = [:]
                    return allowed.filter { candidate in
                        let wanted = candidate.classes.filter { counts[$0, default: 0] < settings.references }
                        for value in wanted { counts[value, default: 0] += 1 }
                        return !wanted.isEmpty
                    }
                }
                let common = draw(without: nil)
                let own = members.filter { query in common.contains { $0.entry.subject == query.entry.subject } }
                let parts =
                    (own.count == members.count ? [] : [(nil, common)])
                    + own.map { (Optional($0.entry.name), draw(without: $0.entry.subject)) }
                for (query, cases) in parts {
                    guard !cases.isEmpty else {
                        throw EvaluationError.noOtherSubject(case: "\(group.dataset)/\(query ?? "")")
                    }
                    sets.append(
                        ReferenceSet(
                            dataset: group.dataset, modality: group.modality, repeat: number, query: query,
                            cases: cases.map(\.entry.name)))
                    used.formUnion(cases.map(\.entry))
                }
            }
        }
        self.sets = sets
        references = used.sorted { $0.key < $1.key }
    }

    /// Refuses a ledger that was edited into one that cannot be used, or that lets a query see its own subject; and a store
    /// whose cases are not those of the ledger.
    ///
    /// - Throws: ``EvaluationError/inconsistent(_:)``, or ``EvaluationError/otherCase(_:problem:)`` naming the first case
    ///   that differs.
    public func check(against store: VolumeStore) throws {
        try checkSets()
        for entry in queries + references {
            let name = "\(entry.key)"
            guard let record = try store.record(of: entry.key), let found = Candidate(record) else {
                throw EvaluationError.otherCase(name, problem: "the store does not hold it prepared and labelled")
            }
            guard found.entry == entry else {
                throw EvaluationError.otherCase(
                    name, problem: "its files, subject or modality are not those of the ledger")
            }
        }
    }

    private func checkSets() throws(EvaluationError) {
        guard settings.repeats >= 1, !queries.isEmpty else {
            throw .inconsistent("it has no repeat or no query")
        }
        let known = Dictionary(references.map { ($0.key, $0) }) { first, _ in first }
        for query in queries {
            for number in 0..<settings.repeats {
                guard let set = setIfAny(for: query, repeat: number), !set.cases.isEmpty else {
                    throw .inconsistent("repeat \(number) has no references for \(query.key)")
                }
                for name in set.cases {
                    guard let reference = known[CaseKey(dataset: set.dataset, name: name)] else {
                        throw .inconsistent("\(set.dataset)/\(name) is in a set but not among the references")
                    }
                    guard reference.subject != query.subject else {
                        throw .inconsistent(
                            "the reference \(reference.key) is of the subject of the query \(query.key)")
                    }
                }
            }
        }
    }

    /// Reads a ledger.
    ///
    /// - Throws: ``EvaluationError/ledger(file:problem:)``.
    public init(contentsOf url: URL) throws(EvaluationError) {
        guard let data = try? Data(contentsOf: url) else {
            throw .ledger(file: url.path, problem: "cannot be read.")
        }
        guard let ledger = try? JSONDecoder().decode(Self.self, from: data), ledger.format == Self.currentFormat else {
            throw .ledger(file: url.path, problem: "expected a ledger of iris evaluate but found other content.")
        }
        self = ledger
    }

    /// The ledger as it is written: JSON with sorted keys.
    public func encoded() throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(self)
    }
}

/// A prepared, labelled case with the classes that it shows.
struct Candidate {
    let entry: EvaluationLedger.Case
    let classes: [UInt8]
    let record: StoredCase

    /// `nil` for a case without voxels or labels.
    init?(_ record: StoredCase) {
        guard case .prepared(let prepared) = record.status, let label = prepared.label else { return nil }
        entry = EvaluationLedger.Case(
            dataset: record.key.dataset, name: record.key.name, subject: record.subject, modality: record.modality,
            image: prepared.image.digest.hexadecimal, label: label.digest.hexadecimal)
        classes = prepared.classes.map(\.value)
        self.record = record
    }
}

/// The cases that a ledger draws from.
private struct LedgerCandidates {
    struct Group: Hashable, Comparable {
        let dataset, modality: String
        static func < (a: Group, b: Group) -> Bool { (a.dataset, a.modality) < (b.dataset, b.modality) }
    }

    let queries: [Candidate]
    private let references: [Candidate]

    init(_ store: VolumeStore, _ settings: EvaluationLedger.Settings) throws {
        let names = try store.datasets().map(\.name)
        if let stranger = settings.datasets.first(where: { !names.contains($0) }) {
            throw EvaluationError.unknownDataset(stranger, known: names)
        }
        let all = try store.cases().filter { settings.datasets.isEmpty || settings.datasets.contains($0.key.dataset) }
        let list = SplitList(rawValue: settings.list) ?? .paper
        func parts(_ names: [String]) -> [Candidate] {
            all.filter { names.contains((list == .paper ? $0.paperSplit : $0.officialSplit).name) }
                .compactMap(Candidate.init)
        }
        references = parts(settings.referenceSplits)
        let found = parts([settings.split])
        guard !found.isEmpty else {
            let known = Set(
                all.compactMap(Candidate.init).map {
                    (list == .paper ? $0.record.paperSplit : $0.record.officialSplit).name
                })
            throw EvaluationError.noQueries(split: settings.split, list: settings.list, known: known.sorted())
        }
        guard settings.queryLimit > 0 else {
            queries = found
            return
        }
        var chosen: [Candidate] = []
        for (dataset, members) in Dictionary(grouping: found, by: \.entry.dataset).sorted(by: { $0.key < $1.key }) {
            var generator = Philox(seed: settings.seed, purpose: "queries \(dataset)")
            let kept = Set(members.shuffled(using: &generator).prefix(settings.queryLimit).map(\.entry))
            chosen += members.filter { kept.contains($0.entry) }
        }
        queries = chosen
    }

    /// The queries by dataset and modality, in order.
    var groups: [(Group, [Candidate])] {
        Dictionary(grouping: queries) { Group(dataset: $0.entry.dataset, modality: $0.entry.modality) }
            .sorted { $0.key < $1.key }
    }

    func pool(of group: Group) -> [Candidate] {
        references.filter { $0.entry.dataset == group.dataset && $0.entry.modality == group.modality }
    }
}
