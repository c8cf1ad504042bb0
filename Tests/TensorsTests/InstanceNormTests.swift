import Glibc
import RandomNumbers
import Tensors
import Testing

@Suite struct InstanceNormTests {
    static func norm(_ x: Grid, _ gain: Grid, _ bias: Grid, _ epsilon: Double) -> Grid {
        var y = x
        let voxels = x.shape[1] * x.shape[2] * x.shape[3], channels = x.shape[4]
        for n in 0..<x.shape[0] {
            for c in 0..<channels {
                let places = (0..<voxels).map { (n * voxels + $0) * channels + c }
                let mean = places.reduce(0) { $0 + x.values[$1] } / Double(voxels)
                let variance = places.reduce(0) { $0 + (x.values[$1] - mean) * (x.values[$1] - mean) } / Double(voxels)
                for place in places {
                    y.values[place] =
                        (x.values[place] - mean) / sqrt(variance + epsilon) * gain.values[c] + bias.values[c]
                }
            }
        }
        return y
    }

    static func leaky(_ x: Grid, plus other: Grid?, _ slope: Double) -> Grid {
        Grid(
            x.shape,
            x.values.indices.map { index in
                let t = x.values[index] + (other?.values[index] ?? 0)
                return t > 0 ? t : slope * t
            })
    }

    private func operation(_ kind: Int, _ slope: Float) -> (Tape, [Variable], [Parameter]) throws -> Variable {
        { tape, x, p in
            let norm = InstanceNorm(gain: p[0], bias: p[1], epsilon: 1e-3)
            switch kind {
            case 0: return try tape.instanceNorm(x[0], norm, slope: slope)
            case 1: return try tape.instanceNorm(x[0], norm, shortcut: .identity(x[1]), slope: slope)
            default:
                let other = InstanceNorm(gain: p[2], bias: p[3], epsilon: 1e-3)
                return try tape.instanceNorm(x[0], norm, shortcut: .normalized(x[1], other), slope: slope)
            }
        }
    }

    private func inputs(_ kind: Int, _ shape: [Int]) -> [GradientCheck.Input] {
        let vectors = GradientCheck.Input.parameter([shape[4]])
        return [.variable(shape)] + (kind > 0 ? [.variable(shape)] : []) + [vectors, vectors]
            + (kind > 1 ? [vectors, vectors] : [])
    }

    private func naive(_ kind: Int, _ slope: Double) -> ([Grid]) -> Grid {
        { g in
            switch kind {
            case 0: Self.leaky(Self.norm(g[0], g[1], g[2], 1e-3), plus: nil, slope)
            case 1: Self.leaky(Self.norm(g[0], g[2], g[3], 1e-3), plus: g[1], slope)
            default: Self.leaky(Self.norm(g[0], g[2], g[3], 1e-3), plus: Self.norm(g[1], g[4], g[5], 1e-3), slope)
            }
        }
    }

    @Test(
        "norm, shortcut (none, identity, normalised) and LeakyReLU",
        arguments: [0, 1, 2], [[1, 3, 4, 5, 1], [2, 3, 1, 7, 5], [3, 5, 5, 5, 16], [1, 9, 8, 3, 35]])
    func againstNaiveLoops(kind: Int, shape: [Int]) throws {
        for slope: Float in [0.01, 1] {
            let check = try GradientCheck(
                inputs(kind, shape), operation: operation(kind, slope), naive: naive(kind, Double(slope)))
            #expect(check.outputError < 2e-6)
            #expect(check.gradientError < 2e-5)
        }
    }

    @Test(arguments: [0, 1, 2]) func bfloat16(kind: Int) throws {
        let check = try GradientCheck(
            inputs(kind, [2, 4, 3, 5, 18]), type: .bfloat16, operation: operation(kind, 0.1), naive: naive(kind, 0.1))
        #expect(check.outputError < 0.02 && check.outputError > 1e-5)
        // Values near 0 change side when they are rounded, and their gradient with them.
        #expect(check.gradientError < 0.3)
    }

    /// A mean a thousand deviations away from 0 leaves the variance its digits.
    @Test func farFromZero() throws {
        var generator = Philox(key: 2)
        let near = (0..<216).map { _ in Float(generator.normal() * 64).rounded() / 64 }
        func normalized(_ offset: Float) throws -> [Float] {
            try Engine.shared.run {
                let gain = Parameter("gain", [1], .constant(1)), bias = Parameter("bias", [1], .constant(0))
                ParameterSet([gain, bias]).initialize(seed: 1)
                let tape = Tape(recording: false),
                    x = tape.constant(Tensor(near.map { $0 + offset }, shape: [1, 6, 6, 6, 1]))
                return try tape.instanceNorm(x, InstanceNorm(gain: gain, bias: bias), slope: 1).value.values
            }
        }
        // Multiples of 1/64 keep every digit at 1024, so the two inputs differ by exactly the offset.
        let difference = zip(try normalized(0), try normalized(1024)).reduce(0) { max($0, abs($1.0 - $1.1)) }
        #expect(difference < 1e-3)
    }
}
