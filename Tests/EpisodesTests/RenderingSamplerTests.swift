import CKernels
import Episodes
import Glibc
import Testing
import VolumeStore
import Volumes

/// Every place of a patch by the formula, in double precision, voxel by voxel.
private struct Reference {
    var image: [Double] = []
    var label: [UInt8] = []
    /// Where rounding of the place decides the label.
    var isTie: [Bool] = []

    init(_ plan: PatchPlan, _ volume: RenderingSourceVolume, pad: Double? = nil) {
        let displacement = plan.elastic.map { ReferenceSpline($0, plan.shape) }
        for k in 0..<plan.shape.k {
            for j in 0..<plan.shape.j {
                for i in 0..<plan.shape.i {
                    var p = plan.map(SIMD3(Double(i), Double(j), Double(k)))
                    if let displacement { p += displacement.at(i, j, k) }
                    image.append(volume.linear(p, pad: pad))
                    label.append(volume.nearestLabel(p))
                    let shifted = p + 0.5, d = shifted - shifted.rounded(.toNearestOrEven)
                    isTie.append(min(abs(d.x), abs(d.y), abs(d.z)) < 2e-6)
                }
            }
        }
    }
}

/// The cubic B-spline by its definition: all 64 control points around each voxel.
private struct ReferenceSpline {
    let values: [Float]
    let points: SIMD3<Int>
    let shape: GridShape

    init(_ e: ElasticDeformation, _ shape: GridShape) {
        (values, points, self.shape) = (e.displacements(), e.controlPoints, shape)
    }

    /// B(x) of the centred cubic B-spline: 2/3 - x² + |x|³/2 within 1, (2 - |x|)³/6 within 2.
    static func basis(_ x: Double) -> Double {
        let a = abs(x)
        return a < 1 ? 2.0 / 3 - a * a + a * a * a / 2 : a < 2 ? (2 - a) * (2 - a) * (2 - a) / 6 : 0
    }

    func at(_ i: Int, _ j: Int, _ k: Int) -> SIMD3<Double> {
        let n = SIMD3<Double>(shape.components), p = SIMD3(Double(i), Double(j), Double(k))
        // Control point c sits at c - 1 on the axis u.
        let u = (p + 0.5) * (SIMD3<Double>(points) - 3) / n + 1
        func near(_ x: Double, _ count: Int) -> [(Int, Double)] {
            (max(0, Int(x) - 2)...min(count - 1, Int(x) + 3)).map { ($0, Self.basis(x - Double($0))) }
        }
        let alongI = near(u.x, points.x), alongJ = near(u.y, points.y)
        var sum = SIMD3<Double>.zero
        for (c, wc) in near(u.z, points.z) where wc != 0 {
            for (b, wb) in alongJ where wb != 0 {
                for (a, wa) in alongI where wa != 0 {
                    let at = a + points.x * (b + points.y * c), step = points.x * points.y * points.z
                    let d = SIMD3(Double(values[at]), Double(values[at + step]), Double(values[at + 2 * step]))
                    sum += d * (wa * wb * wc)
                }
            }
        }
        return sum
    }
}

/// Weights are rounded to 2^-14 along one axis, which makes 3.1e-5 of the difference of two voxels, at most the window of
/// 1491 HU or 4.8 deviations; places are off by 1e-6 voxel.
private let tolerance = 4.81 * 3.1e-5 + 3 * 4.81e-6

private func expectAgreement(
    _ plan: PatchPlan, _ volume: RenderingSourceVolume, pad: Double? = nil,
    _ location: SourceLocation = #_sourceLocation
) throws {
    let reference = Reference(plan, volume, pad: pad)
    try withEverySet {
        let found = try RenderedPatch(plan, volume)
        let error = zip(reference.image, found.image).map { abs($0 - Double($1)) }.max()!
        #expect(error < tolerance, "image off by \(error)", sourceLocation: location)
        let wrong = zip(zip(reference.label, found.label), reference.isTie).filter { $0.0 != $0.1 && !$1 }.count
        #expect(wrong == 0, "labels", sourceLocation: location)
        let bricks = volume.bricks
        let same = try withExtendedLifetime(bricks) { try RenderedPatch(plan, bricks.source, RenderWorkspace()) }
        #expect(same.image.map(\.bitPattern) == found.image.map(\.bitPattern), "bricks", sourceLocation: location)
        #expect(same.label == found.label, "labels from bricks", sourceLocation: location)
    }
}

