import CKernels
import Episodes
import RandomNumbers
import Testing
import VolumeStore
import Volumes

/// Each step's formula, in double precision, on a whole patch.
private struct ReferencePatch {
    let shape: GridShape
    var x: [Double]

    var mean: Double { x.reduce(0, +) / Double(x.count) }
    var deviation: Double {
        let m = mean
        return (x.reduce(0) { $0 + ($1 - m) * ($1 - m) } / Double(x.count)).squareRoot()
    }

    mutating func apply(_ step: IntensityStep) {
        switch step {
        case .brightnessMultiply(let factor): x = x.map { $0 * factor }
        case .brightnessAdd(let offset): x = x.map { $0 + offset }
        case .contrast(let factor, let keepRange):
            let m = mean, low = x.min()!, high = x.max()!
            x = x.map { ($0 - m) * factor + m }
            if keepRange { x = x.map { min(max($0, low), high) } }
        case .gamma(let exponent, let inverted, let retain):
            let m = mean, d = deviation
            if inverted { x = x.map { -$0 } }
            let low = x.min()!, range = x.max()! - low
            x = x.map { power(($0 - low) / range, exponent) * range + low }
            if inverted { x = x.map { -$0 } }
            if retain {
                let newMean = mean, newDeviation = deviation
                x = x.map { ($0 - newMean) / newDeviation * d + m }
            }
        case .biasField(let coefficients, let pivot):
            x = eachVoxel { i, j, k, value in
                func place(_ n: Int, _ count: Int) -> Double { count > 1 ? 2 * Double(n) / Double(count - 1) - 1 : 0 }
                let u = place(i, shape.i), v = place(j, shape.j), w = place(k, shape.k)
                var sum = 0.0, next = 0
                for a in 0...3 {
                    for b in 0...(3 - a) {
                        for c in 0...(3 - a - b) {
                            sum += coefficients[next] * power(u, a) * power(v, b) * power(w, c)
                            next += 1
                        }
                    }
                }
                return (value - pivot) * exponential(sum) + pivot
            }
        case .gaussianBlur(let sigma): x = blurred(sigma)
        case .sharpening(let amount, let sigma): x = zip(x, blurred(sigma)).map { $0 + amount * ($0 - $1) }
        case .lowResolution(let factor): lowerResolution(factor)
        case .cutOut(let boxes, let value):
            for box in boxes {
                x = eachVoxel { i, j, k, old in
                    let p = SIMD3(i, j, k)
                    return (0..<3).allSatisfy { p[$0] >= box.lower[$0] && p[$0] < box.upper[$0] } ? value : old
                }
            }
        case .gaussianNoise(let sigma, let key): x = eachVoxel { $3 + sigma * normal($0, $1, $2, part: 0, key) }
        case .ricianNoise(let sigma, let floor, let key):
            x = eachVoxel { i, j, k, value in
                let a = value - floor + sigma * normal(i, j, k, part: 0, key), b = sigma * normal(i, j, k, part: 1, key)
                return (a * a + b * b).squareRoot() + floor
            }
        }
    }

    private func eachVoxel(_ body: (Int, Int, Int, Double) -> Double) -> [Double] {
        x.enumerated().map { n, value in
            body(n % shape.i, n / shape.i % shape.j, n / (shape.i * shape.j), value)
        }
    }

    /// One axis after the other, as SciPy's gaussian_filter with mode "nearest" and truncate 4.
    private func blurred(_ sigma: SIMD3<Double>) -> [Double] {
        var values = x
        let strides = SIMD3(1, shape.i, shape.i * shape.j), sizes = shape.components
        for axis in 0..<3 where sigma[axis] > 0 {
            let radius = Int(4 * sigma[axis] + 0.5)
            let weights = (-radius...radius).map { exponential(-Double($0 * $0) / (2 * sigma[axis] * sigma[axis])) }
            let total = weights.reduce(0, +)
            let before = values
            for n in values.indices {
                let place = n / strides[axis] % sizes[axis]
                values[n] = zip(-radius...radius, weights).reduce(0) { sum, tap in
                    sum + before[n + (min(max(place + tap.0, 0), sizes[axis] - 1) - place) * strides[axis]] * tap.1
                        / total
                }
            }
        }
        return values
    }

