import Configuration
import FoundationEssentials
import IrisModel
import Tensors
import Testing

@Suite struct NetworkPropertyTests {
    private typealias Network = IrisNetworkTests

    private func network() throws -> IrisNetwork {
        let network = try IrisNetwork(Network.tiny())
        network.parameters.initialize(seed: 5)
        return network
    }

    private func difference(_ a: [Float], _ b: [Float]) -> Float { zip(a, b).reduce(0) { max($0, abs($1.0 - $1.1)) } }

    /// Logits of two classes with and without three empty ones between and behind them.
    @Test func emptyClassesChangeNothing() throws {
        let (alone, padded) = try Engine.shared.run {
            let network = try network(), size = [8, 4, 4], voxels = 128
            let query = Network.random([1, 1] + size, 1), references = Network.random([1, 1, 1] + size, 2)
            let masks = Network.randomMasks([1, 1, 2] + size, 3)
            let more = Tensor(zeros: [1, 1, 5] + size)
            more.withMutableFloats { to in
                masks.withFloats { from in
                    for i in 0..<voxels { (to[i], to[2 * voxels + i]) = (from[i], from[voxels + i]) }
                }
            }
            let tape = Tape(recording: false)
            let a = try network(query: query, references: references, masks: masks, on: tape)
            let b = try network(query: query, references: references, masks: more, on: tape)
            let c = b.logits.value.values
            return (a.logits.value.values, Array(c[0..<voxels]) + Array(c[2 * voxels..<3 * voxels]))
        }
        #expect(difference(alone, padded) < 1e-6)
        #expect(alone.contains { abs($0) > 1e-3 })
    }

    /// Two episodes in one batch give what each gives alone.
    @Test func episodesOfABatchAreIndependent() throws {
        let (together, apart) = try Engine.shared.run {
            let network = try network(), size = [4, 8, 4]
            let query = Network.random([2, 1] + size, 1), references = Network.random([2, 1, 1] + size, 2)
            let masks = Network.randomMasks([2, 1, 3] + size, 3), tape = Tape(recording: false)
            let both = try network(query: query, references: references, masks: masks, on: tape).logits.value.values
            let single = try (0..<2).map { n in
                try network(
                    query: query.slice(n..<n + 1), references: references.slice(n..<n + 1),
                    masks: masks.slice(n..<n + 1), on: tape
                ).logits.value.values
            }
            return (both, single[0] + single[1])
        }
        #expect(difference(together, apart) < 1e-5)
    }

    /// The mean of one embedding with itself is the embedding; a reference without the class does not count.
    @Test func referencesAreAveraged() throws {
        let (one, twice, withEmpty) = try Engine.shared.run {
            let network = try network(), size = [4, 4, 8], voxels = 128
            let image = Network.random([1, 1, 1] + size, 2), mask = Network.randomMasks([1, 1, 1] + size, 3)
            func embedding(_ images: [Tensor], _ masks: [Tensor]) throws -> [Float] {
                let count = images.count
                let all = Tensor(images.flatMap(\.values), shape: [1, count, 1] + size)
                let marks = Tensor(masks.flatMap(\.values), shape: [1, count, 1] + size)
                return try network.embedding(references: all, masks: marks, on: Tape(recording: false)).embedding.value
                    .values
            }
            let other = Network.random([1, 1, 1] + size, 9),
                empty = Tensor([Float](repeating: 0, count: voxels), shape: mask.shape)
            return (
                try embedding([image], [mask]), try embedding([image, image], [mask, mask]),
                try embedding([image, other], [mask, empty])
            )
        }
        #expect(difference(one, twice) < 1e-6)
        #expect(difference(one, withEmpty) < 1e-6)
        #expect(one.contains { abs($0) > 0.1 })
    }

    /// Equal seeds and threads give equal bits, and from the third step on no memory is asked for.
    @Test func stepsRepeatBitForBitAndNeedNoNewMemory() throws {
        func train() throws -> ([UInt32], Int) {
            try Engine.shared.run {
                let network = try network(), size = [8, 8, 8]
                let query = Network.random([1, 1] + size, 1), references = Network.random([1, 1, 1] + size, 2)
                let masks = Network.randomMasks([1, 1, 2] + size, 3), targets = try masks.reshaped([1, 2] + size)
                let optimizer = Optimizer(network.parameters, settings: .init())
                var before = 0
                for step in 0..<5 {
                    if step == 3 { before = CachingAllocator.shared.counters.systemAllocations }
                    let tape = Tape()
                    let output = try network(query: query, references: references, masks: masks, on: tape)
                    let loss = try tape.segmentationLoss(
                        logits: output.logits, targets: targets, counted: output.present)
                    try tape.unwind(from: loss.total)
                    optimizer.step(rate: 1e-3)
                }
                let grown = CachingAllocator.shared.counters.systemAllocations - before
                return (network.parameters.values.values.map(\.bitPattern), grown)
            }
        }
        let (first, _) = try train(), (second, grown) = try train()
        #expect(first == second)
        // Other tests allocate at the same time, but outside the engine's thread only for inputs.
        #expect(grown <= 4)
    }

