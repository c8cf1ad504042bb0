import Tensors

/// The image encoder: residual blocks per level, each level but the first at half the resolution of the one before.
struct UNetEncoder {
    let levels: [[ResidualBlock]]

    init(_ scope: ParameterScope, _ configuration: IrisConfiguration) {
        let channels = configuration.channels
        levels = channels.indices.map { level in
            (0..<configuration.encoderBlocks).map { block in
                let first = block == 0
                return ResidualBlock(
                    scope["levels", level]["blocks", block],
                    from: first ? (level == 0 ? 1 : channels[level - 1]) : channels[level], to: channels[level],
                    stride: first && level > 0 ? 2 : 1, configuration)
            }
        }
    }

    /// The features of every level, from N, D, H, W, 1 images. Level l is N, D / 2^l, H / 2^l, W / 2^l, C_l.
    func callAsFunction(_ images: Variable, _ tape: Tape) throws -> [Variable] {
        var features: [Variable] = []
        for blocks in levels { features.append(try through(blocks, features.last ?? images, tape)) }
        return features
    }

    /// The features of the deepest level alone; the others are freed on the way unless the tape keeps them.
    func deepest(_ images: Variable, _ tape: Tape) throws -> Variable {
        var x = images
        for blocks in levels { x = try through(blocks, x, tape) }
        return x
    }

    private func through(_ blocks: [ResidualBlock], _ x: Variable, _ tape: Tape) throws -> Variable {
        var x = x
        for block in blocks { x = try block(x, tape) }
        return x
    }
}