/// Runs with each instruction set that the processor has. The limit is global, so callers run one after the other.
private func withEverySet(_ body: () throws -> Void) rethrows {
    defer { iris_limit_instruction_set(IRIS_AVX512) }
    for set in [IRIS_PORTABLE, IRIS_AVX2, IRIS_AVX512] where set.rawValue <= iris_instruction_set_available().rawValue {
        iris_limit_instruction_set(set)
        try body()
    }
}

private func plan(
    _ volume: RenderingSourceVolume, _ shape: GridShape, _ change: (inout SpatialParameters) -> Void = { _ in }
) -> PatchPlan {
    var p = SpatialParameters(centre: SIMD3<Double>(volume.shape.components &- 1) / 2)
    change(&p)
    return PatchPlan(
        source: CaseKey(dataset: "test", name: "a"), shape: shape,
        map: p.voxelMap(shape: shape, sourceSpacing: try! Spacing(1.5, 1.5, 1.5)))
}

@Suite(.serialized) struct RenderingSamplerTests {
    let volume = RenderingSourceVolume(try! GridShape(53, 41, 37))
    let shape = try! GridShape(33, 19, 21)

    @Test(
        arguments: [
            (SIMD3(0.5, 0.5, 0.5), SIMD3(1.0, 1, 1)), (SIMD3(-0.15, 0.1, 0.2), SIMD3(0.8, 1.2, 1.0)),
            (SIMD3(0, 0, .pi / 4), SIMD3(1.3, 1.3, 1.3)), (SIMD3(1.3, -0.9, 2.8), SIMD3(2.2, 2.4, 1.9)),
        ])
    func rotationAndScale(rotation: SIMD3<Double>, scale: SIMD3<Double>) throws {
        try expectAgreement(
            plan(volume, shape) {
                $0.rotation = rotation
                $0.scale = scale
                $0.translation = SIMD3(1.1, -2.3, 0.4)
            }, volume)
    }

    /// Scales above 4 have boxes that no stage holds; the direct way must give the same answer.
    @Test func scalesTooLargeToStage() throws {
        for scale in [5.5, 9, 40] {
            try expectAgreement(
                plan(volume, shape) {
                    $0.rotation = SIMD3(0.5, 0.4, 0.3)
                    $0.scale = SIMD3(repeating: scale)
                }, volume)
        }
    }

    @Test func shearAndAnisotropicSpacing() throws {
        var p = SpatialParameters(centre: SIMD3(30, 20, 18))
        p.rotation = SIMD3(0.2, -0.3, 0.4)
        p.shear = SIMD3(0.2, -0.1, 0.15)
        let map = p.voxelMap(shape: shape, sourceSpacing: try Spacing(0.8, 1.2, 3), patchSpacing: try Spacing(1, 1, 2))
        try expectAgreement(PatchPlan(source: CaseKey(dataset: "t", name: "a"), shape: shape, map: map), volume)
    }

    /// Maps without rotation take the fast path: scale, flips, shifts by part of a voxel, patches over every border.
    @Test(arguments: [
        SIMD3(1.0, 1, 1), SIMD3(0.7, 0.9, 1.1), SIMD3(1.9, 2.0, 1.3), SIMD3(2.5, 1, 1), SIMD3(0.05, 1, 3),
    ])
    func axisAligned(scale: SIMD3<Double>) throws {
        for flips in [Flips(), Flips(i: true, j: true), Flips(i: true, k: true), Flips(j: true, k: true)] {
            for shift in [SIMD3(0.0, 0, 0), SIMD3(0.75, -0.3, 0.45), SIMD3(-31.5, 12, -20.25), SIMD3(40, -33, 25)] {
                try expectAgreement(
                    plan(volume, shape) {
                        $0.scale = scale
                        $0.flips = flips
                        $0.translation = shift * 1.5
                    }, volume)
            }
        }
    }

