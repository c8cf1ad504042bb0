import Digests
import FoundationEssentials
import GRDB
import IrisModel
import IrisTraining
import Metrics
import Tensors
import Testing
import VolumeStore

/// The chain of `iris why`: intact it verifies; each link touched is named, and no other.
@Suite(.serialized) struct ProvenanceTests {
    /// A result with everything that it hangs on.
    private struct Chain {
        let fixture = try! EvaluationStore()
        var result: URL { fixture.folder.appending(path: "result.json") }
        var checkpoint: URL { fixture.folder.appending(path: "run/best.safetensors") }

        init() throws {
            let folder = fixture.folder
            try FileManager.default.createDirectory(
                at: folder.appending(path: "run"), withIntermediateDirectories: true)
            try Data("{\"code\":\"test\"}\n".utf8).write(to: folder.appending(path: "run/run.json"))
            var file = try Engine.shared.run {
                let network = try IrisNetwork(InferenceToy.model)
                network.parameters.initialize(seed: 3)
                return network.checkpoint()
            }
            file.metadata["inference"] = try InferenceToy.record.json
            file.metadata["configuration"] = "{\"seed\":3}"
            file.metadata["episodes"] = SHA256Digest(of: "episodes").hexadecimal
            file.metadata["store"] = SHA256Digest(of: "another store").hexadecimal
            try file.write(to: checkpoint)
            let ledger = try fixture.ledger()
            let ledgerFile = folder.appending(path: "ledger.json")
            try ledger.encoded().write(to: ledgerFile)
            let predictor = try Predictor(checkpoint: checkpoint)
            var evaluator = try Evaluator(ledger, store: fixture.store)
            evaluator.output = folder
            let (methods, encoded) = EvaluatedMethod.strategies([.oneShot], of: predictor)
            let outcome = try evaluator.run(methods)
            try EvaluationFile.write(
                EvaluationResult(
                    provenance: EvaluationProvenance(
                        program: "test", predictor: predictor, checkpoint: checkpoint, ledger: ledger,
                        ledgerFile: ledgerFile, ledgerName: "ledger.json", store: fixture.store),
                    settings: .init(
                        split: "test", references: 1, repeats: 1, seed: 0, grid: "store", tolerance: 1,
                        policy: EmptyMaskPolicy(), weights: "average", neighbours: 3, list: "paper",
                        referenceSplits: ["train"]),
                    classes: outcome.classes, runs: outcome.runs, costs: outcome.costs, map: encoded.map()),
                to: result)
        }

        func check() throws -> ProvenanceCheck {
            var places = ProvenanceCheck.Places()
            places.sources = ["toy": fixture.sources]
            return try ProvenanceCheck(of: result, places: places)
        }

        var broken: [String] { get throws { try check().links.filter { $0.status == .broken }.map(\.name) } }

        func path(_ name: String) -> URL { fixture.folder.appending(path: name) }

        /// Flips the lowest bit of the last byte of a file.
        func touch(_ name: String) throws {
            var data = try Data(contentsOf: path(name))
            data[data.count - 1] ^= 1
            try data.write(to: path(name))
        }
    }

    @Test func anIntactChainVerifies() throws {
        let chain = try Chain()
        let check = try chain.check()
        #expect(check.holds)
        #expect(
            check.links.map(\.name) == [
                "result", "predictions", "ledger", "checkpoint", "configuration", "store", "prepared files",
                "preparation", "sources of toy",
            ])
        #expect(check.links.allSatisfy { $0.status == .verified })
        // Without the folder of sources they are not vouched for.
        let without = try ProvenanceCheck(of: chain.result)
        #expect(without.holds && without.links.last!.status == .unchecked)
        #expect(without.links.last!.problem == "name their folder with --source toy=DIR")
    }

    @Test(arguments: [
        ("predictions/one-shot/repeat-0/toy/t0.nii.gz", ["predictions"]), ("ledger.json", ["ledger"]),
        ("run/best.safetensors", ["checkpoint"]), ("run/run.json", ["configuration"]),
        ("store/volumes/toy/t1/label.nii", ["prepared files"]), ("sources/t0.nii", ["sources of toy"]),
    ])
    func aTouchedFileIsNamed(file: String, links: [String]) throws {
        let chain = try Chain()
        try chain.touch(file)
        #expect(try chain.broken == links)
        #expect(try !chain.check().holds)
    }

    /// A better Dice written into the result by hand, and a line added to it.
    @Test func anEditedResultIsNamed() throws {
        let chain = try Chain()
        let text = try String(contentsOf: chain.result, encoding: .utf8)
        #expect(text.contains("\"seed\" : 0"))
        for edited in [
            text.replacing("\"seed\" : 0", with: "\"seed\" : 1"),
            text.replacing("{\n  \"digest\"", with: "{\n\"x\":1,\"digest\""),
        ] {
            #expect(edited != text)
            try Data(edited.utf8).write(to: chain.result)
            #expect(try chain.broken == ["result"])
        }
    }

    /// The checkpoint of another run in the place of the one that was evaluated.
    @Test func anotherCheckpointIsNamed() throws {
        let chain = try Chain()
        var file = try SafeTensors(contentsOf: chain.checkpoint)
        file.metadata["configuration"] = "{\"seed\":4}"
        try file.write(to: chain.checkpoint)
        #expect(try chain.broken == ["checkpoint", "configuration"])
    }

    /// A case that comes into the store changes its digest; files of the old ones stay as they were.
    @Test func aChangedStoreIsNamed() throws {
        let chain = try Chain()
        let configuration = try StoreWriter(chain.fixture.store).register(configuration: "toy preparation")
        try chain.fixture.add("new", subject: "new", .train, index: 40, configuration)
        #expect(try chain.broken == ["store"])
        try FileManager.default.removeItem(at: chain.path("store/index.sqlite"))
        let link = try chain.check().links.first { $0.name == "store" }!
        #expect(link.problem == "expected a store, found none that can be opened")
    }

    @Test func aChangedPreparationIsNamed() throws {
        let chain = try Chain()
        let queue = try DatabaseQueue(path: chain.path("store/index.sqlite").path)
        try queue.write { try $0.execute(sql: "UPDATE configurations SET text = 'another'") }
        #expect(try chain.broken == ["preparation"])
    }

    @Test func otherFilesAreRefused() throws {
        let chain = try Chain()
        let ledger = chain.path("ledger.json")
        #expect(throws: EvaluationFileError.otherContent(ledger.path)) { try ProvenanceCheck(of: ledger) }
        let nothing = chain.path("nothing.json")
        #expect(throws: EvaluationFileError.unreadable(nothing.path)) { try ProvenanceCheck(of: nothing) }
    }
}
