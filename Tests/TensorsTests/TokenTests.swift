import Glibc
import RandomNumbers
import Tensors
import Testing

@Suite struct TokenTests {
    @Test(arguments: [(3, 5, 7), (1, 1, 1), (66, 32, 17)]) func linear(rows: Int, inputs: Int, outputs: Int) throws {
        let check = try GradientCheck(
            [.variable([rows, inputs]), .parameter([outputs, inputs]), .parameter([outputs])],
            operation: { tape, x, p in try tape.linear(x[0], weight: p[0], bias: p[1]) },
            naive: { g in
                var y = Grid(zeros: [rows, outputs])
                for r in 0..<rows {
                    for o in 0..<outputs {
                        y[r, o] = (0..<inputs).reduce(g[2][o]) {
                            $0 + g[0].values[r * inputs + $1] * g[1].values[o * inputs + $1]
                        }
                    }
                }
                return y
            })
        #expect(check.outputError < 2e-6)
        #expect(check.gradientError < 5e-6)
    }

    @Test(arguments: [1, 5, 16, 37, 512]) func layerNorm(width: Int) throws {
        let check = try GradientCheck(
            [.variable([2, 3, width]), .parameter([width]), .parameter([width])],
            operation: { tape, x, p in try tape.layerNorm(x[0], LayerNorm(gain: p[0], bias: p[1], epsilon: 1e-3)) },
            naive: { g in
                var y = g[0]
                for r in 0..<6 {
                    let row = r * width..<(r + 1) * width
                    let mean = row.reduce(0) { $0 + g[0].values[$1] } / Double(width)
                    let variance =
                        row.reduce(0) { $0 + (g[0].values[$1] - mean) * (g[0].values[$1] - mean) } / Double(width)
                    for i in row {
                        y.values[i] =
                            (g[0].values[i] - mean) / sqrt(variance + 1e-3) * g[1].values[i % width]
                            + g[2].values[i % width]
                    }
                }
                return y
            })
        #expect(check.outputError < 2e-6)
        #expect(check.gradientError < 1e-5)
    }

    @Test func gelu() throws {
        let check = try GradientCheck(
            [.variable([5, 37])], operation: { tape, x, _ in try tape.gelu(x[0]) },
            naive: { g in
                Grid(
                    g[0].shape,
                    g[0].values.map { 0.5 * $0 * (1 + tanh(sqrt(2 / Double.pi) * ($0 + 0.044715 * $0 * $0 * $0))) })
            })
        #expect(check.outputError < 1e-6)
        #expect(check.gradientError < 2e-6)
    }

    struct Heads: CustomTestStringConvertible {
        let samples: Int, queries: Int, keys: Int, width: Int, heads: Int, masked: Bool
        var testDescription: String {
            "\(samples) x \(queries) to \(keys), width \(width), \(heads) heads, masked \(masked)"
        }
    }

    @Test(arguments: [
        Heads(samples: 1, queries: 1, keys: 1, width: 1, heads: 1, masked: false),
        Heads(samples: 2, queries: 5, keys: 19, width: 6, heads: 3, masked: false),
        Heads(samples: 3, queries: 33, keys: 7, width: 8, heads: 2, masked: true),
        Heads(samples: 1, queries: 17, keys: 40, width: 32, heads: 1, masked: true),
    ])
    func attention(_ c: Heads) throws {
        // Every third key is absent, and every key of the last sample when there are several.
        let present = (0..<c.samples * c.keys).map { index in
            !c.masked || (index % 3 != 0 && (c.samples == 1 || index / c.keys < c.samples - 1))
        }
        let check = try GradientCheck(
            [
                .variable([c.samples, c.queries, c.width]), .variable([c.samples, c.keys, c.width]),
                .variable([c.samples, c.keys, c.width]),
            ],
            operation: { tape, x, _ in
                try tape.attention(
                    queries: x[0], keys: x[1], values: x[2], heads: c.heads, present: c.masked ? present : nil)
            },
            naive: { g in
                var y = Grid(zeros: g[0].shape)
                let share = c.width / c.heads
                for n in 0..<c.samples {
                    for h in 0..<c.heads {
                        for q in 0..<c.queries {
                            let keys = (0..<c.keys).filter { present[n * c.keys + $0] }
                            let scores = keys.map { key in
                                exp(
                                    (0..<share).reduce(0) {
                                        $0 + g[0][n, q, h * share + $1] * g[1][n, key, h * share + $1]
                                    } / sqrt(Double(share)))
                            }
                            let sum = scores.reduce(0, +)
                            for (key, score) in zip(keys, scores) {
                                for i in 0..<share {
                                    y[n, q, h * share + i] += score / sum * g[2][n, key, h * share + i]
                                }
                            }
                        }
                    }
                }
                return y
            })
        #expect(check.outputError < 2e-6)
        #expect(check.gradientError < 5e-6)
    }

    /// What absent keys hold, be it infinite, changes no bit of the result.
    @Test func absentKeysAreLeftOutExactly() throws {
        let present = [true, false, true, true, false]
        func result(_ filler: Float) throws -> [Float] {
            try Engine.shared.run {
                var generator = Philox(key: 9)
                let tape = Tape(recording: false)
                func draw(_ rows: Int) -> Variable {
                    tape.constant(Tensor((0..<rows * 4).map { _ in Float(generator.normal()) }, shape: [1, rows, 4]))
                }
                let queries = draw(3), keys = draw(5), values = draw(5)
                for key in 0..<5 where !present[key] {
                    keys.value.withMutableFloats { for i in 0..<4 { $0[key * 4 + i] = filler } }
                    values.value.withMutableFloats { for i in 0..<4 { $0[key * 4 + i] = filler } }
                }
                return try tape.attention(queries: queries, keys: keys, values: values, heads: 2, present: present)
                    .value.values
            }
        }
        let first = try result(0), second = try result(1e30)
        #expect(first == second)
        #expect(first.allSatisfy { $0.isFinite } && first.contains { $0 != 0 })
    }

