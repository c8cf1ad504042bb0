import Testing
import Volumes

@Suite struct AffineTests {
    @Test func worldAndVoxelAreInverse() throws {
        let affine = try Affine(rows: [[0.9, 0.1, 0, -30], [-0.1, 1.8, 0.3, 12], [0, 0.2, 2.5, 7]])
        let place = SIMD3(3.25, -1.5, 11)
        let back = affine.voxel(affine.world(place))
        #expect((0..<3).allSatisfy { abs(back[$0] - place[$0]) < 1e-12 })
    }

    @Test func singularAffinesAreRefused() {
        #expect(throws: GeometryError.self) { try Affine(rows: [[1, 2, 0, 0], [1, 2, 0, 0], [0, 0, 1, 0]]) }
        #expect(throws: GeometryError.self) { try Affine(rows: [[1, 0, 0, .nan], [0, 1, 0, 0], [0, 0, 1, 0]]) }
    }

    /// KiTS19 stores slices first: its first axis grows downwards, the second to the back, the third to the left.
    @Test func orientationOfKnownLayouts() throws {
        let kits = try Affine(rows: [[0, 0, -0.9, 0], [0, -0.9, 0, 0], [-3, 0, 0, 0]])
        #expect(kits.orientation.description == "IPL")
        #expect(kits.spacing == (try Spacing(3, 0.9, 0.9)))
        #expect(Affine(spacing: try Spacing(1, 2, 3)).orientation == .ras)
        #expect(Orientation("LPS")?.description == "LPS")
        #expect(Orientation("LRS") == nil)
    }

    /// A rotation by 30 degrees about z leaves the nearest axes in place; by 60 degrees i follows y and j follows -x.
    @Test(arguments: [(30.0, "RAS"), (60.0, "ALS"), (-60.0, "PRS")])
    func orientationOfRotations(degrees: Double, codes: String) throws {
        let s = sine(degrees), c = sine(90 - degrees)
        let affine = try Affine(rows: [[c, -s, 0, 0], [s, c, 0, 0], [0, 0, 1, 0]])
        #expect(affine.orientation.description == codes)
    }

    private func sine(_ degrees: Double) -> Double {
        degrees < 0 ? -sine(-degrees) : degrees == 30 ? 0.5 : degrees == 60 ? 0.75.squareRoot() : sine(180 - degrees)
    }
}