    /// A few steps on one episode lower the loss.
    @Test func trainingLowersTheLoss() throws {
        let losses = try Engine.shared.run {
            let network = try network(), size = [8, 8, 8]
            let image = Network.random([1, 1] + size, 1)
            let mask = Tensor(image.values.map { $0 > 0.3 ? 1 : 0 }, shape: [1, 1] + size)
            let optimizer = Optimizer(network.parameters, settings: .init(method: .adamw))
            return try (0..<25).map { _ in
                let tape = Tape()
                let output = try network(
                    query: image, references: image.reshaped([1, 1, 1] + size), masks: mask.reshaped([1, 1, 1] + size),
                    on: tape)
                let loss = try tape.segmentationLoss(logits: output.logits, targets: mask, counted: [[true]])
                try tape.unwind(from: loss.total)
                optimizer.step(rate: 1e-2)
                return loss.parts.total
            }
        }
        #expect(losses[24] < 0.8 * losses[0])
    }

    @Test func poolingByTheAdjointIsTheNaivePooling() throws {
        let result = try PoolingSelfTest.run(size: [16, 8, 24], factor: 8, channels: 5, classes: 4)
        #expect(result.relativeDifference < 1e-5)
        #expect(result.adjointBytes < result.naiveBytes)
    }

    @Test func checkpointsReadBack() throws {
        let (before, after, same) = try Engine.shared.run {
            let network = try network()
            let copy = try IrisNetwork(checkpoint: network.checkpoint(), file: "memory")
            return (
                network.parameters.values.values, copy.parameters.values.values,
                copy.configuration == network.configuration
            )
        }
        #expect(before == after && same)
    }

    @Test func checkpointsOfOtherModelsAreRefused() throws {
        let message = try Engine.shared.run {
            var file = try network().checkpoint()
            file.tensors["decoder.pixels.bias"] = Tensor(zeros: [5])
            do {
                _ = try IrisNetwork(checkpoint: file, file: "a.safetensors")
                return "no error"
            } catch { return "\(error)" }
        }
        #expect(
            message == """
                a.safetensors: the tensor decoder.pixels.bias has shape [5] but the model expects [4]. Use the configuration that \
                the checkpoint was made with.
                """)
    }

    @Test func configurationsInTheRepository() throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../configs/model")
        func read(_ name: String) throws -> IrisConfiguration {
            let url = folder.appending(path: name)
            return try IrisConfiguration(YAMLValue(text: String(contentsOf: url, encoding: .utf8), file: name))
        }
        #expect(try read("paper.yaml") == IrisConfiguration())
        #expect(try read("tiny.yaml") == Network.tiny())
        let small = try read("small.yaml")
        #expect(try IrisConfiguration(YAMLValue(text: small.json, file: "json")) == small)
        #expect(try IrisConfiguration(YAMLValue(text: small.yaml, file: "yaml")) == small)
    }

    @Test func configurationsThatDoNotFit() {
        func message(_ text: String) -> String {
            do {
                _ = try IrisConfiguration(YAMLValue(text: text, file: "m.yaml"))
                return "no error"
            } catch { return "\(error)" }
        }
        #expect(
            message("embedding: 10\nheads: 4").hasSuffix(
                "embedding is 10, which 4 heads cannot share. Choose a multiple of heads."))
        #expect(message("encoderBlock: 2").contains("Did you mean encoderBlocks?"))
        #expect(
            message("channels: [4]").hasSuffix(
                "expected 2 to 8 levels but found 1. Give one number of channels per level."))
    }

    @Test func imagesOfTheWrongSize() {
        let message = Engine.shared.run {
            do {
                _ = try network().encode(query: Tensor(zeros: [1, 1, 6, 8, 8]), on: Tape(recording: false))
                return "no error"
            } catch { return "\(error)" }
        }
        #expect(
            message
                == "encoder: the image has shape [1, 1, 6, 8, 8], but it must be N, 1, D, H, W with D, H and W multiples of 4."
        )
    }
}
