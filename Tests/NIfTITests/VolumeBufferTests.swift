import NIfTI
import TestData
import Testing
import Volumes

@Suite struct VolumeBufferTests {
    /// Of shape 4 x 3 x 2, running R, A, S.
    private func read(_ file: SyntheticNIfTI) throws -> NIfTIImage {
        let folder = try TemporaryFolder()
        return try NIfTIFile.read(at: folder.write(file.encoded, as: "a.nii"))
    }

    /// Voxel (i, j, k) of the file is 1 + i + 4j + 12k. In the order PLS the first axis is the file's j backwards and the second
    /// its i backwards.
    private func expected(_ orientation: String) -> [Int] {
        switch orientation {
        case "RAS": (1...24).map { $0 }
        case "LAS": (0..<6).flatMap { row in (1...4).reversed().map { 4 * row + $0 } }
        default:
            (0..<2).flatMap { k in (0..<4).flatMap { i in (0..<3).map { j in 1 + (3 - i) + 4 * (2 - j) + 12 * k } } }
        }
    }

    @Test(arguments: ["RAS", "LAS", "PLS"]) func framesInEveryOrderAndType(orientation: String) throws {
        let expected = expected(orientation)
        let order = { (image: NIfTIImage) in
            Reorientation(of: image.header.grid, to: Orientation(orientation)!)
        }
        let numbers = 1...24
        let words = try read(SyntheticNIfTI(numbers.map { Int16($0) }, datatype: 4))
        let bytes = try read(SyntheticNIfTI(numbers.map { UInt8($0) }, datatype: 2))
        let reals = try read(SyntheticNIfTI(numbers.map { Double($0).bitPattern }, datatype: 64))
        for image in [words, bytes, reals] {
            let whole = try #require(try image.int16Voxels(frame: 0, order: order(image)))
            #expect(whole.volume.voxels == expected.map { Int16($0) })
            #expect(whole.grid == image.header.grid.reoriented(to: Orientation(orientation)!))
            let float = try image.floatVoxels(frame: 0, order: order(image))
            #expect(float.withView { Array($0.voxels) } == expected.map { Float($0) })
            let labels = try image.labelVoxels(frame: 0, order: order(image))
            #expect(labels.withView { Array($0.voxels) } == expected.map { UInt8($0) })
            let array = try VolumeBuffer(numbers.map { Int64($0) }, order: order(image), file: "none")
            #expect(array.withView { Array($0.voxels) } == expected.map { Int64($0) })
        }
    }

    @Test func laterFramesAndValuesThatDoNotFit() throws {
        var file = SyntheticNIfTI()
        file.dim = [4, 2, 3, 1, 4, 1, 1, 1]
        let image = try read(file)
        let order = Reorientation(of: image.header.grid, to: .ras)
        let frame = try #require(try image.int16Voxels(frame: 3, order: order))
        #expect(frame.withView { Array($0.voxels) } == (18..<24).map { Int16($0) })
        let halves: [Double] = (0..<24).map { Double($0) + 0.5 }
        let odd = try read(SyntheticNIfTI(halves.map(\.bitPattern), datatype: 64))
        let oddOrder = Reorientation(of: odd.header.grid, to: .ras)
        #expect(try odd.int16Voxels(frame: 0, order: oddOrder) == nil)
        let error = #expect(throws: NIfTIError.self) { try odd.labelVoxels(frame: 0, order: oddOrder) }
        let same = #expect(throws: NIfTIError.self) { try odd.labelMap() }
        #expect(error == same)
    }

    @Test func nonFiniteVoxelsAreReplaced() throws {
        var values: [Double] = (0..<24).map { Double($0) }
        (values[5], values[7]) = (.nan, -.infinity)
        let image = try read(SyntheticNIfTI(values.map(\.bitPattern), datatype: 64))
        let voxels = try image.floatVoxels(frame: 0, order: Reorientation(of: image.header.grid, to: .ras))
        let replaced = voxels.replacingNonFinite(by: -1)
        let expected: [Float] = values.map { $0.isFinite ? Float($0) : -1 }
        #expect(replaced.withView { Array($0.voxels) } == expected)
    }

    /// 48 MB, which no other test needs at the same time.
    @Test func keptMemoryServesTheNextVolume() throws {
        BufferMemory.keep()
        let grid = Grid(shape: try GridShape(512, 512, 48), affine: Affine(spacing: try Spacing(1, 1, 1)))
        func place(_ fill: Float) throws -> UInt {
            let volume = try VolumeBuffer<Float>(grid: grid, file: "none") { $0.initialize(repeating: fill) }
            return volume.withView { view in
                #expect(view.voxels.allSatisfy { $0 == fill })
                return UInt(bitPattern: view.voxels.baseAddress!)
            }
        }
        let first = try place(1)
        #expect(try place(2) == first)
    }
}
