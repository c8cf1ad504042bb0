import ArgumentParser
import FoundationEssentials
import IrisTraining
import NIfTI
import Preparation
import Tensors
import VolumeStore
import Volumes

/// `iris predict`: label maps of images, by example.
struct Predict: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Segment images by labelled examples.",
        discussion: """
            Each query gets a label map in its own grid, affine and orientation: NAME.nii.gz in the output folder, with \
            prediction.json beside it, which says what it was made from. Queries and references are NIfTI files from \
            anywhere, prepared as the checkpoint records, or with --store names of cases. docs/predict.md explains the \
            strategies.

            Example:
              iris predict --checkpoint best.safetensors --query scan.nii.gz --reference a.nii.gz:a_seg.nii.gz --output out
            """)

    @OptionGroup var options: InferenceOptions

    @Option(
        parsing: .upToNextOption, help: ArgumentHelp("NIfTI files or, with --store, names of cases.", valueName: "FILE")
    )
    var query: [String] = []

    @Option(help: "With --store: segment the cases of a split: train, val, test or none.") var split: String?

    @Option(help: "Which list of splits: paper or official.") var splitList = SplitList.paper

    @Option(
        help: "File of iris encode or iris tune, in place of references.",
        completion: .file(extensions: ["safetensors"]))
    var embeddings: String?

    @Option(
        help: """
            one-shot, ensemble, memory-bank, retrieval, image-retrieval or tuned; default: one-shot for one reference, \
            ensemble for several, tuned for tuned embeddings.
            """)
    var strategy: Strategy?

    @Option(help: "k of the retrievals.") var neighbours = StrategySettings().neighbours

    @Option(help: "Share of a patch that neighbouring windows have in common at least, from 0 to below 1.")
    var overlap = 0.5

    @Option(help: "Folder for the results; made when missing.", completion: .directory) var output: String

    @Flag(help: "Write a probability map per class: probabilities/NAME/VALUE.nii.gz.") var probabilities = false

    @Flag(help: "Write how undecided the references are together: uncertainty/NAME.nii.gz.") var uncertainty = false

    @Flag(help: "Print one JSON document.") var json = false

    func validate() throws {
        guard (0..<1).contains(overlap) else {
            throw ValidationError("--overlap: expected 0 to below 1 but found \(overlap).")
        }
        guard neighbours >= 1 else {
            throw ValidationError("--neighbours: expected at least 1 but found \(neighbours).")
        }
        guard !query.isEmpty || split != nil else {
            throw ValidationError("Name images with --query, or --store and --split.")
        }
        guard split == nil || options.store != nil else { throw ValidationError("--split needs --store.") }
        if let split, CaseSplit(name: split) == nil {
            throw ValidationError("--split: expected train, val, test or none but found \(split).")
        }
        guard embeddings == nil || options.reference.isEmpty else {
            throw ValidationError(
                "--embeddings and --reference exclude each other. Encode all references into one file.")
        }
    }

    func run() throws {
        ThreadPolicy.applyShortSpin()
        let session = try InferenceSession(options)
        session.predictor.overlap = overlap
        let queries = try words(session)
        let writer = PredictionWriter(
            folder: URL(filePath: output), probabilities: probabilities, uncertainty: uncertainty)
        // Either half of a pair may be what an output folder holds under the same name.
        let references = options.reference.compactMap(InputReader.files).flatMap { [$0.image, $0.labels] }
        try writer.prepare(for: queries.map(\.name), inputs: query + references)
        let (context, tuning) = try context(session)
        let shown = Set(context.pool.flatMap(\.sources).map(\.digest))
        for missing in context.missing {
            Terminal.warn("no reference shows \(missing), so it is never predicted.")
        }
        var record = PredictionRecord(
            session.predictor, context, program: "iris \(Iris.configuration.version)", dataset: session.dataset,
            weights: options.weights, embeddings: embeddings, tuning: context.tuning ?? tuning)
        let bar = ProgressBar("predict", total: queries.count, unit: "queries")
        for item in queries {
            do {
                let clock = ContinuousClock(), start = clock.now
                let query = try item.open()
                if query.sources.contains(where: { shown.contains($0.digest) }) {
                    bar.note("warning: \(item.name) is a reference too, so its result says little of the model.")
                }
                let result = try session.predictor.segment(query.image, in: context, uncertainty: uncertainty)
                let labels = result.labels(of: query)
                let file = try writer.write(result, labels: labels, of: query)
                record.add(
                    query, labels: labels, file: file, classes: result.classes,
                    seconds: (clock.now - start) / .seconds(1))
            } catch {
                bar.note("error: \(error)")
                record.failures.append(.init(query: item.name, problem: "\(error)"))
            }
            bar.advance()
        }
        bar.finish()
        Terminal.writeError(session.predictor.work.line + "\n")
        record.work = session.predictor.work
        try writer.write(record)
        if json { try JSONOutput.print(record) } else { record.printTable() }
        if !record.failures.isEmpty { throw ExitStatus.findings }
    }

    /// The queries by name, not yet opened.
    private func words(_ session: InferenceSession) throws -> [(name: String, open: () throws -> Query)] {
        var result: [(name: String, open: () throws -> Query)] = query.map { word in
            let isFile = session.catalogue == nil || FileManager.default.fileExists(atPath: word)
            let name =
                isFile ? FilePreparation.name(of: URL(filePath: word)) : String(word.split(separator: "/").last ?? "")
            return (name, { try session.reader.query(word) })
        }
        guard let split, let catalogue = session.catalogue else { return result }
        // A session with a catalogue has a dataset of it.
        let dataset = catalogue.datasets.first { $0.name == session.dataset }!
        let cases = dataset.cases.filter { catalogue.split(of: $0, in: splitList).name == split }
        guard !cases.isEmpty else {
            let others = SplitList.allCases.flatMap { list in
                CaseSplit.allCases.compactMap { part in
                    let count = dataset.cases.count { catalogue.split(of: $0, in: list) == part }
                    return count > 0 ? "\(count) in \(part.name) of the \(list.rawValue) list" : nil
                }
            }
            throw UsageError(
                "\(options.store!): \(dataset.name) has no case in \(split) of the \(splitList.rawValue) list, but \(others.joined(separator: ", ")). Choose another --split or --split-list."
            )
        }
        for index in cases {
            result.append((catalogue.name(of: index), { try session.reader.query(case: index, of: catalogue) }))
        }
        return result
    }

    private func context(_ session: InferenceSession) throws -> (InferenceContext, TuningResult.Summary?) {
        var settings = StrategySettings()
        settings.neighbours = neighbours
        if let embeddings {
            let file = try EmbeddingFile(contentsOf: URL(filePath: embeddings), for: session.predictor)
            let shown = file.references.flatMap(\.embeddings.classes)
            let classes = try session.classes(
                shown: Set(shown.map(\.value)).sorted().map { value in shown.first { $0.value == value }! })
            let chosen = strategy ?? (file.tuning != nil ? .tuned : file.references.count == 1 ? .oneShot : .ensemble)
            guard chosen != .tuned || file.tuning != nil else {
                throw UsageError(
                    "\(embeddings): holds embeddings that were not tuned. Tune them with iris tune, or choose another --strategy."
                )
            }
            let context = try session.predictor.context(
                chosen, classes: classes, encoded: file.references, dataset: session.dataset ?? "", settings: settings)
            return (context, file.tuning)
        }
        let chosen = strategy ?? (options.reference.count == 1 ? .oneShot : .ensemble)
        if chosen == .memoryBank {
            guard options.reference.isEmpty else {
                throw UsageError("memory-bank uses no reference. Leave out --reference, or choose another --strategy.")
            }
            let trained = try session.predictor.record.dataset(named: session.dataset, file: options.checkpoint)
            let classes = try session.classes(
                shown: session.knownClasses.isEmpty ? trained.classes : session.knownClasses)
            return (
                try session.predictor.context(.memoryBank, classes: classes, encoded: [], dataset: trained.name), nil
            )
        }
        let inputs = try session.encode(describingImages: chosen == .imageRetrieval)
        let context = try session.predictor.context(
            chosen, classes: inputs.classes, encoded: inputs.encoded, references: inputs.references,
            dataset: session.dataset ?? "", settings: settings)
        return (context, nil)
    }
}

extension Strategy: ExpressibleByArgument {}
extension SplitList: ExpressibleByArgument {}
