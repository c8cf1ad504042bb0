import IrisModel
import IrisTraining
import Tensors
import Volumes

extension InferenceToy {
    /// Weights and memory bank of a network that was trained, for a few seconds, until it segments nearly perfectly: how
    /// many steps that takes differs with rounding, and so with the number of threads. Once for all tests of the process.
    private static let outcome: (weights: [Float], bank: MemoryBank?) = try! Engine.shared.run {
        var configuration = TrainingConfiguration(
            model: "", episodes: "", steps: 600,
            learningRate: LearningRateSchedule(peak: 3e-3, warmUpSteps: 5, decay: .constant))
        configuration.optimizer.method = .adamw
        configuration.averageDecay = 0
        configuration.memoryBankDecay = 0.9
        let trainer = try Trainer(configuration, model: model)
        let validation = (5000..<5006).map(episode)
        for step in 0..<configuration.steps {
            _ = try trainer.step(on: [EpisodeBatch([episode(2 * step), episode(2 * step + 1)])])
            if step % 20 == 19, try trainer.validate(on: validation).dice > 0.95 { break }
        }
        return (trainer.network.parameters.values.values, trainer.bank)
    }

    /// A predictor of its own with the trained weights.
    static func trained() throws -> Predictor {
        let outcome = outcome
        return try Engine.shared.run {
            let network = try IrisNetwork(model)
            network.parameters.values.withMutableFloats { values in
                for (place, weight) in outcome.weights.enumerated() { values[place] = weight }
            }
            network.parameters.valuesChanged()
            return try Predictor(network, record: record, bank: outcome.bank)
        }
    }

    /// Images 10 000 and beyond; tests use those below.
    private static func episode(_ index: Int) -> EpisodeTensors {
        let cube = try! GridShape(patch, patch, patch), size = [patch, patch, patch]
        let (query, reference) = (volumes(10_000 + 2 * index, cube), volumes(10_001 + 2 * index, cube))
        func image(_ volume: Volume<Int16>) -> [Float] { volume.voxels.map { Float(min(max($0, -400), 400)) / 100 } }
        let wanted = index % 2 == 0 ? [classes[index / 2 % 2]] : classes
        func masks(_ labels: LabelMap) -> [Float] {
            wanted.flatMap { entry in labels.voxels.map { $0 == entry.value ? 1 : 0 } }
        }
        return EpisodeTensors(
            classes: wanted.map { ClassKey(dataset: "toy", value: $0.value) },
            query: Tensor(image(query.image), shape: [1] + size),
            references: Tensor(image(reference.image), shape: [1, 1] + size),
            masks: Tensor(masks(reference.labels), shape: [1, wanted.count] + size),
            targets: Tensor(masks(query.labels), shape: [wanted.count] + size))
    }

    /// The Dice coefficient of one class.
    static func dice(_ a: LabelMap, _ b: LabelMap, _ value: UInt8) -> Double {
        var (both, sum) = (0, 0)
        for (x, y) in zip(a.voxels, b.voxels) {
            both += x == value && y == value ? 1 : 0
            sum += (x == value ? 1 : 0) + (y == value ? 1 : 0)
        }
        return sum == 0 ? 1 : 2 * Double(both) / Double(sum)
    }
}