    private mutating func lowerResolution(_ factor: SIMD3<Double>) {
        let sizes = shape.components
        func coarseSize(_ a: Int) -> Int { max(1, Int((Double(sizes[a]) * factor[a]).rounded())) }
        func source(_ c: Int, _ a: Int) -> Int { Int((Double(c) + 0.5) * Double(sizes[a]) / Double(coarseSize(a))) }
        let before = x
        x = eachVoxel { i, j, k, _ in
            var sum = 0.0
            let places = SIMD3(i, j, k)
            var first = SIMD3<Int>(), f = SIMD3<Double>()
            for a in 0..<3 {
                let place = (Double(places[a]) + 0.5) * Double(coarseSize(a)) / Double(sizes[a]) - 0.5
                let held = min(max(place, 0), Double(coarseSize(a) - 1))
                first[a] = Int(held)
                f[a] = held - Double(first[a])
            }
            for corner in 0..<8 {
                let d = SIMD3(corner & 1, corner >> 1 & 1, corner >> 2)
                var weight = 1.0, at = SIMD3<Int>()
                for a in 0..<3 {
                    weight *= d[a] == 1 ? f[a] : 1 - f[a]
                    at[a] = source(min(first[a] + d[a], coarseSize(a) - 1), a)
                }
                sum += weight * before[shape.offset(at.x, at.y, at.z)]
            }
            return sum
        }
    }

    /// The normal of one voxel as the header of the kernel states it, from Philox blocks of the Swift generator.
    private func normal(_ i: Int, _ j: Int, _ k: Int, part: UInt32, _ key: RandomKey) -> Double {
        let v = shape.offset(i, j, k), number = v / 16 % 4
        let block = Philox.block(key: key.value, counter: SIMD4(UInt32(16 * (v / 64) + v % 16), part, 0, 0))
        let a = number < 2 ? block.x : block.z, b = number < 2 ? block.y : block.w
        let uniform = (Double(a >> 8) + 1) / 16_777_216
        var r = (-2 * logarithm(uniform)).squareRoot()
        if b & 0x4000_0000 != 0 { r = -r }
        let angle = Double.pi / 2 * (Double(b & 0x3fff_ffff) - 536_870_912) / 1_073_741_824
        let wantsCosine = (number % 2 == 0) != (b >> 31 == 1)
        return r * (wantsCosine ? cosine(angle) : sine(angle))
    }
}

/// A smooth random patch with noise, rendered by copying a volume of that content, then changed by `steps`.
private func expectAgreement(
    _ steps: [IntensityStep], shape: GridShape, tolerance: Double = 1e-5, _ location: SourceLocation = #_sourceLocation
) throws {
    let volume = RenderingSourceVolume(shape, seed: 3)
    var plan = PatchPlan(source: CaseKey(dataset: "t", name: "a"), shape: shape, map: VoxelMap(corner: .zero))
    var reference = ReferencePatch(shape: shape, x: try RenderedPatch(plan, volume).image.map(Double.init))
    for step in steps { reference.apply(step) }
    plan.intensity = steps
    defer { iris_limit_instruction_set(IRIS_AVX512) }
    var first: [Float]?
    for set in [IRIS_PORTABLE, IRIS_AVX2, IRIS_AVX512] where set.rawValue <= iris_instruction_set_available().rawValue {
        iris_limit_instruction_set(set)
        let found = try RenderedPatch(plan, volume).image
        let error = zip(reference.x, found).map { abs($0 - Double($1)) }.max()!
        #expect(error < tolerance, "off by \(error) on instruction set \(set.rawValue)", sourceLocation: location)
        let difference = zip(first ?? found, found).map { abs($0 - $1) }.max()!
        #expect(difference <= 1e-5, "instruction sets differ by \(difference)", sourceLocation: location)
        first = first ?? found
    }
}

/// Sizes that are not multiples of 8 or 16, a plane that is, and axes of one voxel.
private let shapes = [[33, 20, 17], [32, 16, 9], [1, 7, 40], [70, 1, 1], [3, 2, 1]].map {
    try! GridShape($0[0], $0[1], $0[2])
}

