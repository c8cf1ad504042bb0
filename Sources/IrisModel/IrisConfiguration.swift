import Configuration
import Tensors

/// Every size of the network. The default is the paper's model.
public struct IrisConfiguration: Sendable, Hashable {
    /// Channels per level of the encoder, from full resolution to the deepest; each further level halves the grid.
    public var channels = [32, 32, 64, 128, 256, 512]
    /// Residual blocks per level of the encoder, and per level of the decoder's way up.
    public var encoderBlocks = 2
    /// Residual blocks per level of the decoder's way up.
    public var decoderBlocks = 1
    /// The slope of LeakyReLU for negative values.
    public var leakySlope: Float = 0.01
    /// Added to variances of instance and layer normalisation.
    public var epsilon: Float = 1e-5
    /// E, the width of a task embedding's tokens.
    public var embedding = 512
    /// m, the context tokens of a task embedding; one foreground token comes before them.
    public var contextTokens = 10
    /// r, the factor of the pixel shuffle in the task encoder.
    public var shuffleFactor = 2
    /// Rounds of cross-attention, self-attention and MLP in the task encoder.
    public var contextLayers = 3
    /// Heads of every attention.
    public var heads = 8
    /// Hidden values of the MLPs, as a multiple of the embedding.
    public var expansion = 4
    /// How many of the deepest levels exchange information with the task's tokens in the mask decoder.
    public var attentionLevels = 3
    /// Whether blocks forget their activations and compute them again in the backward pass.
    public var checkpointing = false
    /// The type of the convolutions' activations; parameters are float32 always.
    public var compute = ComputeType.float32

    /// The type of activations.
    public enum ComputeType: String, Sendable, CaseIterable {
        case float32, bfloat16

        /// The same as the engine calls it.
        public var elementType: ElementType { self == .float32 ? .float32 : .bfloat16 }
    }

    public init() {}

    /// The number of levels.
    public var levels: Int { channels.count }
    /// Patches must be multiples of this along each axis: 2 to the power of the halvings.
    public var patchMultiple: Int { 1 << (levels - 1) }
    /// Tokens per class: the foreground token and the context tokens.
    public var tokensPerClass: Int { contextTokens + 1 }
}

extension IrisConfiguration {
    /// The settings of a model's configuration file.
    public static let settings = SettingTable<IrisConfiguration>([
        Setting(
            "channels", \.channels, levelChannels,
            "Channels per level of the encoder, from full resolution to the deepest; each further level halves the grid."
        ),
        Setting("encoderBlocks", \.encoderBlocks, .wholeNumber(in: 1...8), "Residual blocks per level of the encoder."),
        Setting(
            "decoderBlocks", \.decoderBlocks, .wholeNumber(in: 1...8),
            "Residual blocks per level of the mask decoder's way up."),
        Setting(
            "leakySlope", \.leakySlope, .number(in: 1e-6...1), "The slope of LeakyReLU for negative values."),
        Setting(
            "epsilon", \.epsilon, .number(in: 1e-9...1), "Added to variances of instance and layer normalisation."),
        Setting(
            "embedding", \.embedding, .wholeNumber(in: 1...8192),
            "E, the width of a task embedding's tokens; a multiple of heads."),
        Setting(
            "contextTokens", \.contextTokens, .wholeNumber(in: 1...256),
            "m, the context tokens of a task embedding; one foreground token comes before them."),
        Setting(
            "shuffleFactor", \.shuffleFactor, .wholeNumber(in: 1...8),
            "r, the factor of the pixel shuffle in the task encoder; its cube divides the deepest level's channels."),
        Setting(
            "contextLayers", \.contextLayers, .wholeNumber(in: 1...16),
            "Rounds of cross-attention, self-attention and MLP in the task encoder."),
        Setting("heads", \.heads, .wholeNumber(in: 1...64), "Heads of every attention."),
        Setting(
            "expansion", \.expansion, .wholeNumber(in: 1...16),
            "Hidden values of the MLPs, as a multiple of the embedding."),
        Setting(
            "attentionLevels", \.attentionLevels, .wholeNumber(in: 1...8),
            "How many of the deepest levels exchange information with the task's tokens in the mask decoder."),
        Setting(
            "checkpointing", \.checkpointing, .flag,
            "Whether blocks forget their activations and compute them again in the backward pass: less memory, more time."
        ),
        Setting(
            "compute", \.compute, .choice,
            "The type of the convolutions' activations; parameters are float32 always."),
    ])

    private static let levelChannels = SettingKind<[Int]>(
        "list of 2 to 8 whole numbers from 1 to 4096, one per level",
        write: { "[\($0.map(String.init).joined(separator: ", "))]" }
    ) { (value) throws(ConfigurationError) in
        let items = try value.list()
        guard (2...8).contains(items.count) else {
            throw value.error(
                "expected 2 to 8 levels but found \(items.count). Give one number of channels per level.")
        }
        var channels: [Int] = []
        for item in items { channels.append(try item.int(in: 1...4096)) }
        return channels
    }

    /// Reads a configuration; keys that are absent keep the paper's value.
    ///
    /// - Throws: `ConfigurationError` for an unknown key, a value out of range, or sizes that do not fit each other.
    public init(_ yaml: YAMLValue) throws(ConfigurationError) {
        self = try Self.settings.read(yaml, into: IrisConfiguration())
        if let problem { throw yaml.error(problem) }
    }

    /// What does not fit, or `nil`.
    private var problem: String? {
        let cube = shuffleFactor * shuffleFactor * shuffleFactor
        if embedding % heads != 0 {
            return "embedding is \(embedding), which \(heads) heads cannot share. Choose a multiple of heads."
        }
        if channels[levels - 1] % cube != 0 {
            return """
                the deepest level has \(channels[levels - 1]) channels, which a pixel shuffle by \(shuffleFactor) cannot split. \
                Choose a multiple of \(cube), or a smaller shuffleFactor.
                """
        }
        if patchMultiple % shuffleFactor != 0 {
            return
                "shuffleFactor is \(shuffleFactor), which does not divide \(patchMultiple), the halvings of \(levels) levels. Choose a power of two up to that."
        }
        if attentionLevels > levels {
            return
                "attentionLevels is \(attentionLevels) but there are only \(levels) levels. Choose at most \(levels)."
        }
        return nil
    }

    /// The configuration as YAML that reads back as itself.
    public var yaml: String {
        """
        channels: [\(channels.map(String.init).joined(separator: ", "))]
        encoderBlocks: \(encoderBlocks)
        decoderBlocks: \(decoderBlocks)
        leakySlope: \(leakySlope)
        epsilon: \(epsilon)
        embedding: \(embedding)
        contextTokens: \(contextTokens)
        shuffleFactor: \(shuffleFactor)
        contextLayers: \(contextLayers)
        heads: \(heads)
        expansion: \(expansion)
        attentionLevels: \(attentionLevels)
        checkpointing: \(checkpointing)
        compute: \(compute.rawValue)

        """
    }
}