    @Test func elastic() throws {
        for (points, amplitude) in [(SIMD3(4, 4, 4), 3.0), (SIMD3(7, 9, 8), 6), (SIMD3(11, 6, 32), 12)] {
            var p = plan(volume, shape) { $0.rotation = SIMD3(0.3, -0.2, 0.1) }
            p.elastic = ElasticDeformation(
                controlPoints: points, amplitude: SIMD3(amplitude, amplitude / 2, amplitude), key: RandomKey(7))
            try expectAgreement(p, volume)
        }
    }

    /// Displacements so large that places leave 32 bits, and so rough that single boxes are too large.
    @Test func elasticBeyondTheStage() throws {
        for amplitude in [45.0, 80] {
            var p = plan(volume, shape)
            p.elastic = ElasticDeformation(
                controlPoints: SIMD3(24, 24, 24), amplitude: SIMD3(repeating: amplitude), key: RandomKey(8))
            try expectAgreement(p, volume)
        }
    }

    @Test func constantPaddingRunsTowardsTheConstant() throws {
        let outside = 0.75
        var p = plan(volume, shape) {
            $0.rotation = SIMD3(0.4, 0.5, 0.6)
            $0.translation = SIMD3(40, 30, 20)
        }
        p.padding = .constant(value: outside)
        // Stored steps are 0.5 / 310 of a deviation, so the constant is off by at most half of that.
        let raw = ((outside * 310 + 40 - 20) / 0.5).rounded()
        try expectAgreement(p, volume, pad: raw)
    }

    @Test func patchesOutsideHoldThePadding() throws {
        for rotation in [SIMD3(0.0, 0, 0), SIMD3(0.3, 0.2, 0.1)] {
            for far in [500.0, 1e5, 1e9, 1e300] {
                let p = plan(volume, shape) {
                    $0.rotation = rotation
                    $0.translation = SIMD3(-far, far, 0)
                }
                try withEverySet {
                    let found = try RenderedPatch(p, volume)
                    #expect(found.image.allSatisfy { abs(Double($0) - volume.normalised(-2022)) < 1e-6 })
                    #expect(found.label.allSatisfy { $0 == 0 })
                }
            }
        }
    }

    /// Volumes with an axis of one voxel, and patches larger than the volume.
    @Test(arguments: [[1, 20, 30], [20, 1, 30], [20, 30, 1], [1, 1, 1], [2, 3, 5]])
    func tinyVolumes(size: [Int]) throws {
        let small = RenderingSourceVolume(try GridShape(size[0], size[1], size[2]), labelBlock: 1)
        for rotation in [SIMD3(0.0, 0, 0), SIMD3(0.3, 0.2, 0.1)] {
            for patch in [try GridShape(1, 1, 1), try GridShape(40, 19, 35), try GridShape(17, 1, 8)] {
                try expectAgreement(plan(small, patch) { $0.rotation = rotation }, small)
            }
        }
    }

    /// One label nearly everywhere lets whole tiles be filled; the single voxel that differs must survive. 255 is a label like
    /// others, though blocks of bricks say "more than one" with it.
    @Test(arguments: [(9, 4), (255, 4), (4, 255), (255, 0)] as [(UInt8, UInt8)])
    func singleVoxelOfALabel(label: UInt8, elsewhere: UInt8) throws {
        for place in [0, volume.shape.count / 2 + 17, volume.shape.count - 1] {
            for n in 0..<volume.shape.count { volume.label[n] = n == place ? label : elsewhere }
            try expectAgreement(plan(volume, try GridShape(56, 43, 40)) { $0.rotation = SIMD3(0.01, 0.01, 0) }, volume)
        }
    }

    /// Blocks of 255 alone, of other labels alone and of both.
    @Test func manyBricksOfTheHighestLabel() throws {
        let large = RenderingSourceVolume(try! GridShape(101, 70, 43), seed: 6, labelBlock: 24)
        for n in 0..<large.shape.count where large.label[n] % 3 == 0 { large.label[n] = 255 }
        #expect((0..<large.shape.count).contains { large.label[$0] == 255 })
        for rotation in [SIMD3(0.0, 0, 0), SIMD3(0.5, 0.5, 0.5)] {
            try expectAgreement(plan(large, try! GridShape(41, 33, 26)) { $0.rotation = rotation }, large)
        }
    }

