import ArgumentParser
import Configuration
import FoundationEssentials
import IrisModel
import IrisTraining
import Metrics
import VolumeStore

/// What `iris predict`, `iris encode` and `iris tune` have in common: a model, and where its inputs come from.
struct InferenceOptions: ParsableArguments {
    @Option(help: "Checkpoint of iris train.", completion: .file(extensions: ["safetensors"])) var checkpoint: String

    @Option(
        help: "Weights to use: average over training, or last.",
        completion: .list(Predictor.Weights.allCases.map(\.rawValue)))
    var weights = Predictor.Weights.average

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp(
            "Labelled examples: pairs of NIfTI files or, with --store, names of cases.", valueName: "IMAGE:LABEL"))
    var reference: [String] = []

    @Option(
        help: ArgumentHelp(
            "Label values, with names if wanted: 1,2 or 6=liver; default: all in the references.", valueName: "list"))
    var classes: String?

    @Option(help: "Folder of a store whose cases may be named.", completion: .directory) var store: String?

    @Option(help: "Dataset whose preparation, cases, class names and memory bank are meant.") var dataset: String?

    @Option(help: "Modality of the files: CT, MR, PET or other; default: that of the training.") var modality: String?
}

/// A loaded model with its inputs at hand.
struct InferenceSession {
    let predictor: Predictor
    let catalogue: StoreCatalogue?
    let reader: InputReader
    /// The dataset that is meant, where one is.
    let dataset: String?
    /// The classes that the dataset is known to have.
    let knownClasses: [TaskClass]
    private let options: InferenceOptions

    init(_ options: InferenceOptions) throws {
        self.options = options
        predictor = try Predictor(checkpoint: URL(filePath: options.checkpoint), weights: options.weights)
        catalogue = try options.store.map { try VolumeStore.open(at: URL(filePath: $0), mode: .read).catalogue() }
        let trained = predictor.record.datasets.map(\.name)
        if let catalogue {
            let stored = catalogue.datasets.map(\.name)
            let name = options.dataset ?? (stored.count == 1 ? stored[0] : nil)
            guard let name, let found = catalogue.datasets.first(where: { $0.name == name }) else {
                let hint = options.dataset.flatMap { nearestName(to: $0, among: stored) }.map { " Did you mean \($0)?" }
                throw UsageError(
                    "\(options.store!): holds \(stored.joined(separator: ", ")). Name one of them with --dataset.\(hint ?? "")"
                )
            }
            dataset = name
            knownClasses = found.classes.map { TaskClass(value: $0.value, name: $0.name) }
        } else if let name = options.dataset {
            knownClasses = try predictor.record.dataset(named: name, file: options.checkpoint).classes
            dataset = name
        } else {
            (dataset, knownClasses) = (nil, [])
        }
        // A dataset that is only in the store says nothing of how files are prepared.
        var reader = InputReader(
            predictor, dataset: dataset.flatMap { trained.contains($0) ? $0 : nil }, modality: options.modality,
            catalogue: catalogue, storeDataset: catalogue == nil ? nil : dataset)
        reader.report = { Terminal.warn($0) }
        self.reader = reader
    }

    /// The references that were named.
    func references() throws -> [(reference: Reference, sources: [FileDigest])] {
        try options.reference.map(reader.reference)
    }

    /// The classes to segment.
    ///
    /// - Parameter shown: what there is when the user names none; names of the dataset are used where it has them.
    func classes(shown: [TaskClass]) throws -> [TaskClass] {
        guard let list = options.classes else { return shown }
        let known = shown.filter { entry in !knownClasses.contains { $0.value == entry.value } } + knownClasses
        var result: [TaskClass] = []
        for word in list.split(separator: ",").map({ String($0) }) {
            let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
            let entry: TaskClass
            if let value = parts.first.flatMap(UInt8.init), value > 0 {
                entry = TaskClass(
                    value: value,
                    name: parts.count == 2 ? parts[1] : known.first { $0.value == value }?.name ?? "\(value)")
            } else if parts.count == 1, let named = known.first(where: { $0.name == word }) {
                entry = named
            } else {
                let hint = nearestName(to: word, among: known.map(\.name)).map { " Did you mean \($0)?" } ?? ""
                throw UsageError(
                    "--classes: expected values from 1 to 255, such as 1,2 or 6=liver, or names of the dataset's classes, but found \"\(word)\".\(hint)"
                )
            }
            guard !result.contains(where: { $0.value == entry.value }) else {
                throw UsageError("--classes: names the value \(entry.value) twice.")
            }
            result.append(entry)
        }
        guard !result.isEmpty else { throw UsageError("--classes: expected label values but found none.") }
        return result
    }

    /// The classes of label values, with the dataset's names where it has them.
    func named(_ values: some Sequence<UInt8>) -> [TaskClass] {
        Set(values).sorted().map { value in
            knownClasses.first { $0.value == value } ?? TaskClass(value: value, name: "\(value)")
        }
    }

    /// Encodes the references that were named, all classes that are wanted of them.
    func encode(describingImages: Bool) throws -> (
        classes: [TaskClass], references: [Reference], encoded: [EncodedReference]
    ) {
        let inputs = try references()
        let classes = try classes(shown: named(inputs.flatMap { $0.reference.values }))
        var bar: ProgressBar?
        if !inputs.isEmpty { bar = ProgressBar("encode", total: inputs.count, unit: "references") }
        defer { bar?.finish() }
        let encoded = try inputs.map { input in
            var result = try predictor.encode(input.reference, classes: classes, describingImage: describingImages)
            result.sources = input.sources
            bar?.advance()
            return result
        }
        return (classes, inputs.map(\.reference), encoded)
    }
}

extension Predictor.Work {
    /// What was done, for the log.
    var line: String {
        var parts = ["\(references + queries) encodings: \(references) of references (\(referenceWindows) windows)"]
        parts.append("\(queries) of queries (\(queryWindows) windows, decoded \(decodedWindows) times)")
        if objectWindows > 0 { parts.append("\(objectWindows) windows of predicted objects") }
        if describedWindows > 0 { parts.append("\(describedWindows) windows of whole images") }
        if tunedWindows > 0 { parts.append("\(tunedWindows) windows for tuning") }
        return parts.joined(separator: ", ")
    }
}
