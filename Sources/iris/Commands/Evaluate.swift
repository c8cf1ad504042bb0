import ArgumentParser
import FoundationEssentials
import IrisTraining
import Metrics
import Reports
import Tensors
import VolumeStore

/// `iris evaluate`: a model judged on cases that it was not trained on.
struct Evaluate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Segment the test cases of a store by references and score the results.",
        discussion: """
            References are drawn from the training part, never of the query's own subject, and frozen in a ledger: name it \
            with --ledger to judge another model by the same ones. The output folder gets result.json, result.csv, \
            report.html, ledger.json and the predicted label maps. docs/evaluation.md explains every choice.

            Example: iris evaluate --checkpoint run/best.safetensors --store datasets/store --output evaluation \
            --references 5 --repeats 3 --strategy all
            """)

    @Option(help: "Checkpoint of iris train.", completion: .file(extensions: ["safetensors"])) var checkpoint: String
    @Option(help: "Folder of the store.", completion: .directory) var store: String?
    @Option(help: "Folder of the results; made when missing.", completion: .directory) var output: String?
    @Option(help: "Dataset to evaluate on; may be given again. Default: all of the store.") var dataset: [String] = []
    @Option(help: ArgumentHelp("Part that gives queries: train, val, test or none (default: test).", valueName: "part"))
    var split: String?
    @Option(help: ArgumentHelp("Parts that give references (default: train,none, as in training).", valueName: "parts"))
    var referenceSplit: String?
    @Option(help: ArgumentHelp("Which list of parts: paper or official (default: paper).", valueName: "list"))
    var splitList: SplitList?
    @Option(help: ArgumentHelp("References per class (default: 1).", valueName: "n")) var references: Int?
    @Option(help: ArgumentHelp("How often references are drawn anew (default: 1).", valueName: "n")) var repeats: Int?
    @Option(help: "Seed of the draws (default: 0).") var seed: UInt64?
    @Option(help: ArgumentHelp("The most queries of a dataset, drawn by the seed (default: all).", valueName: "n"))
    var queries: Int?
    @Option(
        help: ArgumentHelp(
            "Strategies, such as one-shot,ensemble, or all: \(Strategy.allCases.map(\.rawValue).joined(separator: ", ")).",
            valueName: "list"))
    var strategy = Strategy.oneShot.rawValue
    @Option(help: ArgumentHelp("Embeddings that the retrievals average.", valueName: "k")) var neighbours = 3
    @Option(help: "Weights in use: average or last.") var weights = Predictor.Weights.average
    @Option(help: ArgumentHelp("Distance up to which surfaces agree.", valueName: "mm")) var tolerance = 1.0
    @Option(help: "Score of a class absent from both maps: exclude or perfect.") var absent = EmptyMaskPolicy.BothEmpty
        .exclude
    @Option(help: "Distance when one map lacks the class: diagonal or exclude.")
    var distanceWhenEmpty = EmptyMaskPolicy.OneEmpty.diagonal
    @Option(
        help: "Ledger of queries and references: used when it exists, else drawn and written there.",
        completion: .file(extensions: ["json"]))
    var ledger: String?
    @Flag(inversion: .prefixedNo, help: "Keep the predicted label maps; the report's pictures need them.")
    var predictions = true
    @Flag(help: "Measure 10 queries with 15 classes by one reference instead: encoded once, per query, per class.")
    var efficiency = false
    @Flag(help: "Print one JSON document.") var json = false

    func validate() throws {
        if efficiency { return }
        guard store != nil, output != nil else {
            throw ValidationError("expected --store and --output. Name the store and a folder for the results.")
        }
        guard tolerance >= 0, tolerance.isFinite else {
            throw ValidationError("--tolerance expects millimetres, 0 or more.")
        }
        for (name, value) in [
            ("references", references), ("repeats", repeats), ("neighbours", neighbours), ("queries", queries),
        ] {
            guard value ?? 1 >= 1 else { throw ValidationError("--\(name) expects a number of at least 1.") }
        }
        _ = try strategies()
        for (name, values) in [("split", split.map { [$0] }), ("reference-split", referenceSplits)] {
            guard let stranger = values?.first(where: { CaseSplit(name: $0) == nil }) else { continue }
            throw ValidationError("--\(name) expects train, val, test or none, but found \"\(stranger)\".")
        }
    }

    func run() throws {
        ThreadPolicy.applyShortSpin()
        let predictor = try Predictor(checkpoint: URL(filePath: checkpoint), weights: weights)
        if efficiency { return try measureEfficiency(predictor) }
        let store = try VolumeStore.open(at: URL(filePath: store!), mode: .read)
        let files = EvaluationFolder(URL(filePath: output!))
        let ledger = try readOrDraw(from: store)
        try files.write(ledger)
        var evaluator = try Evaluator(ledger, store: store)
        evaluator.tolerance = tolerance
        evaluator.policy = EmptyMaskPolicy(bothEmpty: absent, oneEmpty: distanceWhenEmpty)
        evaluator.output = predictions ? files.folder : nil
        var settings = StrategySettings()
        settings.neighbours = neighbours
        let able = try strategies().filter { strategy in
            guard let reason = reason(against: strategy, predictor, ledger) else { return true }
            Terminal.warn("\(strategy.rawValue) is left out: \(reason)")
            return false
        }
        guard !able.isEmpty else { throw UsageError("no strategy can run; see above. Choose another with --strategy.") }
        let (methods, encoded) = EvaluatedMethod.strategies(able, of: predictor, settings: settings)
        let bar = ProgressBar("evaluating", total: evaluator.count(of: methods), unit: "segmentations")
        let outcome = try evaluator.run(methods) { bar.advance() }
        bar.finish()
        for failure in outcome.failures {
            Terminal.warn(
                "\(failure.strategy), choice \(failure.repeat + 1), \(failure.dataset)/\(failure.name): \(failure.problem)"
            )
        }
        guard !outcome.runs.isEmpty else {
            throw UsageError("no query could be segmented; see above. Nothing was written but the ledger.")
        }
        let result = EvaluationResult(
            provenance: try EvaluationProvenance(
                program: "iris \(Iris.configuration.version)", predictor: predictor,
                checkpoint: URL(filePath: checkpoint), ledger: ledger, ledgerFile: files.ledger,
                ledgerName: files.ledger.lastPathComponent, store: store),
            settings: EvaluationResult.Settings(
                split: ledger.settings.split, references: ledger.settings.references,
                repeats: ledger.settings.repeats, seed: ledger.settings.seed, grid: "store", tolerance: tolerance,
                policy: evaluator.policy, weights: weights.rawValue, neighbours: neighbours,
                list: ledger.settings.list, referenceSplits: ledger.settings.referenceSplits),
            classes: outcome.classes, runs: outcome.runs, costs: outcome.costs, failures: outcome.failures,
            map: encoded.map())
        try files.write(result, store: store)
        let report = EvaluationText(result)
        if json { try JSONOutput.print(result) } else { report.print(folder: files.folder.path) }
        if able.count < (try strategies()).count || !outcome.failures.isEmpty { throw ExitStatus.findings }
    }

    private var referenceSplits: [String]? { referenceSplit?.split(separator: ",").map(String.init) }

    /// Why a strategy cannot run with this model and ledger; `nil` when it can.
    private func reason(against strategy: Strategy, _ predictor: Predictor, _ ledger: EvaluationLedger) -> String? {
        switch strategy {
        case .memoryBank:
            guard let bank = predictor.bank else { return InferenceError.noMemoryBank(file: checkpoint).description }
            let known = Set(bank.embeddings.keys.map(\.dataset))
            guard let stranger = ledger.queries.first(where: { !known.contains($0.dataset) }) else { return nil }
            return
                "the memory bank has no class of \(stranger.dataset); it knows \(known.sorted().joined(separator: ", "))."
        case .tuned:
            let fewest = ledger.sets.map(\.cases.count).min() ?? 0
            return fewest < 2 ? InferenceError.tooFewForTuning(found: fewest).description : nil
        default: return nil
        }
    }

    private func strategies() throws -> [Strategy] {
        if strategy == "all" { return Strategy.allCases }
        return try strategy.split(separator: ",").map { word in
            guard let found = Strategy(rawValue: String(word)) else {
                throw ValidationError(
                    "--strategy expects all or a list of \(Strategy.allCases.map(\.rawValue).joined(separator: ", ")), "
                        + "but found \"\(word)\".")
            }
            return found
        }
    }

    /// The ledger of the file that was named, when it exists and agrees with the options; else a new one.
    private func readOrDraw(from store: VolumeStore) throws -> EvaluationLedger {
        if let ledger, FileManager.default.fileExists(atPath: ledger) {
            let found = try EvaluationLedger(contentsOf: URL(filePath: ledger)), drawn = found.settings
            let datasets = dataset.isEmpty ? nil : dataset.joined(separator: ",")
            let pairs: [(name: String, expected: String, asked: String?)] = [
                ("--split", drawn.split, split),
                ("--reference-split", drawn.referenceSplits.joined(separator: ","), referenceSplit),
                ("--split-list", drawn.list, splitList?.rawValue),
                ("--references", String(drawn.references), references.map { String($0) }),
                ("--repeats", String(drawn.repeats), repeats.map { String($0) }),
                ("--seed", String(drawn.seed), seed.map { String($0) }),
                ("--queries", String(drawn.queryLimit), queries.map { String($0) }),
                ("--dataset", drawn.datasets.joined(separator: ","), datasets),
            ]
            for (name, expected, asked) in pairs {
                if let asked, asked != expected {
                    throw EvaluationError.otherSetting(file: ledger, name: name, expected: expected, found: asked)
                }
            }
            return found
        }
        var settings = EvaluationLedger.Settings()
        settings.datasets = dataset
        if let split { settings.split = split }
        if let referenceSplits { settings.referenceSplits = referenceSplits }
        if let splitList { settings.list = splitList.rawValue }
        if let references { settings.references = references }
        if let repeats { settings.repeats = repeats }
        if let seed { settings.seed = seed }
        if let queries { settings.queryLimit = queries }
        let drawn = try EvaluationLedger(drawing: settings, from: store)
        if let ledger { try drawn.encoded().write(to: URL(filePath: ledger), options: .atomic) }
        return drawn
    }

    private func measureEfficiency(_ predictor: Predictor) throws {
        let measurement = EfficiencyMeasurement()
        let rows = try measurement.run(predictor) { Terminal.writeError("measuring: \($0.rawValue)\n") }
        if json { return try JSONOutput.print(rows) }
        var table = Table([
            .text("reference"), .number("seconds"), .number("times as long"), .number("reference passes"),
            .number("query passes"), .number("peak memory"),
        ])
        for row in rows {
            table.add([
                row.procedure.rawValue, row.seconds.formatted(decimals: 2),
                (row.seconds / rows[0].seconds).formatted(decimals: 2), "\(row.referencePasses)", "\(row.queryPasses)",
                row.peakMemory > 0 ? Double(row.peakMemory).formatted(unit: "B") : "–",
            ])
        }
        table.printFitted()
        let patch = predictor.record.patch
        print(
            """

            \(measurement.queries) queries with \(measurement.classes) classes by one reference, patches of \(patch.i) x \
            \(patch.j) x \(patch.k) voxels.
            """)
    }
}

extension Predictor.Weights: ExpressibleByArgument {}
