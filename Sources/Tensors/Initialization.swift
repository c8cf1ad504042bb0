import RandomNumbers

/// How the values of a parameter are drawn.
public enum Initialization: Sendable, Hashable {
    case constant(Float)
    /// Normally distributed around 0.
    case normal(deviation: Float)
    /// Uniform in -bound...bound.
    case uniform(bound: Float)

    /// He's initialisation for a layer that is followed by LeakyReLU: normal with variance 2 / ((1 + slope^2) fanIn).
    public static func heNormal(fanIn: Int, slope: Float) -> Initialization {
        .normal(deviation: (2 / ((1 + slope * slope) * Float(fanIn))).squareRoot())
    }

    /// Glorot's initialisation: uniform with variance 2 / (fanIn + fanOut).
    public static func glorotUniform(fanIn: Int, fanOut: Int) -> Initialization {
        .uniform(bound: (6 / Float(fanIn + fanOut)).squareRoot())
    }

    /// Fills `values` from a generator that is keyed by `seed` and the parameter's name, so that a parameter begins
    /// alike whatever other parameters there are.
    func fill(_ values: UnsafeMutableBufferPointer<Float>, name: String, seed: UInt64) {
        switch self {
        case .constant(let value): values.update(repeating: value)
        case .normal(let deviation):
            var generator = Philox(seed: seed, purpose: "parameter \(name)")
            for index in values.indices { values[index] = deviation * Float(generator.normal()) }
        case .uniform(let bound):
            var generator = Philox(seed: seed, purpose: "parameter \(name)")
            for index in values.indices { values[index] = bound * Float(2 * generator.uniform() - 1) }
        }
    }
}
