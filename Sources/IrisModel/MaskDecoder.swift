import Tensors

/// The U-Net's way up, in conversation with the task's tokens on the deepest levels, and one logit map per class.
struct MaskDecoder {
    /// The blocks of each level but the deepest, by level.
    let levels: [[ResidualBlock]]
    /// Where tokens and voxels exchange information: by level, `nil` above.
    let exchanges: [TokenVoxelExchange?]
    let pixels: Convolution
    let classNorm: LayerNorm
    let classVector: Perceptron
    let configuration: IrisConfiguration

    init(_ scope: ParameterScope, _ configuration: IrisConfiguration) {
        self.configuration = configuration
        let channels = configuration.channels, deepest = configuration.levels - 1, width = configuration.embedding
        levels = (0..<deepest).map { level in
            (0..<configuration.decoderBlocks).map { block in
                ResidualBlock(
                    scope["levels", level]["blocks", block],
                    from: block == 0 ? channels[level + 1] + channels[level] : channels[level], to: channels[level],
                    configuration)
            }
        }
        exchanges = channels.indices.map { level in
            level > deepest - configuration.attentionLevels
                ? TokenVoxelExchange(scope["exchanges", level], channels[level], configuration) : nil
        }
        pixels = Convolution(scope["pixels"], from: channels[0], to: channels[0], kernel: 1, slope: 1, bias: true)
        classNorm = LayerNorm(scope["class_norm"], width: width, configuration)
        classVector = Perceptron(
            scope["class_vector"], from: width, hidden: width, to: channels[0] + 1,
            initialization: .normal(deviation: 0.02))
    }

    /// - Parameters:
    ///   - features: the query's features per level; level l is B, D / 2^l, ..., C_l.
    ///   - embedding: B, K, m + 1, E.
    ///   - present: per sample and class; tokens of absent classes are read by nobody else.
    /// - Returns: logits, B, K, D, H, W.
    func callAsFunction(_ features: [Variable], embedding: Variable, present: [[Bool]], _ tape: Tape) throws -> Variable
    {
        let (batch, classes, count, width) = (
            embedding.shape[0], embedding.shape[1], embedding.shape[2], embedding.shape[3]
        )
        let flags = present.flatMap { $0.flatMap { [Bool](repeating: $0, count: count) } }
        var tokens = try tape.reshape(embedding, [batch, classes * count, width])
        var voxels = features[features.count - 1]
        for level in features.indices.reversed() {
            if level < features.count - 1 {
                voxels = try tape.upsampled(voxels, concatenatedWith: features[level])
                for block in levels[level] { voxels = try block(voxels, tape) }
            }
            if let exchange = exchanges[level] { (tokens, voxels) = try exchange(tokens, voxels, present: flags, tape) }
        }
        let vectors = try classVectors(tokens, batch: batch, classes: classes, tape)
        let maps = try tape.convert(pixels(voxels, tape), to: .float32)
        let size = Array(maps.shape[1...3])
        let logits = try tape.classMaps(
            features: tape.reshape(maps, [batch, size.reduce(1, *), maps.shape[4]]), vectors: vectors)
        return try tape.reshape(logits, [batch, classes] + size)
    }

    /// One vector per class: its normalised foreground token through an MLP; B, K, channels + 1.
    ///
    /// The class's other tokens have spoken to that one in the exchanges; their mean with it would hide what sets it apart.
    private func classVectors(_ tokens: Variable, batch: Int, classes: Int, _ tape: Tape) throws -> Variable {
        let count = configuration.tokensPerClass, width = configuration.embedding
        let separate = try tape.reshape(tokens, [batch * classes, count, 1, width])
        let isForeground = (0..<batch * classes * count).map { Float($0 % count == 0 ? 1 : 0) }
        let foreground = try tape.weightedSum(
            separate, weights: Tensor(isForeground, shape: [batch * classes, count, 1]))
        let normalized = try tape.layerNorm(foreground, classNorm)
        return try classVector(tape.reshape(normalized, [batch, classes, width]), tape)
    }
}

/// Bidirectional attention on one level: the tokens look at each other and at the voxels, then the voxels at the tokens.
struct TokenVoxelExchange {
    let selfNorm: LayerNorm, own: Attention
    let voxelNorm: LayerNorm
    let crossNorm: LayerNorm, cross: Attention
    let mlpNorm: LayerNorm, mlp: Perceptron
    let tokenNorm: LayerNorm, voxelCross: Attention

    init(_ scope: ParameterScope, _ channels: Int, _ configuration: IrisConfiguration) {
        let width = configuration.embedding, heads = configuration.heads
        selfNorm = LayerNorm(scope["self_norm"], width: width, configuration)
        own = Attention(scope["self"], queries: width, keys: width, width: width, heads: heads)
        voxelNorm = LayerNorm(scope["voxel_norm"], width: channels, configuration)
        crossNorm = LayerNorm(scope["cross_norm"], width: width, configuration)
        cross = Attention(scope["cross"], queries: width, keys: channels, width: width, heads: heads)
        mlpNorm = LayerNorm(scope["mlp_norm"], width: width, configuration)
        mlp = Perceptron(scope["mlp"], from: width, hidden: width * configuration.expansion, to: width)
        tokenNorm = LayerNorm(scope["token_norm"], width: width, configuration)
        voxelCross = Attention(scope["voxel_cross"], queries: channels, keys: width, width: width, heads: heads)
    }

    func callAsFunction(_ tokens: Variable, _ volume: Variable, present: [Bool], _ tape: Tape) throws -> (
        Variable, Variable
    ) {
        let shape = volume.shape, type = volume.value.type
        let voxels = try tape.reshape(
            tape.convert(volume, to: .float32), [shape[0], shape[1] * shape[2] * shape[3], shape[4]])
        let seen = try tape.layerNorm(voxels, voxelNorm)
        var x = tokens
        let normalized = try tape.layerNorm(x, selfNorm)
        x = try tape.add(x, own(normalized, to: normalized, present: present, tape))
        x = try tape.add(x, cross(tape.layerNorm(x, crossNorm), to: seen, tape))
        x = try tape.add(x, mlp(tape.layerNorm(x, mlpNorm), tape))
        let answer = try voxelCross(seen, to: tape.layerNorm(x, tokenNorm), present: present, tape)
        let updated = try tape.reshape(tape.add(voxels, answer), shape)
        return (x, try tape.convert(updated, to: type))
    }
}
