import ArgumentParser
import Configuration
import FoundationEssentials
import IrisModel
import RandomNumbers
import Tensors

/// Times training and inference steps of the network and prints one JSON document.
///
/// A training step is reference and query encoders, decoder, loss, backward pass, gradient norm and optimiser. Memory,
/// allocations and the share of time in convolutions are those of the timed steps, after two steps to warm up.
@main struct ModelBenchmark: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "iris-bench-model")

    @Option(help: "Model configuration; the paper's when absent.") var config: String?
    @Option(help: "Edge of the cubic patches.") var edge = 64
    @Option(help: "Episodes in a batch.") var batch = 1
    @Option(help: "Classes.") var classes = 3
    @Option(help: "Timed repetitions.") var repetitions = 5
    @Option(help: "float32 or bfloat16.") var compute: String = "float32"
    @Option(help: "Threads; one per core when absent.") var threads: Int?
    @Flag(help: "Recompute blocks in the backward pass.") var checkpointing = false
    @Flag(help: "Time inference instead of training.") var inference = false

    struct Report: Encodable {
        let parameters: Int
        let threads: Int
        let fastestSeconds: Double, medianSeconds: Double
        /// Of the fastest step: operations of convolutions, and the seconds in them.
        let convolutionOperations: Int
        let convolutionSeconds: Double
        /// Operations per second in convolutions, alone and over the whole step, as shares of the fastest convolution's.
        let peakOperationsPerSecond: Double, convolutionShareOfPeak: Double, stepShareOfPeak: Double
        let allocationsPerStep: Double, systemAllocationsPerStep: Double
        let pageFaultsPerStep: Double
        let peakTensorBytes: Int, peakResidentBytes: Int
    }

    func run() throws {
        ThreadPolicy.applyShortSpin()
        var settings = IrisConfiguration()
        if let config {
            settings = try IrisConfiguration(
                YAMLValue(text: String(contentsOf: URL(filePath: config), encoding: .utf8), file: config))
        }
        guard let type = IrisConfiguration.ComputeType(rawValue: compute) else {
            throw ValidationError("--compute is float32 or bfloat16.")
        }
        settings.compute = type
        settings.checkpointing = checkpointing
        if let threads { Engine.shared.setThreadCount(threads) }
        let report = try Engine.shared.run { try measure(settings) }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        print(String(decoding: try encoder.encode(report), as: UTF8.self))
    }

    private func measure(_ settings: IrisConfiguration) throws -> Report {
        let network = try IrisNetwork(settings)
        network.parameters.initialize(seed: 1)
        let grid = [edge, edge, edge], clock = ContinuousClock()
        let query = random([batch, 1] + grid, 1), references = random([batch, 1, 1] + grid, 2)
        let masks = balls([batch, 1, classes] + grid), targets = try masks.reshaped([batch, classes] + grid)
        let optimizer = inference ? nil : Optimizer(network.parameters, settings: .init(method: .lamb))
        func step() throws {
            let tape = Tape(recording: !inference)
            let output = try network(query: query, references: references, masks: masks, on: tape)
            guard let optimizer else { return }
            let loss = try tape.segmentationLoss(logits: output.logits, targets: targets, counted: output.present)
            try tape.unwind(from: loss.total)
            let norm = network.parameters.gradientNorm()
            optimizer.step(rate: 1e-4, gradientScale: norm > 1 ? Float(1 / norm) : 1)
        }
        for _ in 0..<2 { try step() }
        CachingAllocator.shared.resetPeak()
        let before = CachingAllocator.shared.counters, faults = ProcessUsage.pageFaults
        var times: [(seconds: Double, work: Engine.ConvolutionWork)] = []
        for _ in 0..<repetitions {
            Engine.shared.convolutionWork = .init()
            let start = clock.now
            try step()
            times.append(((clock.now - start) / .seconds(1), Engine.shared.convolutionWork))
        }
        let after = CachingAllocator.shared.counters, count = Double(repetitions)
        let faultCount = Double(ProcessUsage.pageFaults - faults)
        times.sort { $0.seconds < $1.seconds }
        let fastest = times[0], peak = try peakRate(settings.compute.elementType)
        return Report(
            parameters: network.parameters.count, threads: Engine.shared.threadCount, fastestSeconds: fastest.seconds,
            medianSeconds: times[times.count / 2].seconds, convolutionOperations: fastest.work.operations,
            convolutionSeconds: fastest.work.seconds, peakOperationsPerSecond: peak,
            convolutionShareOfPeak: Double(fastest.work.operations) / fastest.work.seconds / peak,
            stepShareOfPeak: Double(fastest.work.operations) / fastest.seconds / peak,
            allocationsPerStep: Double(after.requests - before.requests) / count,
            systemAllocationsPerStep: Double(after.systemAllocations - before.systemAllocations) / count,
            pageFaultsPerStep: faultCount / count, peakTensorBytes: after.peakBytesInUse,
            peakResidentBytes: ProcessUsage.peakResidentBytes)
    }

    /// The rate of one large convolution alone, the fastest of a few runs.
    private func peakRate(_ type: ElementType) throws -> Double {
        let weight = Parameter("peak", [64, 64, 3, 3, 3], .normal(deviation: 0.01))
        ParameterSet([weight]).initialize(seed: 1)
        let tape = Tape(recording: false)
        let x = try tape.convert(tape.constant(random([1, 32, 32, 32, 64], 3)), to: type)
        var best = 0.0
        for _ in 0..<8 {
            Engine.shared.convolutionWork = .init()
            _ = try tape.convolution(x, weight: weight)
            best = max(best, Double(Engine.shared.convolutionWork.operations) / Engine.shared.convolutionWork.seconds)
        }
        return best
    }

    private func random(_ shape: [Int], _ key: UInt64) -> Tensor {
        var generator = Philox(key: key)
        let tensor = Tensor(uninitialized: shape)
        tensor.withMutableFloats { for index in $0.indices { $0[index] = Float(generator.normal()) } }
        return tensor
    }

    /// A ball per class.
    private func balls(_ shape: [Int]) -> Tensor {
        let tensor = Tensor(zeros: shape)
        tensor.withMutableFloats { values in
            for index in values.indices {
                let (x, y, z) = (index % edge, index / edge % edge, index / (edge * edge) % edge)
                let k = index / (edge * edge * edge) % classes, centre = edge * (k + 1) / (classes + 1)
                let d = (x - centre) * (x - centre) + (y - edge / 2) * (y - edge / 2) + (z - centre) * (z - centre)
                if d * 36 < edge * edge { values[index] = 1 }
            }
        }
        return tensor
    }
}
