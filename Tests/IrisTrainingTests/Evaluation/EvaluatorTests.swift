import FoundationEssentials
import IrisTraining
import Metrics
import NIfTI
import Testing
import VolumeStore
import Volumes

@Suite(.serialized) struct EvaluatorTests {
    /// A method that finds the bright ball by its intensity, and the truth that it is judged by computed apart from the
    /// evaluator: voxel by voxel from the volumes that the store was made of.
    @Test func scoresAreThoseOfTheLabels() throws {
        let fixture = try EvaluationStore()
        let ledger = try fixture.ledger(references: 2, repeats: 3)
        var evaluator = try Evaluator(ledger, store: fixture.store)
        evaluator.output = fixture.folder
        let shape = try GridShape(16, 16, 16)
        /// A block that covers half of the volume, whatever the query.
        let block = (0..<shape.count).map { UInt8($0 % 16 < 8 ? 1 : 0) }
        var sets: [[String]] = []
        let method = EvaluatedMethod(name: "block", usesReferences: true) { cases, dataset in
            sets.append(cases.map(\.key.name))
            #expect(dataset.name == "toy")
            return .init(encoded: Dictionary(uniqueKeysWithValues: cases.map { ($0.key, 0) })) { query in
                try LabelMap(grid: query.grid, voxels: block)
            }
        }
        let outcome = try evaluator.run([method])
        #expect(outcome.runs.count == 9 && evaluator.count(of: [method]) == 9)
        for run in outcome.runs {
            let index = ["t0": 10, "t1": 11, "leak": 12][run.name]!
            let labels = InferenceToy.volumes(index, shape).labels.voxels
            // The block of value 3 lies in the corner of t0 and may cover a ball there.
            let hasBlock = run.name == "t0"
            let truth = labels.enumerated().map { n, label in
                hasBlock && n % 16 < 3 && n / 16 % 16 < 3 && n / 256 < 3 ? 3 : label
            }
            let shared = truth.indices.count { truth[$0] == 1 && block[$0] == 1 }
            let dice = 2 * Double(shared) / Double(truth.count { $0 == 1 } + shape.count / 2)
            #expect(abs(run.metrics[0].dice! - dice) < 1e-12)
            #expect(run.metrics.map(\.value) == [1, 2, 3])
            #expect(run.metrics[1].dice == 0)
            #expect(run.metrics[2].dice == (hasBlock ? 0 : nil))
            // The file holds what was predicted.
            let file = fixture.folder.appending(path: run.prediction!.path)
            #expect(try NIfTIFile.read(at: file.path).labelMap().voxels == block)
        }
        #expect(outcome.costs[0].queries == 9)
        // Each repeat prepares its set, and one more when `leak` needs its own.
        #expect(Set(sets) == Set(ledger.sets.map(\.cases)))
        // A case that is in several sets is encoded once.
        #expect(outcome.costs[0].encodings == Set(sets.joined()).count)
        #expect(outcome.costs[0].encodings < sets.reduce(0) { $0 + $1.count })
        #expect(outcome.failures.isEmpty)
    }

    /// A query that cannot be segmented and a set that cannot be encoded cost only their own segmentations.
    @Test func whatFailsIsNotedAndTheRestGoesOn() throws {
        struct Failed: Error {}
        let fixture = try EvaluationStore()
        let evaluator = try Evaluator(try fixture.ledger(repeats: 2), store: fixture.store)
        var prepared = 0, progressed = 0
        let method = EvaluatedMethod(name: "half", usesReferences: true) { _, _ in
            prepared += 1
            if prepared == 1 { throw Failed() }
            return .init { query in
                if query.name.hasSuffix("t1") { throw Failed() }
                return try LabelMap(grid: query.grid, voxels: Array(repeating: 1, count: query.grid.shape.count))
            }
        }
        let outcome = try evaluator.run([method]) { progressed += 1 }
        #expect(progressed == 6 && outcome.runs.count + outcome.failures.count == 6)
        #expect(outcome.failures.contains { $0.name == "t1" && $0.repeat == 1 && $0.problem == "Failed()" })
        #expect(outcome.failures.contains { $0.repeat == 0 } && outcome.runs.contains { $0.repeat == 1 })
        #expect(outcome.runs.allSatisfy { $0.name != "t1" })
    }

    /// Without references there is nothing to repeat.
    @Test func methodsWithoutReferencesRunOnce() throws {
        let fixture = try EvaluationStore()
        let evaluator = try Evaluator(try fixture.ledger(repeats: 5), store: fixture.store)
        let method = EvaluatedMethod(name: "nothing", usesReferences: false) { _, _ in
            .init { query in
                try LabelMap(grid: query.grid, voxels: Array(repeating: 0, count: query.grid.shape.count))
            }
        }
        let outcome = try evaluator.run([method])
        #expect(outcome.runs.map(\.repeat) == [0, 0, 0])
        #expect(outcome.runs.allSatisfy { $0.prediction == nil && $0.metrics[0].dice == 0 })
    }

    /// The evaluator's run of a strategy is the predictor's own answer, and several strategies share their encodings.
    @Test func strategiesArePredictorsOwn() throws {
        let fixture = try EvaluationStore()
        let ledger = try fixture.ledger(references: 2, repeats: 2)
        let predictor = try InferenceToy.predictor()
        var evaluator = try Evaluator(ledger, store: fixture.store)
        evaluator.output = fixture.folder
        let before = predictor.work
        let (methods, encoded) = EvaluatedMethod.strategies([.oneShot, .ensemble, .retrieval], of: predictor)
        let outcome = try evaluator.run(methods)
        let work = predictor.work - before
        #expect(work.references == ledger.references.count)
        #expect(work.queries == 3 * 3 * 2)
        let run = outcome.runs.first { $0.strategy == "ensemble" && $0.repeat == 1 && $0.name == "t1" }!
        let catalogue = try fixture.store.catalogue()
        func open(_ name: String) throws -> PreparedCase {
            try catalogue.open(catalogue.index(of: CaseKey(dataset: "toy", name: name))!)
        }
        let set = ledger.set(for: ledger.queries.first { $0.name == "t1" }!, repeat: 1)
        let context = try predictor.context(
            .ensemble, classes: EvaluationStore.classes, references: set.cases.map { try Reference(open($0)) })
        let own = try predictor.segment(ModelImage(open("t1")), in: context).labels()
        let kept = try NIfTIFile.read(at: fixture.folder.appending(path: run.prediction!.path).path).labelMap()
        #expect(kept.voxels == own.voxels)
        #expect(Set(own.voxels).count > 1)
        let map = try #require(encoded.map())
        #expect(Set(map.points.map(\.name)) == Set(ledger.references.map(\.name)))
        #expect(map.explained[0] >= map.explained[1] && map.explained.reduce(0, +) <= 1 + 1e-9)
    }
}
