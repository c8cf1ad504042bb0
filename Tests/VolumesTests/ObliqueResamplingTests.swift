import FoundationEssentials
import Testing
import Volumes

@Suite struct ObliqueResamplingTests {
    struct Recorded: Decodable {
        let shape, targetShape: [Int]
        let affine, targetAffine: [[Double]]
        let cubic, linear: [Double]
        let nearest: [UInt8]
    }

    static func noise(_ n: Int) -> Int16 { Int16(UInt32(truncatingIfNeeded: n &* 2_654_435_761) >> 21) - 1024 }

    /// Against SimpleITK, whose output record_oblique.py recorded. -5000 marks places outside of the source.
    @Test func agreesWithITK() throws {
        let url = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Recorded/oblique.json")
        let recorded = try JSONDecoder().decode(Recorded.self, from: Data(contentsOf: url))
        func grid(_ shape: [Int], _ affine: [[Double]]) throws -> Grid {
            Grid(shape: try GridShape(shape[0], shape[1], shape[2]), affine: try Affine(rows: affine))
        }
        let source = try grid(recorded.shape, recorded.affine)
        let target = try grid(recorded.targetShape, recorded.targetAffine)
        let image = try Volume(grid: source, voxels: (0..<source.shape.count).map(Self.noise))
        for (interpolation, expected) in [(Interpolation.cubic, recorded.cubic), (.linear, recorded.linear)] {
            let result = image.resampled(onto: target, interpolation: interpolation, outside: -5000)
            let worst = zip(result.voxels, expected).reduce(0.0) { max($0, abs(Double($1.0) - $1.1)) }
            #expect(worst < 0.02, "\(interpolation)")
            // A good part of the target lies inside of the source and a good part outside.
            #expect((500..<3300).contains(expected.filter { $0 != -5000 }.count))
        }
        let labels = try LabelMap(grid: source, voxels: image.voxels.map { UInt8((Int($0) + 1024) / 8) })
        #expect(labels.resampledNearest(onto: target).voxels == recorded.nearest)
    }

    /// On grids that are not turned, the separable passes and the 64 terms must agree.
    @Test(arguments: [Interpolation.cubic, .linear, .nearest])
    func agreesWithSeparablePasses(interpolation: Interpolation) throws {
        let grid = Grid(shape: try GridShape(21, 14, 9), affine: Affine(spacing: try Spacing(0.8, 1.1, 2.6)))
        let image = try Volume(grid: grid, voxels: (0..<grid.shape.count).map(Self.noise))
        let rule = ResamplingRule(inPlane: interpolation)
        let separable = try image.resampled(to: Spacing(1.5, 1.5, 1.5), rule: rule)
        let direct = image.resampled(onto: separable.grid, interpolation: interpolation, outside: .infinity)
        var compared = 0
        for (a, b) in zip(separable.voxels, direct.voxels) where b.isFinite {
            #expect(abs(a - b) < 0.01)
            compared += 1
        }
        #expect(compared > separable.voxels.count * 3 / 4)
    }

    /// The bounding box of a 10 x 10 x 10 mm cube of centres turned by 45 degrees about z is 10√2 mm wide in x and y.
    @Test func canonicalGridCoversAllCentres() throws {
        let h = 0.5.squareRoot()
        let affine = try Affine(rows: [[h, -h, 0, 5], [h, h, 0, 0], [0, 0, 1, -3]])
        let grid = Grid(shape: try GridShape(11, 11, 11), affine: affine)
        let covering = try grid.alongWorldAxes(spacing: Spacing(1, 1, 2))
        #expect(covering.orientation == .ras && covering.affine.shear == 0)
        // 14.14 mm need 15 steps of 1 mm, 10 mm need 5 steps of 2 mm.
        #expect(covering.shape == (try GridShape(16, 16, 6)))
        #expect(abs(covering.affine.origin.x - (5 - 10 * h)) < 1e-12 && covering.affine.origin.z == -3)
        let straight = Grid(shape: try GridShape(7, 8, 9), affine: Affine(spacing: try Spacing(0.7, 0.7, 3)))
        #expect(try straight.alongWorldAxes(spacing: straight.spacing) == straight)
    }

    /// A field that is linear in the world stays that field wherever it is sampled; cubic splines and linear interpolation
    /// reproduce it away from the boundary, where mirroring bends it.
    @Test(arguments: [Interpolation.cubic, .linear]) func linearFieldsStayLinear(interpolation: Interpolation) throws {
        let rows = [[0.9, -0.3, 0.2, 4], [0.4, 1.1, -0.1, -7], [-0.1, 0.3, 1.8, 2.0]]
        let grid = Grid(shape: try GridShape(30, 28, 26), affine: try Affine(rows: rows))
        func field(_ p: SIMD3<Double>) -> Double { 3 * p.x - 2 * p.y + 0.5 * p.z + 11 }
        var voxels: [Float] = []
        for k in 0..<26 {
            for j in 0..<28 {
                for i in 0..<30 {
                    voxels.append(Float(field(grid.affine.world(SIMD3(Double(i), Double(j), Double(k))))))
                }
            }
        }
        let result = try Volume(grid: grid, voxels: voxels).resampled(
            onto: grid.alongWorldAxes(spacing: Spacing(1.5, 1.5, 1.5)), interpolation: interpolation, outside: .nan)
        var compared = 0
        for k in 0..<result.grid.shape.k {
            for j in 0..<result.grid.shape.j {
                for i in 0..<result.grid.shape.i {
                    let world = result.grid.affine.world(SIMD3(Double(i), Double(j), Double(k)))
                    let place = grid.affine.voxel(world), size = SIMD3(30.0, 28, 26)
                    guard (0..<3).allSatisfy({ place[$0] > 9 && place[$0] < size[$0] - 10 }) else { continue }
                    // A bend at the boundary fades by 0.27 per voxel: below 1e-5 of itself after 9.
                    #expect(abs(Double(result[i, j, k]) - field(world)) < 2e-3)
                    compared += 1
                }
            }
        }
        #expect(compared > 100)
    }
}
