import Tensors

/// Turns reference features and masks into task embeddings: per class one foreground token and m context tokens.
struct TaskEncoder {
    let foreground: Linear
    let mixing: Linear
    let contextNorm: LayerNorm
    let queries: Parameter
    let layers: [ContextLayer]
    let norm: LayerNorm
    let configuration: IrisConfiguration

    init(_ scope: ParameterScope, _ configuration: IrisConfiguration) {
        self.configuration = configuration
        let channels = configuration.channels[configuration.levels - 1], width = configuration.embedding
        let fine = channels / (configuration.shuffleFactor * configuration.shuffleFactor * configuration.shuffleFactor)
        foreground = Linear(scope["foreground"], from: channels, to: width)
        mixing = Linear(scope["mixing"], from: fine + 1, to: fine)
        contextNorm = LayerNorm(scope["context_norm"], width: channels, configuration)
        queries = scope.parameter("queries", [configuration.contextTokens, width], .normal(deviation: 1))
        layers = (0..<configuration.contextLayers).map { ContextLayer(scope["layers", $0], channels, configuration) }
        norm = LayerNorm(scope["norm"], width: width, configuration)
    }

    /// - Parameters:
    ///   - features: the deepest features of the references, B x R, d, h, w, C; float32.
    ///   - masks: B, R, K, D, H, W.
    /// - Returns: the embeddings B, K, m + 1, E, averaged over the references that show the class; and whether any does.
    func callAsFunction(_ features: Variable, masks: Tensor, _ tape: Tape) throws -> (
        embedding: Variable, present: [[Bool]]
    ) {
        let (batch, references, classes) = (masks.shape[0], masks.shape[1], masks.shape[2])
        let size = Array(features.shape[1...3]), channels = features.shape[4], voxels = size.reduce(1, *)
        let images = batch * references, tasks = images * classes, width = configuration.embedding
        let flat = try masks.reshaped([tasks] + masks.shape[3...5])
        let pooling = try ForegroundPooling(masks: flat, to: size)
        let pooled = try tape.weightedSums(
            of: tape.reshape(features, [images, voxels, channels]),
            weights: pooling.contrast.reshaped([images, classes, voxels]))
        let first = try tape.reshape(foreground(pooled, tape), [tasks, 1, width])
        let context = try contextTokens(features, flat, classes, tape)
        let tokens = try tape.layerNorm(tape.concatenate(first, context), norm)
        let perReference = try tape.reshape(
            tokens, [batch, references, classes, configuration.tokensPerClass, width])
        return try average(perReference, pooling.sums, tape)
    }

    /// The m learned queries after attending to image features that carry the mask: tasks, m, E.
    private func contextTokens(_ features: Variable, _ masks: Tensor, _ classes: Int, _ tape: Tape) throws -> Variable {
        let factor = configuration.shuffleFactor, images = features.shape[0], channels = features.shape[4]
        let size = Array(features.shape[1...3]), fineSize = size.map { $0 * factor }
        let fineVoxels = fineSize.reduce(1, *), tasks = images * classes
        let fine = try tape.pixelShuffle(features, factor: factor)
        let fineMasks = try Engine.shared.blockMeans(of: masks, to: fineSize).reshaped([images, classes, fineVoxels])
        let joined = try tape.joined(
            tape.reshape(fine, [images, fineVoxels, fine.shape[4]]), withMasks: fineMasks)
        let mixed = try tape.reshape(mixing(joined, tape), [tasks] + fineSize + [fine.shape[4]])
        let context = try tape.reshape(
            tape.pixelUnshuffle(mixed, factor: factor), [tasks, size.reduce(1, *), channels])
        let keys = try tape.layerNorm(context, contextNorm)
        var tokens = tape.repeated(queries, count: tasks)
        for layer in layers { tokens = try layer(tokens, keys, tape) }
        return tokens
    }

    /// The mean over the references in which the class is present; over all when it is in none.
    private func average(_ tokens: Variable, _ sums: [Float], _ tape: Tape) throws -> (Variable, [[Bool]]) {
        let (batch, references, classes) = (tokens.shape[0], tokens.shape[1], tokens.shape[2])
        var weights = [Float](repeating: 0, count: batch * references * classes)
        var present = [[Bool]](repeating: [Bool](repeating: false, count: classes), count: batch)
        for sample in 0..<batch {
            for k in 0..<classes {
                let places = (0..<references).map { (sample * references + $0) * classes + k }
                let showing = places.filter { sums[$0] > 0 }
                present[sample][k] = !showing.isEmpty
                let counted = showing.isEmpty ? places : showing
                for place in counted { weights[place] = 1 / Float(counted.count) }
            }
        }
        let mean = try tape.weightedSum(tokens, weights: Tensor(weights, shape: [batch, references, classes]))
        return (mean, present)
    }
}

/// Cross-attention to the context, self-attention among the tokens and an MLP, each on normalised tokens and added.
struct ContextLayer {
    let crossNorm: LayerNorm, cross: Attention
    let selfNorm: LayerNorm, own: Attention
    let mlpNorm: LayerNorm, mlp: Perceptron

    init(_ scope: ParameterScope, _ channels: Int, _ configuration: IrisConfiguration) {
        let width = configuration.embedding, heads = configuration.heads
        crossNorm = LayerNorm(scope["cross_norm"], width: width, configuration)
        cross = Attention(scope["cross"], queries: width, keys: channels, width: width, heads: heads)
        selfNorm = LayerNorm(scope["self_norm"], width: width, configuration)
        own = Attention(scope["self"], queries: width, keys: width, width: width, heads: heads)
        mlpNorm = LayerNorm(scope["mlp_norm"], width: width, configuration)
        mlp = Perceptron(scope["mlp"], from: width, hidden: width * configuration.expansion, to: width)
    }

    func callAsFunction(_ tokens: Variable, _ context: Variable, _ tape: Tape) throws -> Variable {
        var x = tokens
        x = try tape.add(x, cross(tape.layerNorm(x, crossNorm), to: context, tape))
        let normalized = try tape.layerNorm(x, selfNorm)
        x = try tape.add(x, own(normalized, to: normalized, tape))
        return try tape.add(x, mlp(tape.layerNorm(x, mlpNorm), tape))
    }
}
