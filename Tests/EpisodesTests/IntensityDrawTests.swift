import Episodes
import Testing
import Volumes

/// The numbers of intensity steps, as plans have them.
@Suite struct IntensityDrawTests {
    /// The steps of 300 queries under a configuration of one step.
    private func steps(_ step: String) throws -> [IntensityStep] {
        let configuration = try EpisodeConfiguration(
            text: "format: 1\npatch: {size: [24, 20, 16]}\nclasses: {minimumVoxels: 8}\nintensity:\n  - \(step)\n",
            file: "test")
        let sampler = try EpisodeSampler(
            catalogue: SyntheticStore.shared.catalogue, configuration: configuration, seed: 5)
        return try (UInt64(0)..<300).flatMap { try sampler.plan($0).query.intensity }
    }

    /// Uniform numbers of a range: all inside, as many in each quarter as chance gives. 75 are expected of 300, with a
    /// deviation of 7.5.
    private func expectUniform(
        _ values: [Double], _ lower: Double, _ upper: Double, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(values.count == 300, sourceLocation: sourceLocation)
        #expect(values.allSatisfy { $0 >= lower && $0 <= upper }, sourceLocation: sourceLocation)
        for quarter in 0..<4 {
            let low = lower + (upper - lower) * Double(quarter) / 4, high = low + (upper - lower) / 4
            let found = values.count { $0 >= low && $0 < high }
            #expect((38...112).contains(found), "quarter \(quarter)", sourceLocation: sourceLocation)
        }
    }

    @Test func singleNumbersFillTheirRanges() throws {
        expectUniform(
            try steps("brightnessMultiply: {probability: 1, factor: [0.7, 1.3]}").compactMap {
                if case .brightnessMultiply(let factor) = $0 { factor } else { nil }
            }, 0.7, 1.3)
        expectUniform(
            try steps("brightnessAdd: {probability: 1, offset: [-2, 1]}").compactMap {
                if case .brightnessAdd(let offset) = $0 { offset } else { nil }
            }, -2, 1)
        expectUniform(
            try steps("contrast: {probability: 1, factor: [0.5, 1.5]}").compactMap {
                if case .contrast(let factor, _) = $0 { factor } else { nil }
            }, 0.5, 1.5)
        expectUniform(
            try steps("gamma: {probability: 1, exponent: [0.6, 1.8]}").compactMap {
                if case .gamma(let exponent, _, _) = $0 { exponent } else { nil }
            }, 0.6, 1.8)
        expectUniform(
            try steps("ricianNoise: {probability: 1, sigma: [0.1, 0.3]}").compactMap {
                if case .ricianNoise(let sigma, _, _) = $0 { sigma } else { nil }
            }, 0.1, 0.3)
        expectUniform(
            try steps("sharpening: {probability: 1, amount: [0.2, 0.9], sigma: [0.5, 1]}").compactMap {
                if case .sharpening(let amount, _) = $0 { amount } else { nil }
            }, 0.2, 0.9)
    }

    /// Coefficients lie within the strength, 20 of them; their mean square is a third of the mean square strength.
    @Test func biasFieldsFollowTheirStrength() throws {
        let fields = try steps("biasField: {probability: 1, strength: [0.2, 0.4]}").compactMap {
            if case .biasField(let coefficients, _) = $0 { coefficients } else { nil }
        }
        #expect(fields.count == 300 && fields.allSatisfy { $0.count == 20 })
        let all = fields.flatMap(\.self), square = all.reduce(0) { $0 + $1 * $1 } / Double(all.count)
        #expect(all.allSatisfy { abs($0) <= 0.4 } && all.contains { $0 > 0.3 } && all.contains { $0 < -0.3 })
        // (0.4³ - 0.2³) / (3 · 0.2) / 3 = 0.0311.
        #expect(abs(square - 0.0311) < 0.002)
    }

    @Test(arguments: [false, true]) func axesAreDrawnTogetherOrEach(anisotropic: Bool) throws {
        for (name, key, lower, upper) in [("gaussianBlur", "sigma", 0.5, 1.5), ("lowResolution", "factor", 0.4, 1.0)] {
            let drawn = try steps(
                "\(name): {probability: 1, \(key): [\(lower), \(upper)], anisotropic: \(anisotropic)}"
            )
            .compactMap { step -> SIMD3<Double>? in
                switch step {
                case .gaussianBlur(let sigma): sigma
                case .lowResolution(let factor): factor
                default: nil
                }
            }
            for axis in 0..<3 { expectUniform(drawn.map { $0[axis] }, lower, upper) }
            #expect(drawn.count { $0.x == $0.y && $0.y == $0.z } == (anisotropic ? 0 : 300))
        }
    }

    /// Boxes lie inside the patch and reach its ends; their sides are the asked-for fractions, to half a voxel.
    @Test func boxesLieInThePatch() throws {
        let drawn = try steps("cutOut: {probability: 1, count: [1, 3], side: [0.2, 0.5]}").compactMap {
            if case .cutOut(let boxes, _) = $0 { boxes } else { nil }
        }
        #expect(drawn.count == 300 && Set(drawn.map(\.count)) == [1, 2, 3])
        let shape = try GridShape(24, 20, 16), boxes = drawn.flatMap(\.self)
        #expect(boxes.allSatisfy { $0.fits(in: shape) })
        for axis in 0..<3 {
            let length = Double(shape.components[axis]), sizes = boxes.map { Double($0.size[axis]) }
            #expect(sizes.min()! == (0.2 * length).rounded() && sizes.max()! == (0.5 * length).rounded())
            #expect(
                boxes.contains { $0.lower[axis] == 0 } && boxes.contains { $0.upper[axis] == shape.components[axis] })
        }
    }

    @Test func stepsComeAsOftenAsTheirProbability() throws {
        let found = try steps("brightnessMultiply: {probability: 0.3, factor: [0.7, 1.3]}").count
        // 90 with a deviation of 8.
        #expect((50...130).contains(found))
    }
}