    /// A volume of several bricks along each axis, with labels large enough that whole tiles of them need no look.
    @Test func manyBricks() throws {
        let large = RenderingSourceVolume(try! GridShape(101, 70, 43), seed: 5, labelBlock: 24)
        for rotation in [SIMD3(0.0, 0, 0), SIMD3(0.5, 0.5, 0.5), SIMD3(-0.1, 0.2, 0.05)] {
            for scale in [0.6, 1.0, 1.7] {
                try expectAgreement(
                    plan(large, try! GridShape(41, 33, 26)) {
                        $0.rotation = rotation
                        $0.scale = SIMD3(repeating: scale)
                    }, large)
            }
        }
    }

    /// Bricks and blocks by their definition, voxel by voxel.
    @Test func bricksHoldTheVoxels() throws {
        let held = volume.bricks
        defer { withExtendedLifetime(held) {} }
        let bricks = held.source, (n, m) = (volume.shape, (2, 6, 5))
        guard case .bricks(let blocks?) = bricks.order else { throw CancellationError() }
        for k in 0..<n.k {
            for j in 0..<n.j {
                for i in 0..<n.i {
                    let brick = i / 32 + m.0 * (j / 8 + m.1 * (k / 8)), inner = i % 32 + 32 * (j % 8 + 8 * (k % 8))
                    #expect(bricks.image![2048 * brick + inner] == volume.image[n.offset(i, j, k)])
                    let labels = i / 32 + m.0 * (j / 16 + 3 * (k / 8)), place = i % 32 + 32 * (j % 16 + 16 * (k % 8))
                    #expect(bricks.label![4096 * labels + place] == volume.label[n.offset(i, j, k)])
                }
            }
        }
        for z in 0..<10 {
            for y in 0..<11 {
                for x in 0..<14 {
                    var found: Set<UInt8> = []
                    for k in 4 * z..<min(4 * z + 4, n.k) {
                        for j in 4 * y..<min(4 * y + 4, n.j) {
                            for i in 4 * x..<min(4 * x + 4, n.i) { found.insert(volume.label[n.offset(i, j, k)]) }
                        }
                    }
                    #expect(blocks[x + 14 * (y + 11 * z)] == (found.count == 1 ? found.first! : 255))
                }
            }
        }
    }

    /// The identity copies the source.
    @Test func identityCopies() throws {
        let p = PatchPlan(source: CaseKey(dataset: "t", name: "a"), shape: shape, map: VoxelMap(corner: SIMD3(5, 6, 7)))
        try withEverySet {
            let found = try RenderedPatch(p, volume)
            for (n, place) in [
                (0, (5, 6, 7)), (shape.offset(32, 18, 20), (37, 24, 27)), (shape.offset(3, 2, 1), (8, 8, 8)),
            ] {
                let (i, j, k) = place
                #expect(abs(Double(found.image[n]) - volume.normalised(volume.raw(i, j, k))) < 1e-6)
                #expect(found.label[n] == volume.label[volume.shape.offset(i, j, k)])
            }
        }
    }

    /// Sampling uses the same operations everywhere, so instruction sets differ in no bit.
    @Test func instructionSetsGiveTheSameBits() throws {
        var rotated = plan(volume, shape) { $0.rotation = SIMD3(0.5, 0.4, -0.3) }
        let aligned = plan(volume, shape) {
            $0.scale = SIMD3(0.83, 1.21, 1.0); $0.flips = Flips(i: true)
        }
        var elastic = rotated
        elastic.elastic = ElasticDeformation(
            controlPoints: SIMD3(8, 8, 8), amplitude: SIMD3(5, 5, 5), key: RandomKey(3))
        rotated.maskValues = [3]
        for p in [rotated, aligned, elastic] {
            var first: RenderedPatch?
            try withEverySet {
                let found = try RenderedPatch(p, volume)
                #expect(found.image.map(\.bitPattern) == (first ?? found).image.map(\.bitPattern))
                #expect(found.label == (first ?? found).label)
                first = first ?? found
            }
        }
    }
}