@Suite(.serialized) struct RenderingIntensityTests {
    @Test(arguments: shapes) func brightness(shape: GridShape) throws {
        try expectAgreement([.brightnessMultiply(factor: 1.3), .brightnessAdd(offset: -0.4)], shape: shape)
        try expectAgreement([.brightnessMultiply(factor: -0.7)], shape: shape)
        try expectAgreement([.brightnessMultiply(factor: 0), .brightnessAdd(offset: 0.4)], shape: shape)
    }

    @Test(arguments: shapes) func contrast(shape: GridShape) throws {
        for factor in [0.6, 1.0, 1.7] {
            for keep in [true, false] {
                try expectAgreement([.contrast(factor: factor, keepRange: keep)], shape: shape)
            }
        }
        // The second has to know the mean of what the first has cut off.
        try expectAgreement([.contrast(factor: 1.8), .brightnessAdd(offset: 1), .contrast(factor: 0.5)], shape: shape)
        try expectAgreement(
            [.contrast(factor: 1.8), .brightnessMultiply(factor: -1.5), .contrast(factor: 1.3)], shape: shape)
    }

    @Test(arguments: shapes) func gamma(shape: GridShape) throws {
        for exponent in [0.5, 0.7, 1.5, 3] {
            for inverted in [false, true] {
                for retain in [false, true] {
                    try expectAgreement(
                        [.gamma(exponent: exponent, inverted: inverted, retainStatistics: retain)], shape: shape)
                }
            }
        }
        try expectAgreement(
            [
                .contrast(factor: 1.4), .gamma(exponent: 0.8), .brightnessAdd(offset: 0.2),
                .gamma(exponent: 1.3, inverted: true),
            ],
            shape: shape)
        try expectAgreement([.brightnessMultiply(factor: -1), .gamma(exponent: 2)], shape: shape)
    }

    /// A constant patch has no range: gamma leaves it, contrast leaves it, nothing becomes not-a-number.
    @Test func constantPatch() throws {
        let shape = try GridShape(20, 9, 5), volume = RenderingSourceVolume(shape)
        for n in 0..<shape.count { volume.image[n] = 100 }
        var plan = PatchPlan(source: CaseKey(dataset: "t", name: "a"), shape: shape, map: VoxelMap(corner: .zero))
        plan.intensity = [.gamma(exponent: 0.7), .contrast(factor: 2), .gamma(exponent: 1.5, inverted: true)]
        #expect(try RenderedPatch(plan, volume).image.allSatisfy { abs(Double($0) - volume.normalised(100)) < 1e-5 })
    }

    @Test(arguments: shapes) func biasField(shape: GridShape) throws {
        let coefficients = (0..<20).map { 0.3 * Double(($0 * 7) % 11 - 5) / 5 }
        try expectAgreement([.biasField(coefficients: coefficients, pivot: -3.3)], shape: shape, tolerance: 2e-5)
        try expectAgreement(
            [.contrast(factor: 1.5), .biasField(coefficients: coefficients, pivot: 0)], shape: shape, tolerance: 2e-5)
    }

    @Test(arguments: shapes) func blur(shape: GridShape) throws {
        for sigma in [
            SIMD3(0.5, 0.75, 1.0), SIMD3(1.5, 0, 0.3), SIMD3(0, 0, 0), SIMD3(0.1, 1.25, 2.0), SIMD3(3, 2.5, 4),
        ] {
            try expectAgreement([.gaussianBlur(sigma: sigma)], shape: shape)
        }
        try expectAgreement(
            [.contrast(factor: 1.6), .brightnessAdd(offset: 0.3), .gaussianBlur(sigma: SIMD3(0.6, 0.7, 0.8))],
            shape: shape)
        try expectAgreement(
            [
                .gamma(exponent: 0.8), .gaussianBlur(sigma: SIMD3(0.6, 0.7, 0.8)),
                .gaussianNoise(sigma: 0.3, key: RandomKey(4)),
            ],
            shape: shape)
    }

