import CKernels
import Testing
import Volumes

/// What must hold whatever the interpolation kernels look like inside.
@Suite(.serialized) struct ResamplingPropertiesTests {
    /// Hash noise: no two neighbours alike.
    static func noise(_ n: Int) -> Int16 { Int16(UInt32(truncatingIfNeeded: n &* 2_654_435_761) >> 20) - 2048 }

    static func volume(_ i: Int, _ j: Int, _ k: Int, spacing: Spacing) throws -> Volume<Int16> {
        let grid = Grid(shape: try GridShape(i, j, k), affine: Affine(spacing: spacing, origin: SIMD3(4, -7, 20)))
        return try Volume(grid: grid, voxels: (0..<grid.shape.count).map(noise))
    }

    static func largestDifference(_ a: [Float], _ b: [Float]) -> Float {
        a.count == b.count ? zip(a, b).reduce(0) { max($0, abs($1.0 - $1.1)) } : .infinity
    }

    /// cos(π m k / (n - 1)) is its own mirror image about k = 0 and k = n - 1. The coefficients of such a wave of frequency
    /// ω = π m / (n - 1) are the wave itself times 6 / (4 + 2 cos ω), since beta3 takes the values 1/6, 4/6, 1/6 at whole
    /// numbers; so the spline's value anywhere is a sum of four terms.
    @Test(arguments: [2, 3, 17, 100, 331], [0, 1, 2])
    func wavesHaveTheirClosedForm(size: Int, axis: Int) throws {
        let modes = [0, 1, 2, 5, 11].filter { $0 < size }
        func coefficient(_ k: Int) -> Double {
            modes.reduce(0) { sum, m in
                let frequency = Double.pi * Double(m) / Double(size - 1)
                return sum + 700 * cosine(frequency * Double(k)) * 6 / (4 + 2 * cosine(frequency)) / Double(m + 1)
            }
        }
        func spline(_ place: Double) -> Double {
            let floor = Int(place.rounded(.down)), t = place - place.rounded(.down), u = 1 - t
            return
                (coefficient(floor - 1) * u * u * u + coefficient(floor) * (4 - 6 * t * t + 3 * t * t * t)
                + coefficient(floor + 1) * (4 - 6 * u * u + 3 * u * u * u) + coefficient(floor + 2) * t * t * t) / 6
        }
        var sizes = [3, 4, 5], spacings = [1.0, 1, 1], targets = [1.0, 1, 1]
        (sizes[axis], spacings[axis], targets[axis]) = (size, 0.83, 1.31)
        let grid = Grid(
            shape: try GridShape(sizes[0], sizes[1], sizes[2]),
            affine: Affine(spacing: try Spacing(spacings[0], spacings[1], spacings[2])))
        var source = try Volume(grid: grid, voxels: [Float](repeating: 0, count: grid.shape.count))
        for k in 0..<sizes[2] {
            for j in 0..<sizes[1] {
                for i in 0..<sizes[0] { source[i, j, k] = Float(spline(Double([i, j, k][axis]))) }
            }
        }
        for target in [targets[axis], 0.37] {
            targets[axis] = target
            let result = try source.resampled(to: try Spacing(targets[0], targets[1], targets[2]))
            var worst = 0.0
            for k in 0..<result.grid.shape.k {
                for j in 0..<result.grid.shape.j {
                    for i in 0..<result.grid.shape.i {
                        let expected = spline(Double([i, j, k][axis]) * target / 0.83)
                        worst = max(worst, abs(Double(result[i, j, k]) - expected))
                    }
                }
            }
            // Values reach 1500; 32-bit arithmetic leaves about 1e-7 of that per step.
            #expect(worst < 2e-3)
        }
    }

    private func cosine(_ x: Double) -> Double {
        // Enough terms after reduction to [-π, π]; keeps the test free of libm.
        let turns = (x / (2 * .pi)).rounded()
        let r = x - turns * 2 * .pi
        var term = 1.0, sum = 1.0
        for n in 1..<20 {
            term *= -r * r / Double((2 * n - 1) * (2 * n))
            sum += term
        }
        return sum
    }

