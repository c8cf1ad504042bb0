import CKernels
import RandomNumbers
import Testing

/// The AVX-512, AVX2 and plain C variants of the tensor kernels against each other. Other suites run at the same time and
/// must be right whatever the limit.
@Suite(.serialized) struct KernelVariantTests {
    private static let limits = [IRIS_PORTABLE, IRIS_AVX2, IRIS_AVX512]

    private func random(_ count: Int, _ key: UInt64) -> [Float] {
        var generator = Philox(key: key)
        return (0..<count).map { _ in Float(generator.normal()) }
    }

    /// The results of `body` under each limit agree to `tolerance` of the largest.
    private func agree(_ tolerance: Float, _ body: () -> [Float]) -> Bool {
        defer { iris_limit_instruction_set(IRIS_AVX512) }
        let results = Self.limits.map { limit in
            iris_limit_instruction_set(limit)
            return body()
        }
        let largest = results[0].reduce(0) { max($0, abs($1)) }
        return largest > 0
            && results.dropFirst().allSatisfy { other in
                zip(results[0], other).allSatisfy { abs($0 - $1) <= tolerance * largest }
            }
    }

    @Test(arguments: [1, 5, 16, 37]) func normalization(channels: Int) {
        let voxels = 131, count = voxels * channels
        let (x, other, dy) = (random(count, 1), random(count, 2), random(count, 3)), a = random(channels, 4),
            b = random(channels, 5)
        #expect(
            agree(1e-6) {
                var sums = [Double](repeating: 0, count: 2 * channels)
                iris_tensor_norm_sums(IRIS_TENSOR_FLOAT32, x, a, voxels, channels, &sums)
                return sums.map { Float($0) }
            })
        #expect(
            agree(1e-6) {
                var y = [Float](repeating: 0, count: count)
                iris_tensor_norm_apply(IRIS_TENSOR_FLOAT32, x, a, b, other, b, a, 0.1, voxels, channels, &y)
                return y
            })
        #expect(
            agree(1e-5) {
                var sums = [Double](repeating: 0, count: 3 * channels)
                iris_tensor_norm_gradient_sums(IRIS_TENSOR_FLOAT32, dy, x, 0.1, x, a, other, b, voxels, channels, &sums)
                return sums.map { Float($0) }
            })
        #expect(
            agree(1e-6) {
                var dx = [Float](repeating: 0, count: count), dother = dx
                iris_tensor_norm_gradient_apply(
                    IRIS_TENSOR_FLOAT32, dy, x, 0.1, x, a, b, a, other, b, a, b, voxels, channels, &dx, &dother)
                return dx + dother
            })
    }

    @Test(arguments: [1, 18, 32]) func resampling(channels: Int) {
        let (d, h, w) = (3, 2, 5), stride = channels + 3, x = random(d * h * w * channels, 6)
        let dy = random(8 * d * h * w * stride, 7)
        #expect(
            agree(1e-6) {
                var y = [Float](repeating: 0, count: 8 * d * h * w * stride),
                    scratch = [Float](repeating: 0, count: w * channels)
                iris_tensor_upsample(IRIS_TENSOR_FLOAT32, x, d, h, w, channels, 0, 4 * d * h, stride, &y, &scratch)
                return y
            })
        #expect(
            agree(1e-6) {
                var dx = [Float](repeating: 0, count: d * h * w * channels),
                    scratch = [Float](repeating: 0, count: 2 * w * channels)
                iris_tensor_upsample_adjoint(
                    IRIS_TENSOR_FLOAT32, dy, d, h, w, channels, stride, 0, d * h, &dx, &scratch)
                return dx
            })
    }

    @Test(arguments: [1, 16, 45]) func rows(width: Int) {
        let rows = 7, x = random(rows * width, 8), dy = random(rows * width, 9), gain = random(width, 10),
            bias = random(width, 11)
        #expect(
            agree(2e-5) {
                var y = [Float](repeating: 0, count: rows * width), statistics = [Float](repeating: 0, count: 2 * rows)
                iris_tensor_layer_norm(x, gain, bias, 1e-3, rows, width, &y, &statistics)
                var dx = y, sums = [Float](repeating: 0, count: 2 * width)
                sums.withUnsafeMutableBufferPointer {
                    iris_tensor_layer_norm_gradient(
                        dy, x, gain, statistics, rows, width, &dx, $0.baseAddress, $0.baseAddress! + width)
                }
                return y + dx + sums
            })
        #expect(
            agree(2e-6) {
                var p = x, dp = dy
                iris_tensor_softmax(&p, nil, 0.7, rows, width)
                iris_tensor_softmax_gradient(p, &dp, 0.7, rows, width)
                return p + dp
            })
        #expect(
            agree(2e-6) {
                var y = [Float](repeating: 0, count: rows * width), dx = y, sums = [Float](repeating: 0, count: width)
                iris_tensor_gelu(x, rows * width, &y)
                iris_tensor_gelu_gradient(dy, x, rows * width, &dx)
                iris_tensor_column_sums(x, rows, width, width, &sums)
                return y + dx + sums
            })
    }

    @Test(arguments: [1, 100, 5000]) func lossAndOptimisers(count: Int) {
        let x = random(count, 12), t = random(count, 13).map { $0 > 0 ? Float(1) : 0 }
        #expect(
            agree(1e-5) {
                var sums = [0.0, 0, 0, 0], dx = [Float](repeating: 0, count: count)
                iris_tensor_dice_cross_entropy_sums(x, t, count, &sums)
                iris_tensor_dice_cross_entropy_gradient(x, t, count, 0.3, 0.2, -0.5, &dx)
                return dx + sums.map { Float($0 / Double(count)) }
            })
        let settings = iris_moments(beta1: 0.9, beta2: 0.99, bias1: 2, bias2: 3, epsilon: 1e-6, gradient_scale: 0.5)
        #expect(
            agree(1e-5) {
                var g = random(count, 14), m = random(count, 15), v = random(count, 16).map { $0 * $0 },
                    w = random(count, 17)
                iris_tensor_adamw(settings, 0.01, 0.1, count, g, &m, &v, &w)
                var norms = [0.0, 0]
                iris_tensor_lamb_direction(settings, 0.1, count, &g, &m, &v, w, &norms)
                iris_tensor_moving_average(0.3, w, count, &m)
                return w + m + v + g.map { $0 / 1000 } + norms.map { Float($0 / Double(count)) / 1000 }
            })
    }

    /// Rounding to bfloat16 is exact where the value has 8 bits, goes to the even neighbour at ties, and keeps NaN.
    @Test func bfloat16Rounding() {
        let values: [Float] = [
            1, -1.5, 1 + 0x1p-8, 1 + 0x1p-7 + 0x1p-8, 1 + 0x1p-8 + 0x1p-20, .greatestFiniteMagnitude, .infinity, -0.0,
            .nan, 0x1p-130, 7,
        ]
        let expected: [Float] = [1, -1.5, 1, 1 + 0x1p-6, 1 + 0x1p-7, .infinity, .infinity, -0.0, .nan, 0x1p-130, 7]
        for limit in Self.limits {
            iris_limit_instruction_set(limit)
            defer { iris_limit_instruction_set(IRIS_AVX512) }
            for count in [values.count, 3] {
                var half = [UInt16](repeating: 0, count: count), back = [Float](repeating: 0, count: count)
                iris_tensor_to_bfloat16(values, count, &half)
                iris_tensor_from_bfloat16(half, count, &back)
                for (a, b) in zip(back, expected) { #expect(a == b || (a.isNaN && b.isNaN)) }
            }
        }
    }
}
