import IrisTraining
import Metrics
import Volumes

/// What predictions were made from, and what is in them: `prediction.json`.
struct PredictionRecord: Encodable {
    struct Model: Encodable {
        let checkpoint: String
        /// Of the checkpoint's file.
        let digest: String?
        /// Of configuration and weights in use.
        let model: String
        let weights: String
    }

    struct ReferenceEntry: Encodable {
        let name: String
        let classes: [UInt8]
        let sources: [FileDigest]
    }

    struct ClassEntry: Encodable {
        let value: UInt8
        let name: String
        let voxels: Int
        let millilitres: Double
    }

    struct QueryEntry: Encodable {
        let name: String
        let file: String
        let sources: [FileDigest]
        let classes: [ClassEntry]
        let seconds: Double
    }

    struct Failure: Encodable {
        let query: String
        let problem: String
    }

    let program: String
    let model: Model
    let strategy: Strategy
    let neighbours: Int?
    let overlap: Double
    let dataset: String?
    let embeddings: String?
    let tuning: TuningResult.Summary?
    let classes: [TaskClass]
    let missing: [TaskClass]
    let references: [ReferenceEntry]
    private(set) var queries: [QueryEntry] = []
    var failures: [Failure] = []
    var work = Predictor.Work()

    init(
        _ predictor: Predictor, _ context: InferenceContext, program: String, dataset: String?,
        weights: Predictor.Weights, embeddings: String?, tuning: TuningResult.Summary?
    ) {
        self.program = program
        model = Model(
            checkpoint: predictor.file, digest: predictor.fileDigest?.hexadecimal,
            model: predictor.modelDigest.hexadecimal, weights: weights.rawValue)
        strategy = context.strategy
        neighbours = [.retrieval, .imageRetrieval].contains(strategy) ? context.neighbours : nil
        (overlap, self.dataset, self.embeddings, self.tuning) = (predictor.overlap, dataset, embeddings, tuning)
        (classes, missing) = (context.classes, context.missing)
        references = context.pool.map {
            ReferenceEntry(name: $0.name, classes: $0.embeddings.classes.map(\.value), sources: $0.sources)
        }
    }

    mutating func add(_ query: Query, labels: LabelMap, file: String, classes: [TaskClass], seconds: Double) {
        var counts = [Int](repeating: 0, count: 256)
        for value in labels.voxels { counts[Int(value)] += 1 }
        let volume = abs(labels.grid.affine.determinant) / 1000
        queries.append(
            QueryEntry(
                name: query.name, file: file, sources: query.sources,
                classes: classes.map {
                    let voxels = counts[Int($0.value)]
                    return ClassEntry(
                        value: $0.value, name: $0.name, voxels: voxels, millilitres: Double(voxels) * volume)
                }, seconds: seconds))
    }

    /// A row per query and class.
    func printTable() {
        var table = Table([
            .longText("query"), .text("class"), .number("value"), .number("voxels"), .number("ml"), .number("seconds"),
        ])
        for query in queries {
            for (place, entry) in query.classes.enumerated() {
                table.add([
                    place == 0 ? query.name : "", entry.name, "\(entry.value)", "\(entry.voxels)",
                    entry.millilitres.formatted(decimals: 2), place == 0 ? query.seconds.formatted(decimals: 1) : "",
                ])
            }
        }
        if !table.isEmpty { table.printFitted() }
    }
}
