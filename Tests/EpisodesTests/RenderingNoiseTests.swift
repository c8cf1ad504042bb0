import Episodes
import Testing
import VolumeStore
import Volumes

/// The noise of a patch of zeros is the generator's own output: is it standard normal, and independent between voxels?
@Suite struct RenderingNoiseTests {
    static let shape = try! GridShape(64, 61, 67)

    private func noise(_ steps: [IntensityStep]) throws -> [Double] {
        let volume = RenderingSourceVolume(try GridShape(2, 2, 2))
        var plan = PatchPlan(
            source: CaseKey(dataset: "t", name: "a"), shape: Self.shape, map: VoxelMap(corner: SIMD3(500, 0, 0)))
        // Far outside the source everything is padding; multiplied by 0 it is 0.
        plan.intensity = [.brightnessMultiply(factor: 0)] + steps
        return try RenderedPatch(plan, volume).image.map(Double.init)
    }

    @Test(arguments: [RandomKey(0), RandomKey(1), RandomKey(0xdead_beef_0123_4567)])
    func gaussianNoiseIsStandardNormal(key: RandomKey) throws {
        let x = try noise([.gaussianNoise(sigma: 1, key: key)])
        let n = Double(x.count)
        let mean = x.reduce(0, +) / n
        let m2 = x.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / n
        let m3 = x.reduce(0) { $0 + power($1 - mean, 3) } / n, m4 = x.reduce(0) { $0 + power($1 - mean, 4) } / n
        // Five standard errors of each: 1/sqrt n, sqrt(2/n), sqrt(6/n), sqrt(24/n).
        #expect(abs(mean) < 5 / n.squareRoot())
        #expect(abs(m2 - 1) < 5 * (2 / n).squareRoot())
        #expect(abs(m3 / power(m2.squareRoot(), 3)) < 5 * (6 / n).squareRoot())
        #expect(abs(m4 / (m2 * m2) - 3) < 5 * (24 / n).squareRoot())
        // Kolmogorov-Smirnov: the largest distance exceeds 2.2 / sqrt n with probability 2 exp(-2 · 2.2²) = 1e-4.
        let sorted = x.sorted()
        var distance = 0.0
        for (rank, value) in sorted.enumerated() {
            let p = normalDistribution(value)
            distance = max(distance, abs(p - Double(rank) / n), abs(p - Double(rank + 1) / n))
        }
        #expect(distance < 2.2 / n.squareRoot(), "KS distance \(distance)")
        // Voxels of one Philox block lie 16 apart, blocks 1, rows 64 and planes 64 · 61 apart.
        for lag in [1, 2, 15, 16, 17, 32, 48, 63, 64, 65, 128, 64 * 61] {
            let pairs = x.count - lag
            let r = (0..<pairs).reduce(0.0) { $0 + x[$1] * x[$1 + lag] } / Double(pairs)
            #expect(abs(r) < 5 / Double(pairs).squareRoot(), "lag \(lag): \(r)")
            // The two normals of a pair share a radius: squares would correlate if the angle were not uniform.
            let r2 =
                (0..<pairs).reduce(0.0) { $0 + (x[$1] * x[$1] - 1) * (x[$1 + lag] * x[$1 + lag] - 1) } / Double(pairs)
            #expect(abs(r2) < 5 * 2 / Double(pairs).squareRoot(), "squares at lag \(lag): \(r2)")
        }
    }

    /// At magnitude 0, Rician noise is Rayleigh: mean sigma sqrt(pi/2), mean square 2 sigma².
    @Test func ricianNoiseAtZeroIsRayleigh() throws {
        let sigma = 0.7, x = try noise([.ricianNoise(sigma: sigma, floor: 0, key: RandomKey(3))]), n = Double(x.count)
        let mean = x.reduce(0, +) / n, square = x.reduce(0) { $0 + $1 * $1 } / n
        #expect(abs(mean - sigma * (Double.pi / 2).squareRoot()) < 5 * 0.655 * sigma / n.squareRoot())
        #expect(abs(square - 2 * sigma * sigma) < 5 * 2 * sigma * sigma / n.squareRoot())
        #expect(x.allSatisfy { $0 >= 0 })
    }

    /// Different keys, even neighbouring ones, and the two parts of Rician noise share nothing.
    @Test func keysAreIndependent() throws {
        let a = try noise([.gaussianNoise(sigma: 1, key: RandomKey(40))])
        for other in [41, 40 + 1 << 32, 0] as [UInt64] {
            let b = try noise([.gaussianNoise(sigma: 1, key: RandomKey(other))])
            let r = zip(a, b).reduce(0.0) { $0 + $1.0 * $1.1 } / Double(a.count)
            #expect(abs(r) < 5 / Double(a.count).squareRoot())
        }
    }
}
