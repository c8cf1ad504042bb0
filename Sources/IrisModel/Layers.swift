import Tensors

/// A 3D convolution without bias, drawn by He's rule for the LeakyReLU behind it.
struct Convolution {
    let weight: Parameter
    let bias: Parameter?
    let stride: Int

    init(
        _ scope: ParameterScope, from inputs: Int, to outputs: Int, kernel: Int, stride: Int = 1, slope: Float,
        bias hasBias: Bool = false
    ) {
        let fanIn = inputs * kernel * kernel * kernel
        weight = scope.parameter(
            "weight", [outputs, inputs, kernel, kernel, kernel], .heNormal(fanIn: fanIn, slope: slope))
        bias = hasBias ? scope.parameter("bias", [outputs], .constant(0)) : nil
        self.stride = stride
    }

    func callAsFunction(_ x: Variable, _ tape: Tape) throws -> Variable {
        try tape.convolution(x, weight: weight, bias: bias, stride: stride)
    }
}

/// `y = x W^T + b`, drawn by Glorot's rule.
struct Linear {
    let weight: Parameter
    let bias: Parameter

    init(_ scope: ParameterScope, from inputs: Int, to outputs: Int, initialization: Initialization? = nil) {
        weight = scope.parameter(
            "weight", [outputs, inputs], initialization ?? .glorotUniform(fanIn: inputs, fanOut: outputs))
        bias = scope.parameter("bias", [outputs], .constant(0))
    }

    func callAsFunction(_ x: Variable, _ tape: Tape) throws -> Variable {
        try tape.linear(x, weight: weight, bias: bias)
    }
}

/// Linear, GELU, linear.
struct Perceptron {
    let first: Linear
    let second: Linear

    init(_ scope: ParameterScope, from inputs: Int, hidden: Int, to outputs: Int, initialization: Initialization? = nil)
    {
        first = Linear(scope["fc1"], from: inputs, to: hidden)
        second = Linear(scope["fc2"], from: hidden, to: outputs, initialization: initialization)
    }

    func callAsFunction(_ x: Variable, _ tape: Tape) throws -> Variable {
        try second(tape.gelu(first(x, tape)), tape)
    }
}

/// Multi-head attention between two sets of vectors, with projections in and out.
struct Attention {
    let query: Linear, key: Linear, value: Linear, output: Linear
    let heads: Int

    /// - Parameters:
    ///   - queries: the width of the vectors that ask, and of the result.
    ///   - keys: the width of the vectors that answer.
    ///   - width: the width inside, shared among the heads.
    init(_ scope: ParameterScope, queries: Int, keys: Int, width: Int, heads: Int) {
        query = Linear(scope["query"], from: queries, to: width)
        key = Linear(scope["key"], from: keys, to: width)
        value = Linear(scope["value"], from: keys, to: width)
        output = Linear(scope["output"], from: width, to: queries)
        self.heads = heads
    }

    /// `present` holds a flag per sample and key; absent keys are left out exactly.
    func callAsFunction(_ x: Variable, to y: Variable, present: [Bool]? = nil, _ tape: Tape) throws -> Variable {
        let mixed = try tape.attention(
            queries: query(x, tape), keys: key(y, tape), values: value(y, tape), heads: heads, present: present)
        return try output(mixed, tape)
    }
}

extension InstanceNorm {
    init(_ scope: ParameterScope, channels: Int, _ configuration: IrisConfiguration) {
        self.init(
            gain: scope.parameter("weight", [channels], .constant(1)),
            bias: scope.parameter("bias", [channels], .constant(0)),
            epsilon: configuration.epsilon)
    }
}

extension LayerNorm {
    init(_ scope: ParameterScope, width: Int, _ configuration: IrisConfiguration) {
        self.init(
            gain: scope.parameter("weight", [width], .constant(1)),
            bias: scope.parameter("bias", [width], .constant(0)),
            epsilon: configuration.epsilon)
    }
}
