import Tensors
import Testing

@Suite struct ConvolutionTests {
    struct Case: CustomTestStringConvertible {
        let input: [Int], outputs: Int, kernel: Int, stride: Int, bias: Bool
        var testDescription: String { "\(input) to \(outputs), kernel \(kernel), stride \(stride), bias \(bias)" }
    }

    static let cases = [
        Case(input: [1, 4, 5, 6, 1], outputs: 3, kernel: 3, stride: 1, bias: false),
        Case(input: [2, 3, 1, 5, 7], outputs: 5, kernel: 3, stride: 1, bias: true),
        Case(input: [1, 6, 4, 2, 16], outputs: 32, kernel: 3, stride: 2, bias: false),
        Case(input: [2, 5, 7, 3, 3], outputs: 17, kernel: 3, stride: 2, bias: true),
        Case(input: [3, 1, 1, 1, 33], outputs: 2, kernel: 3, stride: 1, bias: true),
        Case(input: [2, 2, 2, 1, 48], outputs: 16, kernel: 3, stride: 1, bias: false),
        Case(input: [1, 4, 3, 5, 18], outputs: 7, kernel: 1, stride: 1, bias: true),
        Case(input: [2, 4, 6, 2, 5], outputs: 16, kernel: 1, stride: 2, bias: false),
    ]

    /// Plain N, C, D, H, W arithmetic on indices, from the definition.
    static func naive(_ x: Grid, _ w: Grid, _ b: Grid?, stride: Int) -> Grid {
        let k = w.shape[2], pad = k / 2, size = (1...3).map { (x.shape[$0] + 2 * pad - k) / stride + 1 }
        var y = Grid(zeros: [x.shape[0]] + size + [w.shape[0]])
        for n in 0..<y.shape[0] {
            for d in 0..<size[0] {
                for h in 0..<size[1] {
                    for v in 0..<size[2] {
                        for o in 0..<w.shape[0] {
                            var sum = b?[o] ?? 0
                            for a in 0..<k {
                                for e in 0..<k {
                                    for f in 0..<k {
                                        let (z, yy, xx) = (
                                            d * stride + a - pad, h * stride + e - pad, v * stride + f - pad
                                        )
                                        guard z >= 0, z < x.shape[1], yy >= 0, yy < x.shape[2], xx >= 0, xx < x.shape[3]
                                        else { continue }
                                        let from =
                                            (((n * x.shape[1] + z) * x.shape[2] + yy) * x.shape[3] + xx) * x.shape[4]
                                        let weight = ((o * x.shape[4] * k + a) * k + e) * k + f
                                        for c in 0..<x.shape[4] {
                                            sum += x.values[from + c] * w.values[weight + c * k * k * k]
                                        }
                                    }
                                }
                            }
                            y[n, d, h, v, o] = sum
                        }
                    }
                }
            }
        }
        return y
    }

    @Test(arguments: cases) func againstNaiveLoops(_ c: Case) throws {
        let weight = [c.outputs, c.input[4], c.kernel, c.kernel, c.kernel]
        let check = try GradientCheck(
            [.variable(c.input), .parameter(weight)] + (c.bias ? [.parameter([c.outputs])] : []),
            operation: { tape, x, p in
                try tape.convolution(x[0], weight: p[0], bias: c.bias ? p[1] : nil, stride: c.stride)
            },
            naive: { Self.naive($0[0], $0[1], c.bias ? $0[2] : nil, stride: c.stride) })
        #expect(check.outputError < 2e-6)
        #expect(check.gradientError < 5e-6)
    }

    /// bfloat16 keeps 8 bits of each factor; sums are float32.
    @Test(.enabled(if: Engine.supportsBFloat16, "skipped: this processor has no AVX512_BF16"))
    func bfloat16() throws {
        let check = try GradientCheck(
            [.variable([2, 2, 3, 3, 16]), .parameter([17, 16, 3, 3, 3])], type: .bfloat16,
            operation: { tape, x, p in try tape.convolution(x[0], weight: p[0]) },
            naive: { Self.naive($0[0], $0[1], nil, stride: 1) })
        #expect(check.outputError < 0.01 && check.outputError > 1e-5)
        #expect(check.gradientError < 0.02)
    }

    /// The gradient of a weight that is used twice is the sum of both uses.
    @Test func sharedWeightsAddTheirGradients() throws {
        let check = try GradientCheck(
            [.variable([1, 3, 4, 5, 4]), .parameter([4, 4, 3, 3, 3])],
            operation: { tape, x, p in
                try tape.convolution(tape.convolution(x[0], weight: p[0]), weight: p[0])
            },
            naive: { Self.naive(Self.naive($0[0], $0[1], nil, stride: 1), $0[1], nil, stride: 1) })
        #expect(check.gradientError < 1e-5)
    }

    @Test func shapesThatDoNotFit() throws {
        func message(_ input: [Int], _ weight: [Int]) -> String {
            Engine.shared.run {
                let parameter = Parameter("conv.weight", weight, .constant(0))
                _ = ParameterSet([parameter])
                let tape = Tape()
                do {
                    _ = try tape.convolution(tape.leaf(Tensor(zeros: input)), weight: parameter)
                    return "no error"
                } catch { return "\(error)" }
            }
        }
        #expect(
            message([1, 4, 4, 4, 3], [8, 4, 3, 3, 3])
                == """
                convolution with conv.weight: the input has shape [1, 4, 4, 4, 3] and the weight [8, 4, 3, 3, 3], but the input \
                must be N, D, H, W, C with C the weight's second size.
                """)
        #expect(
            message([1, 4, 4, 4, 3], [8, 3, 5, 5, 5])
                == "convolution with conv.weight: the weight has shape [8, 3, 5, 5, 5], but kernels are cubes of edge 1 or 3."
        )
    }
}
