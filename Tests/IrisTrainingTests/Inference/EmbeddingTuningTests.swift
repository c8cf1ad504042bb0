import IrisTraining
import Tensors
import Testing
import Volumes

@Suite(.serialized) struct EmbeddingTuningTests {
    private let shape = try! GridShape(16, 16, 16)

    private func references(_ count: Int) -> [Reference] { (0..<count).map { InferenceToy.reference($0, shape) } }

    /// Starting from embeddings of a wrong class, tuning on references alone brings the right one.
    @Test func tuningLowersTheLossOnHeldOutReferences() throws {
        let predictor = try InferenceToy.trained()
        let weights = Engine.shared.run { predictor.network.parameters.values.values }
        // Both classes begin as the other one.
        let encoded = try references(5).map { reference in
            let right = try predictor.encode(reference, classes: InferenceToy.classes).embeddings
            let length = right.tokens * right.width
            let crossed = Array(right.values[length...]) + Array(right.values[..<length])
            return EncodedReference(
                name: reference.image.name,
                embeddings: TaskEmbeddings(
                    classes: InferenceToy.classes, tokens: right.tokens, width: right.width, values: crossed))
        }
        var settings = TuningSettings()
        settings.steps = 60
        settings.rate = 0.05
        settings.heldOut = 0.4
        var steps: [Int] = []
        let result = try predictor.tune(
            references(5), encoded: encoded, classes: InferenceToy.classes, settings: settings
        ) { step, _ in steps.append(step) }
        let losses = result.summary.heldOutLosses
        #expect(steps.prefix(3) == [0, 10, 20] && losses.count == steps.count)
        #expect(losses.min()! < 0.8 * losses[0], "\(losses)")
        #expect(result.summary.bestStep == steps[losses.firstIndex(of: losses.min()!)!])
        #expect(result.summary.heldOut == ["image 3", "image 4"])
        #expect(Engine.shared.run { predictor.network.parameters.values.values } == weights)
        // An unseen query profits too.
        let query = InferenceToy.image(200, shape), truth = InferenceToy.volumes(200, shape).labels
        let before = try predictor.segment(query, by: encoded[0].embeddings).labels()
        let after = try predictor.segment(query, by: result.embeddings).labels()
        #expect(InferenceToy.dice(after, truth, 1) > InferenceToy.dice(before, truth, 1) + 0.2)
    }

    /// With a rate that only does harm the start is kept, after as many judgements as the patience allows.
    @Test func whatDoesNotImproveIsNotKept() throws {
        let predictor = try InferenceToy.trained()
        var settings = TuningSettings()
        (settings.rate, settings.every, settings.patience) = (50, 1, 2)
        let encoded = try references(3).map { try predictor.encode($0, classes: InferenceToy.classes) }
        let result = try predictor.tune(
            references(3), encoded: encoded, classes: InferenceToy.classes, settings: settings)
        #expect(result.summary.bestStep == 0 && result.summary.heldOutLosses.count == 3)
        #expect(
            result.embeddings == TaskEmbeddings.mean(of: encoded[..<2].map(\.embeddings), classes: InferenceToy.classes)
        )
    }

    @Test func oneReferenceIsTooFew() throws {
        let predictor = try InferenceToy.predictor()
        #expect(throws: InferenceError.tooFewForTuning(found: 1)) {
            try predictor.context(.tuned, classes: InferenceToy.classes, references: references(1))
        }
        #expect(
            "\(InferenceError.tooFewForTuning(found: 1))"
                == "tuning needs at least 2 labelled references, so that one can be held out to stop early, but found 1. Name more, or use ensemble."
        )
    }
}
