import Configuration
import IrisModel
import RandomNumbers
import Tensors
import Testing

@Suite struct IrisNetworkTests {
    /// The smallest network with every part.
    static func tiny() -> IrisConfiguration {
        var configuration = IrisConfiguration()
        configuration.channels = [4, 6, 8]
        configuration.encoderBlocks = 1
        configuration.embedding = 8
        configuration.contextTokens = 3
        configuration.contextLayers = 1
        configuration.heads = 2
        configuration.expansion = 2
        configuration.attentionLevels = 2
        return configuration
    }

    static func random(_ shape: [Int], _ seed: UInt64) -> Tensor {
        var generator = Philox(key: seed)
        return Tensor((0..<shape.reduce(1, *)).map { _ in Float(generator.normal()) }, shape: shape)
    }

    static func randomMasks(_ shape: [Int], _ seed: UInt64) -> Tensor {
        var generator = Philox(key: seed)
        return Tensor((0..<shape.reduce(1, *)).map { _ in generator.uniform() < 0.3 ? 1 : 0 }, shape: shape)
    }

    /// Three classes with a place of their own each, as structures have: without one the embedding is nearly zero before
    /// its normalisation, which is too curved there for finite differences.
    static var boxes: Tensor {
        let one = (0..<3).flatMap { k in
            (0..<8 * 4 * 12).map { voxel -> Float in
                let (z, x) = (voxel / 48, voxel % 12)
                return (k == 0 ? z < 4 : k == 1 ? x < 4 : x >= 6 && z >= 4) ? 1 : 0
            }
        }
        return Tensor([one, one, one, one].flatMap { $0 }, shape: [2, 2, 3, 8, 4, 12])
    }

    /// The change of the mean logit along a direction in parameter space is the inner product of gradient and direction.
    @Test func gradientPredictsTheChangeOfTheMeanLogit() throws {
        let (change, predicted) = try Engine.shared.run {
            let network = try IrisNetwork(Self.tiny())
            network.parameters.initialize(seed: 3)
            let query = Self.random([2, 1, 8, 4, 12], 1), references = Self.random([2, 2, 1, 8, 4, 12], 2)
            let masks = Self.boxes
            func logits(_ tape: Tape) throws -> Variable {
                try network(query: query, references: references, masks: masks, on: tape).logits
            }
            let tape = Tape(), y = try logits(tape)
            try tape.unwind(from: y, gradient: Tensor(repeating: 1 / Float(y.value.count), shape: y.shape))
            network.parameters.finishGradients()
            let gradients = network.parameters.gradients.values, values = network.parameters.values.values
            let direction = Self.random([gradients.count], 4).values
            func meanLogit(at step: Float) throws -> Double {
                network.parameters.values.withMutableFloats { place in
                    for index in place.indices { place[index] = values[index] + step * direction[index] }
                }
                network.parameters.valuesChanged()
                let y = try logits(Tape(recording: false)).value
                return y.values.reduce(0) { $0 + Double($1) } / Double(y.count)
            }
            let step: Float = 1e-3
            let change = (try meanLogit(at: step) - meanLogit(at: -step)) / Double(2 * step)
            return (change, zip(gradients, direction).reduce(0) { $0 + Double($1.0) * Double($1.1) })
        }
        #expect(abs(change - predicted) < 1e-2 * abs(predicted))
    }
}