    @Test(arguments: shapes) func sharpening(shape: GridShape) throws {
        try expectAgreement([.sharpening(amount: 0.7, sigma: SIMD3(1, 0.5, 1.5))], shape: shape, tolerance: 2e-5)
        try expectAgreement(
            [.brightnessAdd(offset: 2), .sharpening(amount: 1.5, sigma: SIMD3(1, 1, 1))], shape: shape, tolerance: 2e-5)
    }

    @Test(arguments: shapes) func lowResolution(shape: GridShape) throws {
        for factor in [SIMD3(0.5, 0.5, 0.5), SIMD3(0.75, 1, 0.33), SIMD3(0.01, 0.9, 0.6), SIMD3(1, 1, 1)] {
            try expectAgreement([.contrast(factor: 1.2), .lowResolution(factor: factor)], shape: shape)
        }
    }

    @Test(arguments: shapes) func noise(shape: GridShape) throws {
        for key in [RandomKey(0), RandomKey(0x0123_4567_89ab_cdef), RandomKey(.max)] {
            try expectAgreement([.gaussianNoise(sigma: 0.5, key: key)], shape: shape)
            try expectAgreement(
                [.brightnessAdd(offset: 1), .ricianNoise(sigma: 0.4, floor: -3.3, key: key)], shape: shape)
        }
    }

    @Test(arguments: shapes) func cutOut(shape: GridShape) throws {
        let boxes = [
            VoxelBox(lower: SIMD3(0, 1, 0), upper: SIMD3(5, 3, 9)),
            VoxelBox(lower: SIMD3(30, 0, 3), upper: SIMD3(99, 99, 6)),
            VoxelBox(lower: SIMD3(4, 4, 4), upper: SIMD3(4, 4, 4)),
        ]
        try expectAgreement(
            [.brightnessAdd(offset: 1), .cutOut(boxes: boxes, value: -0.5), .contrast(factor: 0.9)], shape: shape)
    }

    /// Everything at once: what is only noted must reach the voxels in the right order.
    @Test(arguments: shapes) func wholeChain(shape: GridShape) throws {
        try expectAgreement(
            [
                .brightnessMultiply(factor: 1.1), .brightnessAdd(offset: -0.2), .contrast(factor: 1.25),
                .gamma(exponent: 0.8),
                .gaussianBlur(sigma: SIMD3(0.75, 0.75, 0.75)), .gaussianNoise(sigma: 0.1, key: RandomKey(9)),
                .lowResolution(factor: SIMD3(0.6, 0.6, 0.6)), .ricianNoise(sigma: 0.05, floor: -4, key: RandomKey(10)),
                .gamma(exponent: 1.2, inverted: true), .sharpening(amount: 0.4, sigma: SIMD3(1, 1, 1)),
                .contrast(factor: 0.8),
            ], shape: shape, tolerance: 5e-5)
    }

    @Test func rangesAreChecked() throws {
        let shape = try GridShape(4, 4, 4), volume = RenderingSourceVolume(shape)
        func message(_ change: (inout PatchPlan) -> Void) -> String {
            var plan = PatchPlan(source: CaseKey(dataset: "t", name: "a"), shape: shape, map: VoxelMap(corner: .zero))
            change(&plan)
            do {
                _ = try RenderedPatch(plan, volume)
                return "accepted"
            } catch { return "\(error)" }
        }
        #expect(message { _ in } == "accepted")
        #expect(
            message { $0.intensity = [.gamma(exponent: 0)] }
                == "patch plan: expected gamma exponent to be finite and positive but found 0.0. Correct the plan or the "
                + "episode configuration.")
        #expect(message { $0.map.origin.x = .nan }.contains("map's origin to be finite"))
        #expect(message { $0.intensity = [.gaussianBlur(sigma: SIMD3(0, 17, 0))] }.contains("0 to 16 voxels"))
        #expect(message { $0.intensity = [.biasField(coefficients: [1], pivot: 0)] }.contains("to be 20 but found 1"))
        #expect(message { $0.intensity = [.lowResolution(factor: SIMD3(0, 1, 1))] }.contains("above 0 and at most 1"))
        #expect(
            message {
                $0.elastic = ElasticDeformation(controlPoints: SIMD3(3, 4, 4), amplitude: .zero, key: RandomKey(0))
            }.contains("4 to 32 along each axis"))
    }
}
