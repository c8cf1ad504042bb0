import FoundationEssentials
import IrisModel
import IrisTraining
import RandomNumbers
import Tensors
import Testing

/// A toy task: an image with a bright and a dark ball; the class asked for is told by the reference alone.
@Suite(.serialized) struct TrainerTests {
    private static let size = 16

    private static func configuration(steps: Int = 40, peak: Double = 5e-3) -> TrainingConfiguration {
        var result = TrainingConfiguration(
            model: "", episodes: "", steps: steps,
            learningRate: LearningRateSchedule(peak: peak, warmUpSteps: 2, decay: .constant))
        result.optimizer.method = .adamw
        result.averageDecay = 0.9
        return result
    }

    /// Two balls at random places; class 1 is the bright one, class 2 the dark one. Some episodes hold one class only.
    private static func episode(_ index: Int) -> EpisodeTensors {
        var generator = Philox(seed: 11, purpose: "balls", UInt64(index))
        let classes: [UInt8] = index % 3 == 0 ? [2] : [1, 2]
        let query = image(&generator), reference = image(&generator)
        let shape = [size, size, size]
        return EpisodeTensors(
            classes: classes.map { ClassKey(dataset: "toy", value: $0) },
            query: Tensor(query.values, shape: [1] + shape),
            references: Tensor(reference.values, shape: [1, 1] + shape),
            masks: Tensor(classes.flatMap { reference.masks[Int($0) - 1] }, shape: [1, classes.count] + shape),
            targets: Tensor(classes.flatMap { query.masks[Int($0) - 1] }, shape: [classes.count] + shape))
    }

    private static func image(_ generator: inout Philox) -> (values: [Float], masks: [[Float]]) {
        var values = (0..<size * size * size).map { _ in Float(0.2 * generator.normal()) }
        var masks: [[Float]] = []
        for sign in [Float(2), -2] {
            let center = (0..<3).map { _ in generator.uniform(in: 4...11) }
            var mask = [Float](repeating: 0, count: values.count)
            for index in values.indices {
                let place = [index / (size * size), index / size % size, index % size]
                if zip(place, center).reduce(0, { $0 + (Double($1.0) - $1.1) * (Double($1.0) - $1.1) }) < 9,
                    masks.isEmpty || masks[0][index] == 0
                {
                    mask[index] = 1
                    values[index] += sign
                }
            }
            masks.append(mask)
        }
        return (values, masks)
    }

    private static func passes(of step: Int) -> [EpisodeBatch] {
        [EpisodeBatch([episode(2 * step), episode(2 * step + 1)])]
    }

    /// Where a training ends depends on the last bits of sums, and so on the number of threads: the bound leaves room.
    @Test func learnsWhatTheReferenceShows() throws {
        let (before, after, classes) = try Engine.shared.run {
            let trainer = try Trainer(Self.configuration(steps: 160), model: InferenceToy.model)
            let validation = (1000..<1006).map(Self.episode)
            let before = try trainer.validate(on: validation)
            for step in 0..<160 { _ = try trainer.step(on: Self.passes(of: step)) }
            return (before, try trainer.validate(on: validation), trainer.bank?.embeddings.count)
        }
        #expect(before.dice < 0.35)
        // Predicting both balls for either class, whatever the reference shows, cannot exceed 2/3.
        #expect(after.dice > 0.7)
        #expect(after.isBest && after.loss < before.loss)
        #expect(classes == 2)
    }

