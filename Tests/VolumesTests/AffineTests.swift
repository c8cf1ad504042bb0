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

    /// Turned so far that two array axes follow the same world axis most closely: the clearest axis has the first choice.
    /// The codes are those of nibabel 5.4.2 (`aff2axcodes`).
    @Test(arguments: [
        ([[-0.625, -1.134, -1.611], [-0.631, 1.544, -0.243], [0.46, 0.576, -2.52]], "LAI"),
        ([[-0.43, 1.324, -1.842], [0.023, -1.344, -2.22], [-0.903, -0.666, 0.822]], "IRP"),
        ([[-0.387, -1.186, 2.118], [-0.756, 1.286, 0.378], [-0.529, -0.97, -2.091]], "PIR"),
        ([[-0.573, 1.212, 1.656], [-0.311, 0.926, -2.49], [-0.758, -1.294, -0.231]], "IRP"),
    ]) func orientationWhereAxesCompete(rows: [[Double]], codes: String) throws {
        #expect(try Affine(rows: rows.map { $0 + [0] }).orientation.description == codes)
    }

    @Test func boxesGrowUpToTheEdges() throws {
        let box = VoxelBox(lower: SIMD3(3, 1, 0), upper: SIMD3(5, 6, 9)), shape = try GridShape(20, 7, 9)
        #expect(
            box.expanded(by: SIMD3(2, 3, 1), within: shape)
                == VoxelBox(lower: SIMD3(1, 0, 0), upper: SIMD3(7, 7, 9)))
    }

    private func sine(_ degrees: Double) -> Double {
        degrees < 0 ? -sine(-degrees) : degrees == 30 ? 0.5 : degrees == 60 ? 0.75.squareRoot() : sine(180 - degrees)
    }
}
