import RandomNumbers
import Tensors
import Testing

@Suite struct ResamplingTests {
    /// Where fine index i of an axis falls between coarse voxels, without aligned corners.
    static func taps(_ i: Int, _ factor: Int, _ count: Int) -> [(Int, Double)] {
        let position = max(0, (Double(i) + 0.5) / Double(factor) - 0.5), low = Int(position)
        return [(low, 1 - (position - Double(low))), (min(low + 1, count - 1), position - Double(low))]
    }

    static func upsample(_ x: Grid, _ factor: [Int]) -> Grid {
        var y = Grid(zeros: [
            x.shape[0], x.shape[1] * factor[0], x.shape[2] * factor[1], x.shape[3] * factor[2], x.shape[4],
        ])
        for n in 0..<x.shape[0] {
            for d in 0..<y.shape[1] {
                for h in 0..<y.shape[2] {
                    for w in 0..<y.shape[3] {
                        for (z, wz) in taps(d, factor[0], x.shape[1]) {
                            for (yy, wy) in taps(h, factor[1], x.shape[2]) {
                                for (xx, wx) in taps(w, factor[2], x.shape[3]) {
                                    for c in 0..<x.shape[4] { y[n, d, h, w, c] += wz * wy * wx * x[n, z, yy, xx, c] }
                                }
                            }
                        }
                    }
                }
            }
        }
        return y
    }

    @Test(arguments: [[1, 1, 1, 1, 3], [2, 3, 1, 4, 5], [1, 2, 3, 2, 16], [2, 1, 5, 3, 33]], [1, 6, 16])
    func upsamplingWithSkip(shape: [Int], skip: Int) throws {
        let fine = [shape[0], 2 * shape[1], 2 * shape[2], 2 * shape[3], skip]
        let check = try GradientCheck(
            [.variable(shape), .variable(fine)],
            operation: { tape, x, _ in try tape.upsampled(x[0], concatenatedWith: x[1]) },
            naive: { g in
                let up = Self.upsample(g[0], [2, 2, 2])
                var y = Grid(zeros: Array(fine[0...3]) + [shape[4] + skip])
                for v in 0..<fine[0...3].reduce(1, *) {
                    for c in 0..<shape[4] { y.values[v * (shape[4] + skip) + c] = up.values[v * shape[4] + c] }
                    for c in 0..<skip { y.values[v * (shape[4] + skip) + shape[4] + c] = g[1].values[v * skip + c] }
                }
                return y
            })
        #expect(check.outputError < 1e-6)
        #expect(check.gradientError < 2e-6)
    }

    /// <U x, y> = <x, U^T y>, with U the naive upsampling by any whole factors.
    @Test(arguments: [[1, 1, 1], [2, 2, 2], [4, 8, 2], [3, 1, 5], [8, 8, 8]])
    func maskAdjoint(factor: [Int]) throws {
        let coarse = [2, 3, 1]
        var generator = Philox(key: 3)
        let x = Grid([1] + coarse + [1], (0..<6).map { _ in generator.normal() })
        let size = zip(coarse, factor).map(*), masks = 2
        let y = (0..<masks * size.reduce(1, *)).map { _ in Float(generator.uniform()) }
        let adjoint = try Engine.shared.run {
            try Engine.shared.upsamplingAdjoint(of: Tensor(y, shape: [masks] + size), to: coarse).values
        }
        let up = Self.upsample(x, factor).values
        for mask in 0..<masks {
            let left = up.indices.reduce(0.0) { $0 + up[$1] * Double(y[mask * up.count + $1]) }
            let right = x.values.indices.reduce(0.0) { $0 + x.values[$1] * Double(adjoint[mask * 6 + $1]) }
            #expect(abs(left - right) < 1e-5 * max(1, abs(left)))
            let total = y[mask * up.count..<(mask + 1) * up.count].reduce(0.0) { $0 + Double($1) }
            #expect(abs(adjoint[mask * 6..<mask * 6 + 6].reduce(0.0) { $0 + Double($1) } - total) < 1e-5 * total)
        }
    }

    /// A grid that is linear in its indices has block means that are linear too.
    @Test func blockMeans() throws {
        let size = [4, 6, 10], factor = [2, 3, 5], coarse = [2, 2, 2]
        var fine: [Float] = []
        for z in 0..<size[0] {
            for y in 0..<size[1] { for x in 0..<size[2] { fine.append(Float(100 * z + 10 * y + x)) } }
        }
        let means = try Engine.shared.run {
            try Engine.shared.blockMeans(of: Tensor(fine, shape: [1] + size), to: coarse).values
        }
        for (index, mean) in means.enumerated() {
            let place = [index / 4, index / 2 % 2, index % 2]
            let centre = zip(place, factor).map { (Float($0) + 0.5) * Float($1) - 0.5 }
            #expect(abs(mean - (100 * centre[0] + 10 * centre[1] + centre[2])) < 1e-3)
        }
    }

    @Test func shapesThatDoNotFit() {
        let message = Engine.shared.run {
            let tape = Tape()
            do {
                _ = try tape.upsampled(
                    tape.constant(Tensor(zeros: [1, 2, 2, 2, 4])),
                    concatenatedWith: tape.constant(Tensor(zeros: [1, 4, 4, 5, 4])))
                return "no error"
            } catch { return "\(error)" }
        }
        #expect(
            message == """
                upsampling: the input has shape [1, 2, 2, 2, 4] and the skip connection [1, 4, 4, 5, 4], but both must be \
                N, D, H, W, C with the skip twice as large along D, H and W.
                """)
    }
}