    @Test func sameSpacingReturnsTheVoxels() throws {
        let volume = try Self.volume(19, 7, 5, spacing: Spacing(0.7, 0.7, 3))
        let result = try volume.resampled(to: volume.grid.spacing)
        #expect(result.grid == volume.grid)
        #expect(result.voxels == volume.voxels.map(Float.init))
        #expect(try volume.resampledAndQuantised(to: volume.grid.spacing, .identity).voxels == volume.voxels)
    }

    /// A spline passes through its samples, so twice the spacing keeps every second voxel, to the last bit.
    @Test func wholeStepsReturnSamples() throws {
        let volume = try Self.volume(21, 10, 7, spacing: Spacing(0.75, 0.5, 1.5))
        let result = try volume.resampledAndQuantised(to: Spacing(1.5, 1.5, 1.5), .identity)
        #expect(result.grid.shape == (try GridShape(10, 3, 7)))
        for k in 0..<7 {
            for j in 0..<3 { for i in 0..<10 { #expect(result[i, j, k] == volume[2 * i, 3 * j, k]) } }
        }
    }

    static let rules: [ResamplingRule] = [
        .cubic, .linear, .nearest, .paperCode, ResamplingRule(throughPlane: .coarseAxes(.linear, ratio: 2)),
        ResamplingRule(inPlane: .linear, throughPlane: .axis(0, .cubic)),
    ]

    @Test(arguments: rules) func boxEqualsCropOfTheWhole(rule: ResamplingRule) throws {
        let volume = try Self.volume(150, 171, 23, spacing: Spacing(0.8, 0.7, 2.3))
        for target in [try Spacing(1.5, 1.5, 1.5), try Spacing(0.5, 0.75, 3.1)] {
            let whole = try volume.resampled(to: target, rule: rule)
            let size = whole.grid.shape.components
            for box in [
                VoxelBox(lower: SIMD3(30, 41, 3), upper: SIMD3(67, size.y, 9)),
                VoxelBox(lower: size &- 1, upper: size), VoxelBox(lower: SIMD3(0, 11, 0), upper: SIMD3(size.x, 12, 5)),
            ] {
                let part = try volume.resampled(to: target, rule: rule, box: box)
                #expect(part.grid == whole.grid.cropped(to: box))
                var expected: [Float] = []
                for k in box.lower.z..<box.upper.z {
                    for j in box.lower.y..<box.upper.y {
                        for i in box.lower.x..<box.upper.x { expected.append(whole[i, j, k]) }
                    }
                }
                // Runs that start elsewhere differ in the last bits.
                #expect(Self.largestDifference(part.voxels, expected) < 4e-3)
            }
        }
    }

    @Test func floatsGiveWhatIntegersGive() throws {
        let integers = try Self.volume(70, 33, 18, spacing: Spacing(0.9, 1.1, 2.2))
        let floats = try Volume<Float>(grid: integers.grid, voxels: integers.voxels.map(Float.init))
        let target = try Spacing(1.5, 1.5, 1.5)
        for rule in Self.rules {
            #expect(
                try integers.resampled(to: target, rule: rule).voxels == floats.resampled(to: target, rule: rule).voxels
            )
        }
    }

    /// 16-bit results are the float results rounded once: never more than half a step away.
    @Test func quantisationRoundsTheFloats() throws {
        let volume = try Self.volume(70, 33, 18, spacing: Spacing(0.9, 1.1, 2.2))
        let target = try Spacing(1.5, 1.5, 1.5)
        let quantisation = Quantisation(slope: 0.125, intercept: -300)
        for rule in Self.rules {
            let floats = try volume.resampled(to: target, rule: rule)
            let stored = try volume.resampledAndQuantised(to: target, quantisation, rule: rule)
            let worst = zip(stored.voxels, floats.voxels).reduce(0.0) { worst, pair in
                let clamped = min(max(Double(pair.1), quantisation.intensity(.min)), quantisation.intensity(.max))
                return max(worst, abs(quantisation.intensity(pair.0) - clamped))
            }
            #expect(worst <= 0.0625 + 1e-3)
            let afterwards = floats.quantised(quantisation)
            #expect(zip(stored.voxels, afterwards.voxels).allSatisfy { abs(Int($0) - Int($1)) <= 1 })
        }
    }

    @Test func quantisingRoundsHalfToEvenAndSaturates() throws {
        let values: [Float] = [
            0.5, 1.5, 2.5, -0.5, -1.5, 40_000, -40_000, .infinity, -.infinity, .nan, 3.4e38, 12.4999,
        ]
        let grid = Grid(shape: try GridShape(values.count, 1, 1), affine: Affine(spacing: try Spacing(1, 1, 1)))
        let stored = try Volume(grid: grid, voxels: values).quantised(.identity).voxels
        #expect(stored == [0, 2, 2, 0, -2, 32767, -32768, 32767, -32768, -32768, 32767, 12])
    }

    @Test func labelsComeFromTheNearestVoxelAndABoxIsACrop() throws {
        let grid = Grid(shape: try GridShape(40, 30, 12), affine: Affine(spacing: try Spacing(0.7, 1.9, 2.5)))
        let labels = try LabelMap(
            grid: grid, voxels: (0..<grid.shape.count).map { UInt8(truncatingIfNeeded: Self.noise($0)) })
        let target = try Spacing(1.5, 1.5, 1.5)
        let whole = try labels.resampledNearest(to: target)
        for k in 0..<whole.grid.shape.k {
            for j in 0..<whole.grid.shape.j {
                for i in 0..<whole.grid.shape.i {
                    // The nearest centre by distance in mm, the higher index when two are equally near.
                    func nearest(_ o: Int, _ spacing: Double, _ size: Int) -> Int {
                        (0..<size).min { a, b in
                            let (x, y) = (
                                abs(Double(a) * spacing - Double(o) * 1.5), abs(Double(b) * spacing - Double(o) * 1.5)
                            )
                            return abs(x - y) < 1e-9 ? a > b : x < y
                        }!
                    }
                    #expect(whole[i, j, k] == labels[nearest(i, 0.7, 40), nearest(j, 1.9, 30), nearest(k, 2.5, 12)])
                }
            }
        }
        let box = VoxelBox(lower: SIMD3(3, 8, 2), upper: SIMD3(17, 30, 19))
        let part = try labels.resampledNearest(to: target, box: box)
        for k in 0..<17 { for j in 0..<22 { for i in 0..<14 { #expect(part[i, j, k] == whole[i + 3, j + 8, k + 2]) } } }
    }

    @Test func everyInstructionSetGivesTheSame() throws {
        defer { iris_limit_instruction_set(IRIS_AVX512) }
        let volume = try Self.volume(131, 150, 37, spacing: Spacing(0.8, 0.7, 2.3))
        for target in [try Spacing(1.5, 1.5, 1.5), try Spacing(0.6, 1.1, 5)] {
            for rule in Self.rules {
                iris_limit_instruction_set(IRIS_PORTABLE)
                let floats = try volume.resampled(to: target, rule: rule).voxels
                let stored = try volume.resampledAndQuantised(
                    to: target, Quantisation(slope: 0.25, intercept: 10), rule: rule)
                for limit in [IRIS_AVX2, IRIS_AVX512] {
                    iris_limit_instruction_set(limit)
                    #expect(Self.largestDifference(try volume.resampled(to: target, rule: rule).voxels, floats) < 4e-3)
                    let other = try volume.resampledAndQuantised(
                        to: target, Quantisation(slope: 0.25, intercept: 10), rule: rule)
                    #expect(zip(other.voxels, stored.voxels).allSatisfy { abs(Int($0) - Int($1)) <= 1 })
                }
            }
        }
    }

    @Test func rulesFindTheThroughPlaneAxis() throws {
        let thick = try Spacing(3.1, 1, 0.9)
        #expect(ResamplingRule.cubic.interpolations(for: thick) == [.cubic, .cubic, .cubic])
        let coarse = ResamplingRule(throughPlane: .coarseAxes(.nearest))
        #expect(coarse.interpolations(for: thick) == [.nearest, .cubic, .cubic])
        #expect(coarse.interpolations(for: try Spacing(2.7, 1, 0.9)) == [.cubic, .cubic, .cubic])
        #expect(ResamplingRule.paperCode.interpolations(for: thick) == [.cubic, .cubic, .nearest])
    }

    @Test func gridsTooLargeForMemoryAreRefused() throws {
        let volume = try Self.volume(4, 4, 4, spacing: Spacing(1, 1, 1))
        #expect(throws: GeometryError.self) { try volume.grid.resampled(to: Spacing(1e-12, 1, 1)) }
        #expect(throws: GeometryError.self) { try volume.grid.resampled(to: Spacing(1e-8, 1e-8, 1e-8)) }
    }
}
