import FoundationEssentials
import NIfTI
import TestData
import Testing
import Volumes

@Suite struct WriterTests {
    private let folder: TemporaryFolder
    init() throws { folder = try TemporaryFolder() }

    /// An oblique, left-handed grid.
    private let grid = Grid(
        shape: try! GridShape(5, 4, 3),
        affine: try! Affine(rows: [[-0.75, 0.25, 0, 12.5], [0.25, 0.75, 0, -7], [0, 0, 2.5, 30]]))

    private func roundTrip<Voxel: NIfTIScalar>(_ voxels: [Voxel]) throws {
        let volume = try Volume(grid: grid, voxels: voxels)
        for gzip in [false, true] {
            let path = folder.path(gzip ? "a.nii.gz" : "a.nii")
            try NIfTIWriter.write(volume, to: path, gzip: gzip)
            let image = try NIfTIFile.read(at: path)
            #expect(image.header.datatype == Voxel.datatype)
            #expect(image.scaledDoubles() == voxels.map(\.doubleValue))
            // The numbers of this affine are exact in single precision.
            #expect(image.header.grid == grid)
            #expect(image.file.gzipMembers == (gzip ? 1 : 0) && image.file.excessBytes == 0)
        }
    }

    @Test func everyScalarTypeComesBack() throws {
        func numbers<Voxel: FixedWidthInteger>(_: Voxel.Type) -> [Voxel] {
            [.min, .max] + (0..<58).map { Voxel(truncatingIfNeeded: $0 &* 17 &- 9) }
        }
        try roundTrip(numbers(UInt8.self))
        try roundTrip(numbers(Int8.self))
        try roundTrip(numbers(UInt16.self))
        try roundTrip(numbers(Int16.self))
        try roundTrip(numbers(UInt32.self))
        try roundTrip(numbers(Int32.self))
        try roundTrip(numbers(UInt64.self))
        try roundTrip(numbers(Int64.self))
        try roundTrip((0..<60).map { Float($0) * 0.3 - 4 })
        try roundTrip((0..<60).map { Double($0) * 0.3 - 4 })
    }

