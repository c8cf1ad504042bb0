import ArgumentParser
import Configuration
import FoundationEssentials
import IrisModel
import Tensors

/// `iris model`: the network itself, apart from data and training.
struct Model: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Describe, make, run and check the IRIS network.",
        subcommands: [Describe.self, Initialize.self, Forward.self, SelfTest.self])

    /// Reads a model configuration; the paper's without a file.
    private static func read(_ path: String?) throws -> IrisConfiguration {
        guard let path else { return IrisConfiguration() }
        let text: String
        do { text = try String(contentsOf: URL(filePath: path), encoding: .utf8) } catch {
            throw ValidationError("\(path): cannot be read as text. Name a file such as configs/model/paper.yaml.")
        }
        return try IrisConfiguration(YAMLValue(text: text, file: path))
    }

    struct Describe: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print the parts of the network and their parameters.")

        @Option(help: "Model configuration; the paper's when absent.", completion: .file(extensions: ["yaml"]))
        var config: String?
        @Option(help: "How many words of a parameter's name make a part.") var depth = 3
        @Flag(help: "Print one JSON document.") var json = false

        func validate() throws {
            guard (1...16).contains(depth) else { throw ValidationError("--depth is \(depth). Choose 1 to 16.") }
        }

        func run() throws {
            let table = ParameterTable(try IrisNetwork(Model.read(config)), depth: depth)
            if json { return try JSONOutput.print(table) }
            var text = Table([.text("part"), .number("tensors"), .number("parameters")])
            for row in table.rows { text.add([row.part, "\(row.tensors)", "\(row.values)"]) }
            text.add(["total", "\(table.rows.reduce(0) { $0 + $1.tensors })", "\(table.values)"])
            text.printFitted()
        }
    }

    struct Initialize: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "init", abstract: "Draw a network's parameters and write them as a checkpoint.")

        @Option(help: "Model configuration; the paper's when absent.", completion: .file(extensions: ["yaml"]))
        var config: String?
        @Option(help: "Seed of the draw; equal seeds give equal bytes.") var seed: UInt64 = 1
        @Option(help: "Checkpoint to write.", completion: .file(extensions: ["safetensors"])) var output: String

        func run() throws {
            let network = try IrisNetwork(Model.read(config))
            network.parameters.initialize(seed: seed)
            try network.checkpoint().write(to: URL(filePath: output))
        }
    }

    struct Forward: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Run the network on tensors of a safetensors file.",
            discussion: """
                The input holds float32 tensors: query [1, 1, D, H, W], reference [R, 1, D, H, W] and mask [R, K, D, H, W]. \
                The output gets logits [1, K, D, H, W] and task_embedding [K, m + 1, E]; with --gradients also the gradient of \
                the mean logit by every parameter, under the parameter's name.
                """)

        @Option(help: "Checkpoint of the network.", completion: .file(extensions: ["safetensors"])) var checkpoint:
            String
        @Option(help: "File with query, reference and mask.", completion: .file(extensions: ["safetensors"])) var input:
            String
        @Option(help: "File to write.", completion: .file(extensions: ["safetensors"])) var output: String
        @Flag(help: "Write the gradient of the mean logit by every parameter too.") var gradients = false

        func run() throws {
            ThreadPolicy.applyShortSpin()
            let network = try IrisNetwork(
                checkpoint: SafeTensors(contentsOf: URL(filePath: checkpoint)), file: checkpoint)
            let input = try ForwardInput(SafeTensors(contentsOf: URL(filePath: input)), file: input)
            try network.run(input, gradients: gradients).write(to: URL(filePath: output))
        }
    }

    struct SelfTest: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "selftest",
            abstract: "Compare foreground pooling by the adjoint with the naive form: difference, time, memory.",
            discussion:
                "The naive form upsamples the features to full resolution. Exit status 1 when they differ by more than 1e-4."
        )

        @Option(help: "Edge of the cubic patch, a multiple of 32.") var edge = 64
        @Option(help: "Channels of the features.") var channels = 64
        @Option(help: "Classes.") var classes = 15
        @Flag(help: "Print one JSON document.") var json = false

        func validate() throws {
            guard edge > 0, edge % 32 == 0, channels > 0, classes > 0 else {
                throw ValidationError(
                    "--edge must be a positive multiple of 32, and --channels and --classes positive.")
            }
            let bytes = edge * edge * edge * channels * 4
            guard bytes <= 8 << 30 else {
                throw ValidationError(
                    "the naive form would need \(Double(bytes).formatted(unit: "B")) for the upsampled features. Choose fewer --channels."
                )
            }
        }

        func run() throws {
            ThreadPolicy.applyShortSpin()
            let result = try PoolingSelfTest.run(
                size: [edge, edge, edge], factor: 32, channels: channels, classes: classes)
            if json {
                try JSONOutput.print(result)
            } else {
                var table = Table([.text("form"), .number("seconds"), .number("memory")])
                table.add([
                    "adjoint", result.adjointSeconds.formatted(significant: 3),
                    Double(result.adjointBytes).formatted(unit: "B"),
                ])
                table.add([
                    "naive", result.naiveSeconds.formatted(significant: 3),
                    Double(result.naiveBytes).formatted(unit: "B"),
                ])
                table.printFitted()
                print("largest difference: \(result.relativeDifference.formatted(significant: 2)) of the largest value")
            }
            if !(result.relativeDifference <= 1e-4) { throw ExitStatus.findings }
        }
    }
}
