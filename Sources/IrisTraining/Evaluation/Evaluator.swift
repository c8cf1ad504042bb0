import Digests
import FoundationEssentials
import Glibc
import Metrics
import NIfTI
import VolumeStore
import Volumes

/// Segments the queries of a ledger by its references and scores the results.
///
/// Scores are computed on the store's grid, against the prepared label maps: that is the grid that the model works on, and
/// it is at hand wherever the store is.
public struct Evaluator {
    /// The store that holds queries and references.
    public let store: VolumeStore
    /// Queries and references, frozen.
    public let ledger: EvaluationLedger
    /// Of surface Dice, in mm.
    public var tolerance = 1.0
    /// What empty masks count.
    public var policy = EmptyMaskPolicy()
    /// Where predicted label maps are kept, as `predictions/<method>/repeat-<n>/<dataset>/<case>.nii.gz`; `nil` keeps none.
    public var output: URL?

    /// - Throws: ``EvaluationError/otherCase(_:problem:)`` when the store does not hold the ledger's cases.
    public init(_ ledger: EvaluationLedger, store: VolumeStore) throws {
        try ledger.check(against: store)
        (self.ledger, self.store) = (ledger, store)
    }

    /// All that came out, but for where it came from.
    public struct Outcome {
        /// The classes that were scored.
        public let classes: [EvaluationResult.ClassName]
        /// One run for each strategy, choice and query.
        public let runs: [EvaluationResult.Run]
        /// The time that each strategy took.
        public let costs: [EvaluationResult.Cost]
        /// The segmentations that could not be made; the others went on.
        public let failures: [EvaluationResult.Failure]
    }

    /// The number of segmentations that ``run(_:progress:)`` makes.
    public func count(of methods: [EvaluatedMethod]) -> Int {
        methods.reduce(0) { $0 + ledger.queries.count * ($1.usesReferences ? ledger.settings.repeats : 1) }
    }

    /// Runs every method on every query and repeat. What fails is noted, and the rest goes on.
    ///
    /// - Parameters:
    ///   - methods: each a strategy with its references.
    ///   - progress: called after each segmentation, made or failed.
    public func run(_ methods: [EvaluatedMethod], progress: () -> Void = {}) throws -> Outcome {
        let datasets = Dictionary(uniqueKeysWithValues: try store.datasets().map { ($0.name, $0) })
        let used = Set(ledger.queries.map(\.dataset)).sorted()
        let comparison = LabelMapComparison(tolerance: tolerance, policy: policy)
        var runs: [EvaluationResult.Run] = [], costs: [EvaluationResult.Cost] = []
        var failures: [EvaluationResult.Failure] = []
        for method in methods {
            var spent = Spending()
            for number in 0..<(method.usesReferences ? ledger.settings.repeats : 1) {
                for (cases, queries) in groups(of: number) {
                    // The ledger was checked against the store.
                    let dataset = datasets[queries[0].dataset]!
                    let prepared = Result {
                        try prepare(method, cases.map { CaseKey(dataset: dataset.name, name: $0) }, dataset, &spent)
                    }
                    for query in queries {
                        do {
                            runs.append(
                                try segment(
                                    query, by: prepared.get(), method.name, number, dataset, comparison, &spent))
                        } catch {
                            failures.append(
                                .init(
                                    strategy: method.name, repeat: number, dataset: query.dataset, name: query.name,
                                    problem: "\(error)"))
                        }
                        progress()
                    }
                }
            }
            costs.append(spent.cost(of: method.name))
        }
        let classes = used.flatMap { name in
            datasets[name]!.classes.map {
                EvaluationResult.ClassName(dataset: name, value: $0.value, name: $0.name)
            }
        }
        return Outcome(classes: classes, runs: runs, costs: costs, failures: failures)
    }

    /// The reference sets of a repeat, each with the queries that it serves.
    private func groups(of number: Int) -> [(cases: [String], queries: [EvaluationLedger.Case])] {
        var groups: [(cases: [String], queries: [EvaluationLedger.Case])] = []
        var places: [String: Int] = [:]
        for query in ledger.queries {
            let set = ledger.set(for: query, repeat: number)
            let name = "\(set.dataset)/\(set.modality)/\(set.query ?? "")"
            if let place = places[name] {
                groups[place].queries.append(query)
            } else {
                places[name] = groups.count
                groups.append((set.cases, [query]))
            }
        }
        return groups
    }

    /// What a method has cost so far, in seconds.
    private struct Spending {
        /// The references that were encoded, each once however many sets it is in.
        var encoded: Set<CaseKey> = []
        var preparation = 0.0, queries = 0, segmenting = 0.0

        func cost(of name: String) -> EvaluationResult.Cost {
            EvaluationResult.Cost(
                strategy: name, encodings: encoded.count, preparationSeconds: preparation, queries: queries,
                secondsPerQuery: queries == 0 ? 0 : segmenting / Double(queries))
        }
    }

    private func prepare(
        _ method: EvaluatedMethod, _ references: [CaseKey], _ dataset: StoredDataset, _ spent: inout Spending
    ) throws -> EvaluatedMethod.Prepared {
        let cases = try references.map(open)
        let clock = ContinuousClock(), start = clock.now
        let prepared = try method.prepare(cases, dataset)
        spent.preparation += (clock.now - start) / .seconds(1)
        // What another strategy encoded before counts here too, once.
        for (key, seconds) in prepared.encoded where spent.encoded.insert(key).inserted { spent.preparation += seconds }
        return prepared
    }

    private func segment(
        _ query: EvaluationLedger.Case, by prepared: EvaluatedMethod.Prepared, _ method: String, _ number: Int,
        _ dataset: StoredDataset, _ comparison: LabelMapComparison, _ spent: inout Spending
    ) throws -> EvaluationResult.Run {
        let opened = try open(query.key)
        let clock = ContinuousClock(), start = clock.now
        let found = try prepared.segment(ModelImage(opened))
        let seconds = (clock.now - start) / .seconds(1)
        spent.queries += 1
        spent.segmenting += seconds
        // Ledgers name only labelled cases.
        let truth = try LabelMap(grid: opened.grid, voxels: Array(opened.labels!.buffer))
        let metrics = try comparison.metrics(of: dataset.classes.map(\.value), reference: truth, prediction: found)
        var prediction: FileDigest?
        if let output {
            let path = "predictions/\(method)/repeat-\(number)/\(query.dataset)/\(query.name).nii.gz"
            let file = output.appending(path: path)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try NIfTIWriter.write(found, to: file.path, gzip: true)
            prediction = FileDigest(path: path, digest: try fileDigest(file))
        }
        return EvaluationResult.Run(
            strategy: method, repeat: number, dataset: query.dataset, name: query.name, seconds: seconds,
            metrics: metrics, prediction: prediction)
    }

    private func open(_ key: CaseKey) throws -> PreparedCase {
        guard let record = try store.record(of: key), case .prepared(let prepared) = record.status else {
            throw EvaluationError.otherCase("\(key)", problem: "the store no longer holds it")
        }
        return try store.open(prepared, key: key)
    }
}

/// The SHA-256 of a file's bytes, as hexadecimal digits.
///
/// - Throws: `CocoaError` when it cannot be read or is a pipe or device, whose bytes may have no end.
func fileDigest(_ file: URL) throws -> String {
    var status = stat()
    guard stat(file.path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { throw CocoaError(.fileReadUnknown) }
    let data = try Data(contentsOf: file, options: .alwaysMapped)
    return data.withUnsafeBytes { SHA256Digest(of: $0).hexadecimal }
}
