import Configuration
import FoundationEssentials
import Tensors

extension IrisNetwork {
    /// The metadata key of the model's configuration, a JSON document.
    public static let configurationKey = "iris.configuration"
    /// What the metadata of a model without training hold under `format`. Its number rises when the same parameters begin to
    /// mean another function.
    public static let format = "iris-model-2"
    /// Formats of earlier versions, whose parameters belong to another function: docs/model.md, Departures.
    private static let formerFormats = ["iris-model-1", "iris-training-1"]
    /// What other tensors of a checkpoint begin with; parameters bear their plain names.
    public static let reservedPrefixes = ["average.", "optimizer.", "bank."]

    /// The network of a checkpoint: its configuration and its parameters.
    ///
    /// - Parameters:
    ///   - checkpoint: configuration and values.
    ///   - file: names the checkpoint in complaints.
    ///   - prefix: what the names of the wanted values begin with; "average." for the moving average of a training run.
    ///   - compute: the type to compute in, when not the one that the checkpoint names.
    /// - Throws: `SafeTensorsError`, `ConfigurationError` or `TensorError`, naming the file.
    public convenience init(
        checkpoint: SafeTensors, file: String, prefix: String = "", compute: IrisConfiguration.ComputeType? = nil
    ) throws {
        guard let text = checkpoint.metadata[Self.configurationKey] else {
            throw SafeTensorsError(
                file: file,
                problem:
                    "the metadata has no \(Self.configurationKey), so this is no checkpoint of an IRIS model. Use one that iris model init or iris train wrote."
            )
        }
        if let format = checkpoint.metadata["format"], Self.formerFormats.contains(format) {
            throw SafeTensorsError(
                file: file,
                problem: """
                    the format \(format) is of an earlier version, whose network computes otherwise with the same parameters. \
                    Train the model again.
                    """)
        }
        // JSON is YAML, so the reader that names unknown keys and lines reads it too.
        var configuration = try IrisConfiguration(YAMLValue(text: text, file: "\(file) (\(Self.configurationKey))"))
        if let compute { configuration.compute = compute }
        // Before memory is taken for a network that the file cannot fill.
        let values = checkpoint.tensors.values.reduce(0) { $0 + $1.count }
        guard configuration.fewestParameters <= values else {
            throw SafeTensorsError(
                file: file,
                problem:
                    "the configured model has more than \(configuration.fewestParameters) parameters but the file holds \(values) values. Use the configuration that the checkpoint was made with."
            )
        }
        try self.init(configuration)
        if let stranger = checkpoint.tensors.keys.sorted().first(where: { name in
            parameters[name] == nil && !Self.reservedPrefixes.contains { name.hasPrefix($0) }
        }) {
            throw SafeTensorsError(
                file: file,
                problem:
                    "the tensor \(stranger) belongs to no part of the configured model. Use the configuration that the checkpoint was made with."
            )
        }
        try parameters.fill(parameters.values, from: checkpoint.tensors, prefix: prefix, file: file)
    }

    /// The parameters and the configuration. The tensors share the network's memory: write them before training goes on.
    public func checkpoint() -> SafeTensors {
        SafeTensors(
            tensors: parameters.parts(of: parameters.values),
            metadata: [Self.configurationKey: configuration.json, "format": Self.format])
    }
}

extension IrisConfiguration {
    /// Fewer than the network has: one 3 x 3 x 3 convolution per level and one square matrix of the embedding's width.
    fileprivate var fewestParameters: Int { channels.reduce(embedding * embedding) { $0 + 27 * $1 * $1 } }

    /// The configuration as a JSON object that reads back as itself.
    public var json: String {
        let pairs = yaml.split(separator: "\n").map { line in
            let (key, value) = (line.prefix { $0 != ":" }, line.drop { $0 != ":" }.dropFirst(2))
            let isText = value.first?.isLetter == true && value != "true" && value != "false"
            return "\"\(key)\": \(isText ? "\"\(value)\"" : "\(value)")"
        }
        return "{" + pairs.joined(separator: ", ") + "}"
    }
}
