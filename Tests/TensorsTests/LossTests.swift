import Glibc
import RandomNumbers
import Tensors
import Testing

@Suite struct LossTests {
    private func targets(_ count: Int) -> [Float] {
        var generator = Philox(key: 6)
        return (0..<count).map { _ in generator.uniform() < 0.3 ? 1 : 0 }
    }

    @Test(arguments: [(1, 1, [1, 1, 1]), (2, 3, [3, 5, 7]), (1, 2, [16, 16, 33])])
    func againstTheFormula(samples: Int, classes: Int, size: [Int]) throws {
        let shape = [samples, classes] + size, voxels = size.reduce(1, *)
        let t = targets(shape.reduce(1, *))
        let counted = (0..<samples).map { n in (0..<classes).map { !(classes > 1 && $0 == n) } }
        let weights = SegmentationLossWeights(dice: 0.7, crossEntropy: 1.3, smoothing: 0.5)
        let check = try GradientCheck(
            [.variable(shape)],
            operation: { tape, x, _ in
                try tape.segmentationLoss(
                    logits: x[0], targets: Tensor(t, shape: shape), counted: counted, weights: weights
                ).total
            },
            naive: { g in
                var sum = 0.0, pairs = 0.0
                for n in 0..<samples {
                    for k in 0..<classes where counted[n][k] {
                        var both = 0.0, p = 0.0, y = 0.0, entropy = 0.0
                        for i in (n * classes + k) * voxels..<(n * classes + k + 1) * voxels {
                            let probability = 1 / (1 + exp(-g[0].values[i])), target = Double(t[i])
                            both += probability * target
                            p += probability
                            y += target
                            entropy -= target * log(probability) + (1 - target) * log(1 - probability)
                        }
                        sum += 0.7 * (1 - (2 * both + 0.5) / (p + y + 0.5)) + 1.3 * entropy / Double(voxels)
                        pairs += 1
                    }
                }
                return Grid([1], [sum / pairs])
            })
        #expect(check.outputError < 1e-6)
        #expect(check.gradientError < 1e-5)
    }

    /// Logits far out keep loss and gradient finite: the cross-entropy of a confident error is its logit.
    @Test func extremeLogits() throws {
        let (loss, gradient) = try Engine.shared.run {
            let tape = Tape()
            let x = tape.leaf(Tensor([200, -200, 200, -200], shape: [1, 1, 4]))
            let weights = SegmentationLossWeights(dice: 0, crossEntropy: 1, smoothing: 1)
            let loss = try tape.segmentationLoss(
                logits: x, targets: Tensor([0, 1, 1, 0], shape: [1, 1, 4]), counted: [[true]], weights: weights)
            try tape.unwind(from: loss.total)
            return (loss.parts, x.gradient!.values)
        }
        #expect(abs(loss.crossEntropy - 100) < 1e-4)
        #expect(zip(gradient, [0.25, -0.25, 0, 0]).allSatisfy { abs($0 - $1) < 1e-30 })
    }

    @Test func nothingCountedIsZero() throws {
        let gradient = try Engine.shared.run {
            let tape = Tape()
            let x = tape.leaf(Tensor([1, 2], shape: [1, 1, 2]))
            let loss = try tape.segmentationLoss(
                logits: x, targets: Tensor([1, 0], shape: [1, 1, 2]), counted: [[false]])
            try tape.unwind(from: loss.total)
            return [loss.total.value.scalar] + x.gradient!.values
        }
        #expect(gradient == [0, 0, 0])
    }
}
