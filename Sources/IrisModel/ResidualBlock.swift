import Tensors

/// Convolution 3^3, norm, LeakyReLU, convolution 3^3, norm, plus the shortcut, LeakyReLU.
///
/// The shortcut is the input itself, or a 1^3 convolution with norm when channels or grid change.
struct ResidualBlock {
    let convolution1: Convolution, norm1: InstanceNorm
    let convolution2: Convolution, norm2: InstanceNorm
    let shortcut: (convolution: Convolution, norm: InstanceNorm)?
    let slope: Float
    let checkpointing: Bool

    init(
        _ scope: ParameterScope, from inputs: Int, to outputs: Int, stride: Int = 1, _ configuration: IrisConfiguration
    ) {
        slope = configuration.leakySlope
        checkpointing = configuration.checkpointing
        convolution1 = Convolution(scope["conv1"], from: inputs, to: outputs, kernel: 3, stride: stride, slope: slope)
        norm1 = InstanceNorm(scope["norm1"], channels: outputs, configuration)
        convolution2 = Convolution(scope["conv2"], from: outputs, to: outputs, kernel: 3, slope: slope)
        norm2 = InstanceNorm(scope["norm2"], channels: outputs, configuration)
        shortcut =
            inputs == outputs && stride == 1
            ? nil
            : (
                Convolution(scope["shortcut"]["conv"], from: inputs, to: outputs, kernel: 1, stride: stride, slope: 1),
                InstanceNorm(scope["shortcut"]["norm"], channels: outputs, configuration)
            )
    }

    func callAsFunction(_ x: Variable, _ tape: Tape) throws -> Variable {
        guard checkpointing else { return try body(x, tape) }
        return try tape.checkpoint([x]) { tape, inputs in try body(inputs[0], tape) }
    }

    private func body(_ x: Variable, _ tape: Tape) throws -> Variable {
        let hidden = try tape.instanceNorm(convolution1(x, tape), norm1, slope: slope)
        let main = try convolution2(hidden, tape)
        guard let shortcut else { return try tape.instanceNorm(main, norm2, shortcut: .identity(x), slope: slope) }
        let projected = try shortcut.convolution(x, tape)
        return try tape.instanceNorm(main, norm2, shortcut: .normalized(projected, shortcut.norm), slope: slope)
    }
}