    @Test func weightedSums() throws {
        var generator = Philox(key: 4)
        let weights = (0..<2 * 3 * 11).map { _ in Float(generator.uniform()) }
        let check = try GradientCheck(
            [.variable([2, 11, 5])],
            operation: { tape, x, _ in try tape.weightedSums(of: x[0], weights: Tensor(weights, shape: [2, 3, 11])) },
            naive: { g in
                var y = Grid(zeros: [2, 3, 5])
                for n in 0..<2 {
                    for k in 0..<3 {
                        for v in 0..<11 {
                            for c in 0..<5 {
                                y[n, k, c] += Double(weights[(n * 3 + k) * 11 + v]) * g[0][n, v, c]
                            }
                        }
                    }
                }
                return y
            })
        #expect(check.outputError < 1e-6 && check.gradientError < 2e-6)
    }

    @Test(arguments: [(1, 1, 1, 1), (2, 3, 300, 5), (1, 17, 40, 16)])
    func classMaps(samples: Int, classes: Int, voxels: Int, width: Int) throws {
        let check = try GradientCheck(
            [.variable([samples, voxels, width]), .variable([samples, classes, width + 1])],
            operation: { tape, x, _ in try tape.classMaps(features: x[0], vectors: x[1]) },
            naive: { g in
                var y = Grid(zeros: [samples, classes, voxels])
                for n in 0..<samples {
                    for k in 0..<classes {
                        for v in 0..<voxels {
                            let vector = (n * classes + k) * (width + 1), feature = (n * voxels + v) * width
                            y.values[(n * classes + k) * voxels + v] = (0..<width).reduce(g[1].values[vector + width]) {
                                $0 + g[1].values[vector + $1] * g[0].values[feature + $1]
                            }
                        }
                    }
                }
                return y
            })
        #expect(check.outputError < 2e-6 && check.gradientError < 1e-5)
    }

    @Test func pixelShuffleAndBack() throws {
        let (n, size, channels, r) = (2, [2, 1, 3], 3, 2)
        let shape = [n] + size + [channels * r * r * r]
        let check = try GradientCheck(
            [.variable(shape)], operation: { tape, x, _ in try tape.pixelShuffle(x[0], factor: r) },
            naive: { g in
                var y = Grid(zeros: [n] + size.map { $0 * r } + [channels])
                for s in 0..<n {
                    for z in 0..<size[0] * r {
                        for h in 0..<size[1] * r {
                            for w in 0..<size[2] * r {
                                for c in 0..<channels {
                                    y[s, z, h, w, c] =
                                        g[0][s, z / r, h / r, w / r, c * r * r * r + (z % r * r + h % r) * r + w % r]
                                }
                            }
                        }
                    }
                }
                return y
            })
        #expect(check.outputError < 1e-7 && check.gradientError < 1e-6)
        let back = try GradientCheck(
            [.variable(shape)],
            operation: { tape, x, _ in try tape.pixelUnshuffle(tape.pixelShuffle(x[0], factor: r), factor: r) },
            naive: { $0[0] })
        #expect(back.outputError < 1e-7 && back.gradientError < 1e-6)
    }

    @Test func joiningConcatenatingRepeatingSlicingAndAveraging() throws {
        let masks = (0..<2 * 3 * 4).map { Float($0 % 5) }
        let joined = try GradientCheck(
            [.variable([2, 4, 3])],
            operation: { tape, x, _ in try tape.joined(x[0], withMasks: Tensor(masks, shape: [2, 3, 4])) },
            naive: { g in
                var y = Grid(zeros: [2, 3, 4, 4])
                for n in 0..<2 {
                    for k in 0..<3 {
                        for v in 0..<4 {
                            for c in 0..<3 { y[n, k, v, c] = g[0][n, v, c] }
                            y[n, k, v, 3] = Double(masks[(n * 3 + k) * 4 + v])
                        }
                    }
                }
                return y
            })
        #expect(joined.outputError < 1e-7 && joined.gradientError < 1e-6)
        let averaged = try GradientCheck(
            [.variable([2, 1, 3]), .variable([2, 2, 3]), .parameter([2, 3])],
            operation: { tape, x, p in
                let all = try tape.concatenate(x[0], x[1])
                let sum = try tape.weightedSum(
                    tape.reshape(all, [2, 3, 1, 3]), weights: Tensor([1, 2, 3, 4, 5, 6], shape: [2, 3, 1]))
                let repeated = try tape.reshape(tape.slice(tape.repeated(p[0], count: 3), 1..<2), [2, 1, 3])
                return try tape.add(sum, repeated)
            },
            naive: { g in
                var y = Grid(zeros: [2, 1, 3])
                for n in 0..<2 {
                    for c in 0..<3 {
                        let rows = [g[0][n, 0, c], g[1][n, 0, c], g[1][n, 1, c]]
                        y[n, 0, c] = (0..<3).reduce(g[2][n, c]) { $0 + Double(n * 3 + $1 + 1) * rows[$1] }
                    }
                }
                return y
            })
        #expect(averaged.outputError < 1e-6 && averaged.gradientError < 1e-6)
    }
}
