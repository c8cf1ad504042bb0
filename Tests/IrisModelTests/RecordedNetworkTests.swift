import FoundationEssentials
import IrisModel
import Tensors
import Testing

/// Against outputs and gradients in double precision of the PyTorch network in `Recorded/iris_reference.py`.
@Suite struct RecordedNetworkTests {
    private static let file = URL(filePath: #filePath).deletingLastPathComponent().appending(
        path: "Recorded/tiny.safetensors")

    /// The recorded file, and what this project's network makes of its parameters and input.
    private static func results(_ change: (inout IrisConfiguration) -> Void = { _ in }) throws -> (
        SafeTensors, SafeTensors
    ) {
        let recorded = try SafeTensors(contentsOf: file)
        var checkpoint = SafeTensors(metadata: recorded.metadata)
        for (name, tensor) in recorded.tensors where name.hasPrefix("parameter.") {
            checkpoint.tensors[String(name.dropFirst("parameter.".count))] = tensor
        }
        var network = try IrisNetwork(checkpoint: checkpoint, file: file.path)
        var configuration = network.configuration
        change(&configuration)
        if configuration != network.configuration {
            let other = try IrisNetwork(configuration)
            try other.parameters.fill(other.parameters.values, from: checkpoint.tensors, file: file.path)
            network = other
        }
        var input = SafeTensors()
        for name in ["query", "reference", "mask"] { input.tensors[name] = recorded.tensors[name] }
        return (recorded, try network.run(ForwardInput(input, file: file.path), gradients: true))
    }

    private static func largest(_ values: [Float]) -> Float { values.reduce(0) { max($0, abs($1)) } }

    private static func largestDifference(_ a: [Float], _ b: [Float]) -> Float { largest(zip(a, b).map(-)) }

    @Test func outputsAgree() throws {
        let (recorded, results) = try Self.results()
        for name in ["logits", "task_embedding"] {
            let expected = try #require(recorded.tensors[name]).values, found = try #require(results.tensors[name])
            #expect(found.count == expected.count)
            #expect(Self.largestDifference(found.values, expected) < 1e-5 * Self.largest(expected), "\(name)")
        }
    }

    /// Some gradients are zero by nature (biases of keys, weights in front of a norm): their noise is judged by the largest.
    @Test(arguments: [false, true]) func gradientsAgree(checkpointing: Bool) throws {
        let (recorded, results) = try Self.results { $0.checkpointing = checkpointing }
        let gradients = recorded.tensors.filter { $0.key.hasPrefix("gradient.") }
        let scale = gradients.values.reduce(0) { max($0, Self.largest($1.values)) }
        #expect(scale > 1e-3)
        #expect(gradients.count == results.tensors.count - 2)
        for (name, tensor) in gradients {
            let expected = tensor.values,
                found = try #require(results.tensors[String(name.dropFirst("gradient.".count))]).values
            let difference = Self.largestDifference(found, expected)
            #expect(difference <= 1e-4 * Self.largest(expected) + 1e-6 * scale, "\(name)")
        }
    }

    /// bfloat16 keeps 8 bits: a few percent, and not the float32 result.
    @Test(.enabled(if: Engine.supportsBFloat16, "skipped: this processor has no AVX512_BF16"))
    func bfloat16IsNear() throws {
        let (recorded, results) = try Self.results { $0.compute = .bfloat16 }
        let expected = try #require(recorded.tensors["logits"]).values
        let difference = Self.largestDifference(try #require(results.tensors["logits"]).values, expected)
        #expect(difference < 0.15 * Self.largest(expected))
        #expect(difference > 1e-5 * Self.largest(expected))
    }
}