    /// The two descriptions of a rigid affine are the same map, so either alone gives the grid back.
    @Test(arguments: [
        NIfTIHeader.WrittenAffine.sformAndQform, .sform, .qform, .neither,
    ]) func affinesInEveryForm(written: NIfTIHeader.WrittenAffine) throws {
        let volume = try Volume(grid: grid, voxels: [UInt8](repeating: 1, count: 60))
        let path = folder.path("a.nii")
        try NIfTIWriter.write(volume, to: path, gzip: false, affine: written, description: "made by a test")
        let header = try NIfTIFile.readHeader(at: path)
        #expect(header.descrip == "made by a test")
        #expect(header.units == 2)
        if written == .neither {
            #expect(header.affineSource == .pixdim)
            #expect(header.grid.affine == Affine(spacing: header.grid.spacing))
        } else {
            #expect(header.affineSource == (written == .qform ? .qform : .sform))
            for (a, b) in zip(header.grid.affine.rows.joined(), grid.affine.rows.joined()) {
                #expect(abs(a - b) < 1e-6)
            }
        }
        for affine in [written == .sform || written == .neither ? nil : header.qformAffine].compactMap(\.self) {
            for (a, b) in zip(affine.rows.joined(), grid.affine.rows.joined()) { #expect(abs(a - b) < 1e-6) }
        }
    }

    /// Rodrigues' formula turns about an axis; near a half turn about x, y or z another part of the quaternion is the largest.
    @Test(arguments: [
        SIMD3(0.96, 0.24, -0.144), SIMD3(0.2, -0.96, 0.196), SIMD3(-0.24, 0.144, 0.96), SIMD3(0.6, 0.64, 0.48),
    ])
    func quaternionsOfRotations(direction: SIMD3<Double>) throws {
        let axis = direction / (direction * direction).sum().squareRoot()
        for (cosine, sine) in [(0.8, 0.6), (-0.28, 0.96), (-0.8, 0.6), (-0.8, -0.6), (-0.96, 0.28), (0, -1)] {
            func turned(_ v: SIMD3<Double>) -> SIMD3<Double> {
                let across = SIMD3(
                    axis.y * v.z - axis.z * v.y, axis.z * v.x - axis.x * v.z, axis.x * v.y - axis.y * v.x)
                return v * cosine + across * sine + axis * ((axis * v).sum() * (1 - cosine))
            }
            let affine = try Affine(
                columnI: turned(SIMD3(1, 0, 0)), columnJ: turned(SIMD3(0, 2, 0)), columnK: turned(SIMD3(0, 0, 3)),
                origin: SIMD3(5, 6, 7))
            let header = try NIfTIHeader(
                writing: Grid(shape: GridShape(2, 3, 4), affine: affine), datatype: .uint8, affine: .qform)
            for (a, b) in zip(header.grid.affine.rows.joined(), affine.rows.joined()) {
                #expect(abs(a - b) < 1e-5, "\(axis) \(cosine) \(sine)")
            }
        }
    }

    /// All 48 right-angled orientations, half of them left-handed, go through the quaternion unharmed.
    @Test func quaternionsOfAllOrientations() throws {
        let base = Grid(
            shape: try GridShape(2, 3, 4), affine: Affine(spacing: try Spacing(1, 2, 3), origin: SIMD3(5, 6, 7)))
        for orientation in Orientation.allRightAngled {
            let grid = base.reoriented(to: orientation)
            let header = try NIfTIHeader(writing: grid, datatype: .uint8, affine: .qform)
            for (a, b) in zip(header.grid.affine.rows.joined(), grid.affine.rows.joined()) {
                #expect(abs(a - b) < 1e-5, "\(orientation)")
            }
        }
    }

    @Test func scalingIsStored() throws {
        let volume = try Volume(grid: grid, voxels: (0..<60).map { Int16($0) })
        let path = folder.path("a.nii.gz")
        try NIfTIWriter.write(volume, to: path, gzip: true, slope: 0.25, intercept: -3)
        let image = try NIfTIFile.read(at: path)
        #expect(image.header.slope == 0.25 && image.header.intercept == -3)
        #expect(image.scaledDoubles() == (0..<60).map { Double($0) * 0.25 - 3 })
    }

    @Test func framesMakeAFourthDimension() throws {
        let frames = try (0..<3).map { frame in
            try Volume(grid: grid, voxels: [Float](repeating: Float(frame), count: 60))
        }
        let path = folder.path("cine.nii.gz")
        try NIfTIWriter.write(frames: frames, to: path, gzip: true, frameStep: 0.03125)
        let image = try NIfTIFile.read(at: path)
        #expect(image.header.dimensions == [5, 4, 3, 3])
        #expect(image.header.pixdim[4] == 0.03125)
        #expect((0..<3).allSatisfy { image.scaledFloats(frame: $0) == frames[$0].voxels })
    }

    @Test func whatTheFormatCannotHoldIsRefused() throws {
        let wide = Grid(shape: try GridShape(40000, 1, 1), affine: Affine(spacing: try Spacing(1, 1, 1)))
        #expect(throws: NIfTIError.self) { try NIfTIHeader(writing: wide, datatype: .uint8) }
        #expect(throws: NIfTIError.self) { try NIfTIHeader(writing: grid, frames: [2, 1, 1, 1, 2], datatype: .uint8) }
    }

    @Test func descriptionsAreCutBetweenCharacters() throws {
        let header = try NIfTIHeader(writing: grid, datatype: .uint8, description: String(repeating: "é", count: 60))
        #expect(header.descrip == String(repeating: "é", count: 39))
        let path = try folder.write(header.encoded() + [UInt8](repeating: 0, count: 60), as: "a.nii")
        #expect(try NIfTIFile.readHeader(at: path) == header)
    }

    @Test func failuresLeaveNothingBehind() throws {
        let volume = try Volume(grid: grid, voxels: [UInt8](repeating: 1, count: 60))
        let missing = folder.path("missing/a.nii")
        let error = #expect(throws: NIfTIError.self) { try NIfTIWriter.write(volume, to: missing, gzip: false) }
        #expect(
            error?.description == """
                \(missing): writing failed: it cannot be created: No such file or directory. \
                Check the folder, its permissions and the space left.
                """)
        // A folder in the way makes the rename fail after everything else went well.
        try FileManager.default.createDirectory(atPath: folder.path("a.nii/b"), withIntermediateDirectories: true)
        #expect(throws: NIfTIError.self) { try NIfTIWriter.write(volume, to: folder.path("a.nii"), gzip: false) }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path) == ["a.nii"])
    }
}

extension Orientation {
    /// All 48.
    static var allRightAngled: [Orientation] {
        ["RAS", "RSA", "ARS", "ASR", "SRA", "SAR"].flatMap { axes in
            (0..<8).map { flips in
                let opposite: [Character: Character] = ["R": "L", "A": "P", "S": "I"]
                let codes = axes.enumerated().map { flips >> $0.offset & 1 == 0 ? $0.element : opposite[$0.element]! }
                return Orientation(String(codes))!
            }
        }
    }
}