    /// Three steps, a checkpoint through a file, three more: the same bits as six steps in one go.
    @Test func resumingRepeatsTheBits() throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "\(UUID().uuidString).safetensors")
        defer { try? FileManager.default.removeItem(at: file) }
        try Engine.shared.run {
            let straight = try Trainer(Self.configuration(), model: InferenceToy.model)
            for step in 0..<6 { _ = try straight.step(on: Self.passes(of: step)) }

            let first = try Trainer(Self.configuration(), model: InferenceToy.model)
            for step in 0..<3 { _ = try first.step(on: Self.passes(of: step)) }
            _ = try first.validate(on: [Self.episode(1000)])
            try first.checkpoint().write(to: file)
            let second = try Trainer(Self.configuration(), model: InferenceToy.model)
            try second.restore(SafeTensors(contentsOf: file), path: file.path)
            #expect(second.step == 3 && second.best == first.best)
            for step in 3..<6 { _ = try second.step(on: Self.passes(of: step)) }

            #expect(second.network.parameters.values.values == straight.network.parameters.values.values)
            #expect(second.average!.values.values == straight.average!.values.values)
            #expect(second.bank!.embeddings == straight.bank!.embeddings)
            #expect(second.optimizer.secondMoments.values == straight.optimizer.secondMoments.values)
        }
    }

    /// The mean over pairs does not care how episodes are split, though one of the episodes has fewer classes.
    @Test func splittingAStepChangesOnlyRounding() throws {
        try Engine.shared.run {
            let together = try Trainer(Self.configuration(), model: InferenceToy.model)
            let apart = try Trainer(Self.configuration(), model: InferenceToy.model)
            let a = try together.step(on: [EpisodeBatch([Self.episode(0), Self.episode(1)])])
            let b = try apart.step(on: [EpisodeBatch([Self.episode(0)]), EpisodeBatch([Self.episode(1)])])
            #expect(abs(a.loss - b.loss) < 1e-5)
            #expect(abs(a.gradientNorm - b.gradientNorm) < 1e-4 * a.gradientNorm)
        }
    }

    @Test func stepsThatAreNotFiniteAreSkippedAndBounded() throws {
        try Engine.shared.run {
            let trainer = try Trainer(Self.configuration(), model: InferenceToy.model)
            let good = Self.episode(0)
            let bad = EpisodeTensors(
                classes: good.classes, query: Tensor(repeating: .infinity, shape: good.query.shape),
                references: good.references, masks: good.masks, targets: good.targets)
            let weights = trainer.network.parameters.values.values
            for _ in 0..<Trainer.skipLimit - 1 {
                #expect(try !trainer.step(on: [EpisodeBatch([bad])]).isApplied)
            }
            #expect(trainer.network.parameters.values.values == weights)
            #expect(throws: TrainingError.notFinite(steps: Trainer.skipLimit)) {
                try trainer.step(on: [EpisodeBatch([bad])])
            }
            #expect(try trainer.step(on: [EpisodeBatch([good])]).isApplied)
            #expect(trainer.skippedInARow == 0)
        }
    }

    /// Adam's first mean after one step is (1 - beta1) times the gradient that it was given, so its length tells how far
    /// the gradient was scaled down.
    @Test(arguments: [0, 1e-3, 1e3]) func gradientsAreClippedByTheirNorm(limit: Double) throws {
        var configuration = Self.configuration()
        configuration.gradientClip = limit
        var norm = 0.0, length = 0.0
        try Engine.shared.run {
            let trainer = try Trainer(configuration, model: InferenceToy.model)
            norm = try trainer.step(on: Self.passes(of: 0)).gradientNorm
            length = trainer.optimizer.firstMoments.values.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
        }
        #expect(norm > 1e-2 && norm < 1e2)
        let expected = limit == 1e-3 ? limit : norm
        #expect(abs(length / (1 - configuration.optimizer.beta1) - expected) < 1e-4 * expected)
    }

    /// A network of zeros predicts nothing. A class that an episode neither shows nor gets has no score, one that it shows
    /// has 0; and as nothing changes, the first validation stays the best.
    @Test func validationScoresWhatIsThereAndStopsWithoutProgress() throws {
        var configuration = Self.configuration()
        (configuration.averageDecay, configuration.validation.patience) = (0, 2)
        let whole = Self.episode(1)
        let voxels = Self.size * Self.size * Self.size
        let half = EpisodeTensors(
            classes: whole.classes, query: whole.query, references: whole.references, masks: whole.masks,
            targets: Tensor(
                Array(whole.targets.values[..<voxels]) + [Float](repeating: 0, count: voxels),
                shape: whole.targets.shape))
        var reports: [ValidationReport] = [], stops: [Bool] = [], waits: [Int] = []
        try Engine.shared.run {
            let trainer = try Trainer(configuration, model: InferenceToy.model)
            trainer.network.parameters.values.withMutableFloats { for index in $0.indices { $0[index] = 0 } }
            trainer.network.parameters.valuesChanged()
            for _ in 0..<3 {
                reports.append(try trainer.validate(on: [half]))
                stops.append(trainer.shouldStopEarly)
                waits.append(trainer.best.validationsSince)
            }
        }
        #expect(whole.classes.count == 2)
        #expect(reports[0].classes == [whole.classes[0]: 0] && reports[0].dice == 0)
        #expect(reports.map(\.isBest) == [true, false, false])
        #expect(waits == [0, 1, 2] && stops == [false, false, true])
    }

    @Test func anotherModelsCheckpointIsRefused() throws {
        try Engine.shared.run {
            let trainer = try Trainer(Self.configuration(), model: InferenceToy.model)
            var other = InferenceToy.model
            other.channels = [8, 8, 24]
            let stranger = try Trainer(Self.configuration(), model: other)
            #expect(throws: TrainingError.self) { try trainer.restore(stranger.checkpoint(), path: "x") }
            #expect(
                throws: TrainingError.checkpoint(
                    file: "x", problem: "expected a checkpoint of iris train but found other tensors.")
            ) { try trainer.restore(SafeTensors(), path: "x") }
        }
    }
}
