import Metrics
import VolumeStore
import Volumes

/// A way to segment queries by references, as the evaluator sees it.
///
/// A query comes as a ``ModelImage``, which holds no labels, so a method cannot look at them.
public struct EvaluatedMethod {
    /// What tables call the method.
    public let name: String
    /// Whether the choice of references matters; one that needs none is run once, whatever the number of repeats.
    public let usesReferences: Bool
    /// Makes what queries need of the references of one set.
    let prepare: (_ references: [PreparedCase], _ dataset: StoredDataset) throws -> Prepared

    /// A method by its name and by what it makes of a set of references.
    public init(
        name: String, usesReferences: Bool,
        prepare: @escaping (_ references: [PreparedCase], _ dataset: StoredDataset) throws -> Prepared
    ) {
        (self.name, self.usesReferences, self.prepare) = (name, usesReferences, prepare)
    }

    /// What is made of references, for any number of queries.
    public struct Prepared {
        /// The references that were encoded for it, and the seconds that this took where it had been done before, else 0.
        let encoded: [CaseKey: Double]
        /// The label map of a query on its own grid.
        let segment: (ModelImage) throws -> LabelMap

        /// What segments an image on its own grid, with the seconds that encoding took by case.
        public init(encoded: [CaseKey: Double] = [:], segment: @escaping (ModelImage) throws -> LabelMap) {
            (self.encoded, self.segment) = (encoded, segment)
        }
    }
}

extension EvaluatedMethod {
    /// The strategies of a predictor. They share what they encode: k references cost k encodings however many strategies,
    /// repeats and queries there are (image retrieval encodes on its own, as it describes whole images too).
    public static func strategies(
        _ strategies: [Strategy], of predictor: Predictor, settings: StrategySettings = StrategySettings()
    ) -> (methods: [EvaluatedMethod], encoded: EncodedCases) {
        let encoded = EncodedCases(predictor)
        let methods = strategies.map { strategy in
            EvaluatedMethod(name: strategy.rawValue, usesReferences: strategy.needsReferences) { cases, dataset in
                let classes = dataset.classes.map { TaskClass(value: $0.value, name: $0.name) }
                var parts: [EncodedReference] = [], references: [Reference] = []
                var seconds: [CaseKey: Double] = [:]
                if strategy.needsReferences {
                    for prepared in cases {
                        let found = try encoded.encode(
                            prepared, classes: classes, describingImage: strategy == .imageRetrieval)
                        parts.append(found.reference)
                        seconds[prepared.key] = found.earlierSeconds
                        if strategy == .tuned { references.append(try Reference(prepared)) }
                    }
                }
                let context = try predictor.context(
                    strategy, classes: classes, encoded: parts, references: references, dataset: dataset.name,
                    settings: settings)
                return Prepared(encoded: seconds) { query in
                    try predictor.segment(query, in: context).labels()
                }
            }
        }
        return (methods, encoded)
    }
}

/// References that were encoded, each once.
public final class EncodedCases {
    private let predictor: Predictor
    private struct Key: Hashable {
        let key: CaseKey
        let isDescribed: Bool
    }
    private var known: [Key: (reference: EncodedReference, seconds: Double)] = [:]

    init(_ predictor: Predictor) { self.predictor = predictor }

    /// The reference encoded, and the time that it took when that was done before, else 0.
    func encode(_ prepared: PreparedCase, classes: [TaskClass], describingImage: Bool) throws
        -> (reference: EncodedReference, earlierSeconds: Double)
    {
        let key = Key(key: prepared.key, isDescribed: describingImage)
        if let found = known[key] { return (found.reference, found.seconds) }
        let clock = ContinuousClock(), start = clock.now
        let reference = try predictor.encode(Reference(prepared), classes: classes, describingImage: describingImage)
        known[key] = (reference, (clock.now - start) / .seconds(1))
        return (reference, 0)
    }

    /// The embeddings of all references seen so far, projected onto the two directions in which they spread most; `nil`
    /// with fewer than three.
    ///
    /// Embeddings of different datasets share the axes.
    public func map() -> EvaluationResult.EmbeddingMap? {
        // A case that was encoded in both ways has the same embeddings twice.
        let ordered = known.filter { entry in
            !entry.key.isDescribed || known[Key(key: entry.key.key, isDescribed: false)] == nil
        }.sorted { $0.key.key < $1.key.key }
        let rows = ordered.flatMap { entry in
            entry.value.reference.embeddings.classes.map {
                (entry.key.key, $0.value, Array(entry.value.reference.embeddings.values(of: $0.value)!))
            }
        }
        guard rows.count > 2 else { return nil }
        let components = PrincipalComponents(of: rows.map(\.2))
        return EvaluationResult.EmbeddingMap(
            points: zip(rows, components.coordinates).map { row, place in
                .init(dataset: row.0.dataset, name: row.0.name, value: row.1, x: place.x, y: place.y)
            }, explained: [components.explained.x, components.explained.y])
    }
}
