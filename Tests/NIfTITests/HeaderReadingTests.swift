import NIfTI
import TestData
import Testing
import Volumes

@Suite struct HeaderReadingTests {
    private let folder: TemporaryFolder
    init() throws { folder = try TemporaryFolder() }

    private func header(_ file: SyntheticNIfTI, limits: NIfTILimits = .standard) throws -> NIfTIHeader {
        try NIfTIFile.readHeader(at: folder.write(file.encoded, as: "a.nii"), limits: limits)
    }

    @Test(arguments: [1, 2], [false, true]) func everyFieldInBothVersionsAndOrders(version: Int, isBigEndian: Bool)
        throws
    {
        var file = SyntheticNIfTI(Array(UInt16(0)..<24), datatype: 512, isBigEndian: isBigEndian)
        file.version = version
        file.slope = 0.5
        file.intercept = -7
        file.extensions = [(6, Array("a comment".utf8)), (44, [UInt8](repeating: 1, count: 30))]
        let header = try header(file)
        #expect(header.format == (version == 1 ? .nifti1 : .nifti2))
        #expect(header.endianness == (isBigEndian ? .big : .little))
        #expect(header.datatype == .uint16)
        #expect(header.dimensions == [4, 3, 2])
        #expect(header.pixdim == [1, 2, 3, 4, 0, 0, 0, 0])
        #expect(header.slope == 0.5 && header.intercept == -7)
        #expect(header.affineSource == .sform)
        #expect(header.grid.affine.rows == [[2, 0, 0, -10], [0, 3, 0, -20], [0, 0, 4, -30], [0, 0, 0, 1]])
        #expect(header.extensions.map(\.code) == [6, 44] && header.extensions.map(\.size) == [32, 48])
        #expect(header.voxelOffset == (version == 1 ? 348 : 540) + 4 + 80)
    }

    /// The frames are everything after the third dimension; missing axes have one voxel.
    @Test(arguments: [
        ([1, 24, 1, 1, 1, 1, 1, 1], [24], SIMD3(24, 1, 1), 1), ([2, 6, 4, 1, 1, 1, 1, 1], [6, 4], SIMD3(6, 4, 1), 1),
        ([3, 4, 3, 2, 9, 9, 9, 9], [4, 3, 2], SIMD3(4, 3, 2), 1),
        ([5, 2, 2, 1, 2, 3, 1, 1], [2, 2, 1, 2, 3], SIMD3(2, 2, 1), 6),
        ([7, 1, 2, 3, 1, 2, 1, 2], [1, 2, 3, 1, 2, 1, 2], SIMD3(1, 2, 3), 4),
    ]) func oneToSevenDimensions(dim: [Int], sizes: [Int], shape: SIMD3<Int>, frames: Int) throws {
        var file = SyntheticNIfTI()
        file.dim = dim
        let header = try header(file)
        #expect(header.dimensions == sizes)
        #expect(header.grid.shape.components == shape)
        #expect(header.frameCount == frames)
        #expect(header.voxelCount == 24)
    }

    /// A quarter turn about z (a = d = sqrt(1/2)) takes i to +y and j to -x; the mirror sign turns k downwards.
    @Test func qformOfAQuarterTurn() throws {
        var file = SyntheticNIfTI()
        (file.sformCode, file.qformCode) = (0, 1)
        file.quaternion = [0, 0, 0.5.squareRoot()]
        file.quaternionOffset = [5, 6, 7]
        file.pixdim[0] = -1
        let affine = try header(file).grid.affine
        let expected: [[Double]] = [[0, -3, 0, 5], [2, 0, 0, 6], [0, 0, -4, 7], [0, 0, 0, 1]]
        for (found, expected) in zip(affine.rows.joined(), expected.joined()) { #expect(abs(found - expected) < 1e-6) }
        #expect(affine.orientation.description == "ALI")
    }

    /// A pixdim[0] of 0 is as good as 1: only below 0 does it turn the third axis round.
    @Test(arguments: [(0.0, 4.0), (1, 4), (-1, -4), (-0.5, -4)]) func theSignOfTheThirdAxis(
        stored: Double, step: Double
    )
        throws
    {
        var file = SyntheticNIfTI()
        (file.sformCode, file.qformCode) = (0, 1)
        file.pixdim[0] = stored
        #expect(try header(file).grid.affine.columnK == SIMD3(0, 0, step))
    }

    @Test func withoutFormsOnlyVoxelSizesCount() throws {
        var file = SyntheticNIfTI()
        file.sformCode = 0
        file.pixdim = [0, 2, -3, 0, 0, 0, 0, 0]
        let header = try header(file)
        #expect(header.affineSource == .pixdim)
        // Minus signs are dropped and an unknown size counts as 1 mm; voxel (0, 0, 0) lies at the origin.
        #expect(header.grid.affine.rows == [[2, 0, 0, 0], [0, 3, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]])
    }

    /// In single precision the squares of a half turn's quaternion may sum to a little more than 1.
    @Test func quaternionsWithinRoundingAreHalfTurns() throws {
        var file = SyntheticNIfTI()
        (file.sformCode, file.qformCode) = (0, 1)
        let excess = 1 + Double(Float.ulpOfOne)
        file.quaternion = [0, 0, excess]
        file.pixdim = [1, 1, 1, 1, 0, 0, 0, 0]
        let rows = try header(file).grid.affine.rows
        for (found, expected) in zip(rows.joined(), [-1.0, 0, 0, 0, 0, -1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]) {
            #expect(abs(found - expected) < 1e-12)
        }
    }

    @Test func malformedExtensionsAreLeftAside() throws {
        var file = SyntheticNIfTI()
        file.extensions = [(6, Array("fine".utf8)), (4, [1, 2, 3])]
        var bytes = file.encoded
        bytes[352 + 16 + 3] = 0x7f  // the second size becomes enormous
        let header = try NIfTIFile.readHeader(at: folder.write(bytes, as: "b.nii"))
        #expect(header.extensions.map(\.code) == [6])
    }

    /// The first byte behind the fixed part says whether there are any.
    @Test func extensionsThatAreNotAnnouncedAreNone() throws {
        var file = SyntheticNIfTI()
        file.extensions = [(6, Array("fine".utf8))]
        var bytes = file.encoded
        bytes[348] = 0
        let path = try folder.write(bytes, as: "b.nii")
        #expect(try NIfTIFile.readHeader(at: path).extensions.isEmpty)
        #expect(try NIfTIFile.read(at: path).header.extensions.isEmpty)
    }

    @Test func voxelsMayStartAnywhereAfterTheHeader() throws {
        for offset in [352.0, 353, 367, 4097] {
            var file = SyntheticNIfTI()
            file.voxelOffset = offset
            let image = try NIfTIFile.read(at: folder.write(file.encoded, as: "c.nii"))
            #expect(image.scaledDoubles() == (0..<24).map(Double.init))
        }
    }
}
