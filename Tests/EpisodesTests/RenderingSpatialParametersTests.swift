import Episodes
import FoundationEssentials
import Testing
import Volumes

@Suite struct RenderingSpatialParametersTests {
    let shape = try! GridShape(9, 7, 5)
    let cubic = try! Spacing(1, 1, 1)

    private func close(_ a: SIMD3<Double>, _ b: SIMD3<Double>, _ tolerance: Double = 1e-12) -> Bool {
        let d = a - b
        return max(abs(d.x), abs(d.y), abs(d.z)) < tolerance
    }

    /// The middle voxel of a 9x7x5 patch is (4, 3, 2); whatever is done about the centre, it stays there.
    @Test func centreStaysUnderRotationScaleShearAndFlip() {
        var p = SpatialParameters(centre: SIMD3(20, 30.5, 40))
        p.rotation = SIMD3(0.3, -0.7, 1.1)
        p.scale = SIMD3(0.8, 1.2, 1.5)
        p.shear = SIMD3(0.1, -0.2, 0.3)
        p.flips = Flips(i: true, k: true)
        let map = p.voxelMap(shape: shape, sourceSpacing: try! Spacing(1, 2, 3))
        #expect(close(map(SIMD3(4, 3, 2)), SIMD3(20, 30.5, 40)))
    }

    /// A quarter turn about k takes i to j and j to -i; about i, j to k; about j, k to i (right-handed).
    @Test func quarterTurns() {
        let cases: [(rotation: SIMD3<Double>, from: SIMD3<Double>, to: SIMD3<Double>)] = [
            (SIMD3(0, 0, .pi / 2), SIMD3(1, 0, 0), SIMD3(0, 1, 0)),
            (SIMD3(0, 0, .pi / 2), SIMD3(0, 1, 0), SIMD3(-1, 0, 0)),
            (SIMD3(.pi / 2, 0, 0), SIMD3(0, 1, 0), SIMD3(0, 0, 1)),
            (SIMD3(0, .pi / 2, 0), SIMD3(0, 0, 1), SIMD3(1, 0, 0)),
            // Order: about i first (j to k), then about j (k to i).
            (SIMD3(.pi / 2, .pi / 2, 0), SIMD3(0, 1, 0), SIMD3(1, 0, 0)),
            // About j first would leave j alone; about k last takes the k that i's turn made nowhere.
            (SIMD3(.pi / 2, 0, .pi / 2), SIMD3(0, 1, 0), SIMD3(0, 0, 1)),
        ]
        for (rotation, from, to) in cases {
            var p = SpatialParameters(centre: .zero)
            p.rotation = rotation
            let map = p.voxelMap(shape: shape, sourceSpacing: cubic)
            #expect(close(map(SIMD3(4, 3, 2) + from), to), "\(rotation) \(from)")
        }
    }

    /// Rotation acts on millimetres: points at equal distance from the centre stay so although the voxels are not cubes.
    @Test func anisotropicSpacingKeepsDistances() {
        let spacing = try! Spacing(0.7, 1.3, 5)
        var p = SpatialParameters(centre: SIMD3(11, 12, 13))
        p.rotation = SIMD3(0.4, 0.9, -0.6)
        let map = p.voxelMap(shape: shape, sourceSpacing: spacing)
        for offset in [SIMD3(2.0, 0, 0), SIMD3(0, -3.0, 1), SIMD3(1, 1, -2.0)] {
            let before = offset * spacing.components
            let after = (map(SIMD3(4, 3, 2) + offset) - SIMD3(11, 12, 13)) * spacing.components
            #expect(abs((before * before).sum() - (after * after).sum()) < 1e-10)
        }
    }

    /// Volumes change by the product of the scales and spacings' ratio; rotation and shear keep them, flips turn the sign.
    @Test func determinantIsScaleAndFlip() {
        var p = SpatialParameters(centre: .zero)
        p.rotation = SIMD3(0.4, 0.9, -0.6)
        p.scale = SIMD3(0.5, 2, 3)
        p.shear = SIMD3(0.3, 0.2, 0.1)
        p.flips = Flips(j: true)
        let m = p.voxelMap(shape: shape, sourceSpacing: try! Spacing(2, 2, 2), patchSpacing: cubic)
        let c = SIMD3(
            m.columnJ.y * m.columnK.z - m.columnJ.z * m.columnK.y,
            m.columnJ.z * m.columnK.x - m.columnJ.x * m.columnK.z,
            m.columnJ.x * m.columnK.y - m.columnJ.y * m.columnK.x)
        #expect(abs((m.columnI * c).sum() + 3.0 / 8) < 1e-12)
    }

    /// 3 mm along a source axis of 1.5 mm voxels is 2 voxels; shear i per j moves i by 0.25 for each step along j.
    @Test func translationAndShear() {
        var p = SpatialParameters(centre: SIMD3(10, 10, 10))
        p.translation = SIMD3(3, 0, -1.5)
        p.shear = SIMD3(0.25, 0, 0)
        let map = p.voxelMap(shape: shape, sourceSpacing: try! Spacing(1.5, 1.5, 1.5))
        #expect(close(map(SIMD3(4, 3, 2)), SIMD3(12, 10, 9)))
        #expect(close(map(SIMD3(4, 5, 2)), SIMD3(12.5, 12, 9)))
    }

    @Test func inverseUndoesTheMap() throws {
        var p = SpatialParameters(centre: SIMD3(20, 30.5, 40))
        p.rotation = SIMD3(0.3, -0.7, 1.1)
        p.scale = SIMD3(0.8, 1.2, 1.5)
        let map = p.voxelMap(shape: shape, sourceSpacing: try! Spacing(1, 2, 3))
        #expect(close(try #require(map.inverse(map(SIMD3(1.25, -3, 8)))), SIMD3(1.25, -3, 8)))
        let flat = VoxelMap(columnI: SIMD3(1, 0, 0), columnJ: SIMD3(2, 0, 0), columnK: SIMD3(0, 0, 1), origin: .zero)
        #expect(flat.inverse(.zero) == nil)
    }
}
