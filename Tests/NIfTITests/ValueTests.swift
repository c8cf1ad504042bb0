import NIfTI
import TestData
import Testing
import Volumes

@Suite struct ValueTests {
    private let folder: TemporaryFolder
    init() throws { folder = try TemporaryFolder() }

    private func read(_ file: SyntheticNIfTI) throws -> NIfTIImage {
        try NIfTIFile.read(at: folder.write(file.encoded, as: "a.nii"))
    }

    /// 24 numbers that reach both ends of the type.
    private func numbers<Stored: FixedWidthInteger>(_: Stored.Type) -> [Stored] {
        [.min, .max] + (0..<22).map { Stored(truncatingIfNeeded: $0 &* 5 &- 7) }
    }

    private func check<Stored: FixedWidthInteger>(_ type: Stored.Type, _ code: Int) throws {
        for isBigEndian in [false, true] {
            var file = SyntheticNIfTI(numbers(type), datatype: code, isBigEndian: isBigEndian)
            #expect(try read(file).scaledDoubles() == numbers(type).map { Double($0) })
            #expect(try read(file).scaledFloats() == numbers(type).map { Float(Double($0)) })
            file.slope = 0.375
            file.intercept = -11.5
            #expect(try read(file).scaledDoubles() == numbers(type).map { Double($0) * 0.375 - 11.5 })
            #expect(try read(file).volume().voxels == numbers(type).map { Float(Double($0) * 0.375 - 11.5) })
            file.intercept = 0
            #expect(try read(file).scaledDoubles() == numbers(type).map { Double($0) * 0.375 })
            (file.slope, file.intercept) = (1, 3)
            #expect(try read(file).scaledDoubles() == numbers(type).map { Double($0) + 3 })
        }
    }

    @Test func everyIntegerTypeInBothOrders() throws {
        try check(UInt8.self, 2)
        try check(Int8.self, 256)
        try check(Int16.self, 4)
        try check(UInt16.self, 512)
        try check(Int32.self, 8)
        try check(UInt32.self, 768)
        try check(Int64.self, 1024)
        try check(UInt64.self, 1280)
    }

    private let reals: [Double] =
        [0, -0.0, 1, -1.5, Double.infinity, -Double.infinity, Double.nan, 1e-40] + (0..<16).map { Double($0) * 0.1 }

    @Test(arguments: [false, true]) func floatsInBothOrders(isBigEndian: Bool) throws {
        let singles = SyntheticNIfTI(reals.map { Float($0).bitPattern }, datatype: 16, isBigEndian: isBigEndian)
        #expect(try read(singles).scaledFloats().map(\.bitPattern) == reals.map { Float($0).bitPattern })
        let doubles = SyntheticNIfTI(reals.map(\.bitPattern), datatype: 64, isBigEndian: isBigEndian)
        // Signs of zeros survive where nothing is to be scaled.
        #expect(try read(doubles).scaledDoubles().map(\.bitPattern) == reals.map(\.bitPattern))
    }

    /// The standard: a slope of 0 means unscaled, whatever the intercept. nibabel treats slopes that are no numbers alike.
    @Test(arguments: [0, .nan, .infinity, -.infinity] as [Double]) func slopesThatMeanUnscaled(slope: Double) throws {
        var file = SyntheticNIfTI()
        (file.slope, file.intercept) = (slope, 100)
        #expect(try read(file).scaledDoubles() == (0..<24).map(Double.init))
        #expect(try read(file).header.scaling == nil)
    }

    @Test func slopesOfVersion1AreSinglePrecision() throws {
        var file = SyntheticNIfTI()
        file.slope = 0.1
        #expect(try read(file).value(at: 3) == 3 * Double(Float(0.1)))
        file.version = 2
        #expect(try read(file).value(at: 3) == 3 * 0.1)
    }

    @Test func summaries() throws {
        let file = SyntheticNIfTI(reals.map(\.bitPattern), datatype: 64)
        let summary = try read(file).summary()
        #expect(summary.nonFinite == 3)
        #expect(summary.minimum == -1.5 && summary.maximum == 1.5)
        // 0 + 0.1 + ... + 1.5 = 12, the other finite ones sum to -0.5, of 21 in all.
        #expect(abs(try #require(summary.mean) - 11.5 / 21) < 1e-15)
        #expect(summary.digest == nil)
        let none = SyntheticNIfTI([UInt64](repeating: Double.nan.bitPattern, count: 24), datatype: 64)
        #expect(try read(none).summary() == read(none).summary())
        #expect(try read(none).summary().mean == nil && read(none).summary().minimum == nil)
    }

    @Test func wholeNumbersBecomeInt16AndOthersDoNot() throws {
        #expect(try read(SyntheticNIfTI()).int16Volume()?.voxels == (0..<24).map { Int16($0) })
        let range = (0..<24).map { Double($0) * 2849 - 32768 }
        let whole = SyntheticNIfTI(range.map(\.bitPattern), datatype: 64)
        #expect(try read(whole).int16Volume()?.voxels == range.map { Int16($0) })
        for stranger in [0.5, 32768, -32769, .nan, .infinity, 1e300] as [Double] {
            let file = SyntheticNIfTI((range.dropLast() + [stranger]).map(\.bitPattern), datatype: 64)
            #expect(try read(file).int16Volume() == nil)
        }
        // CT stored as unsigned numbers above -1024.
        var shifted = SyntheticNIfTI((0..<24).map { UInt16($0 * 100) }, datatype: 512)
        (shifted.slope, shifted.intercept) = (1, -1024)
        #expect(try read(shifted).int16Volume()?.voxels == (0..<24).map { Int16($0 * 100 - 1024) })
        #expect(try read(SyntheticNIfTI([Int64](repeating: .min, count: 24), datatype: 1024)).int16Volume() == nil)
    }

    @Test func labels() throws {
        let labels = (0..<24).map { UInt8($0 * 11) }
        #expect(try read(SyntheticNIfTI(labels, datatype: 2)).labelMap().voxels == labels)
        #expect(
            try read(SyntheticNIfTI(labels.map { Int64($0) }, datatype: 1024, isBigEndian: true)).labelMap().voxels
                == labels)
        #expect(
            try read(SyntheticNIfTI(labels.map { Double($0).bitPattern }, datatype: 64)).labelMap().voxels == labels)
        // float32(1/255) is not 1/255, so 255 of it are 1.00000006.
        var scaled = SyntheticNIfTI((0..<24).map { UInt8($0 % 2 * 255) }, datatype: 2)
        scaled.slope = 1.0 / 255
        #expect(try read(scaled).labelMap().voxels == (0..<24).map { UInt8($0 % 2) })
    }

    /// Voxel 17 of a 4 x 3 x 2 grid is (1, 1, 1).
    @Test(arguments: [
        (0.5, "0.5"), (-1, "-1"), (256, "256"), (.nan, "nan"), (1.0000001, "1.0000001"), (1e300, "1e+300"),
    ])
    func valuesThatAreNoLabels(value: Double, printed: String) throws {
        var values = (0..<24).map { Double($0) }
        values[17] = value
        let image = try read(SyntheticNIfTI(values.map(\.bitPattern), datatype: 64))
        let error = #expect(throws: NIfTIError.self) { try image.labelMap() }
        #expect(
            error?.description == """
                \(image.path): expected whole label values from 0 to 255 but found \(printed) at voxel (1, 1, 1). \
                Save the labels as whole numbers; probability maps must be thresholded first.
                """)
    }

    @Test func framesAreApart() throws {
        var file = SyntheticNIfTI()
        file.dim = [4, 2, 3, 1, 4, 1, 1, 1]
        let image = try read(file)
        for frame in 0..<4 {
            let expected = (0..<6).map { Double(frame * 6 + $0) }
            #expect(image.scaledDoubles(frame: frame) == expected)
            #expect(image.int16Volume(frame: frame)?.voxels == expected.map { Int16($0) })
            #expect(try image.labelMap(frame: frame).voxels == expected.map { UInt8($0) })
            let sum = image.withVoxels(frame: frame) { voxels in
                if case .int16(let values) = voxels { values.reduce(0) { $0 + Int($1) } } else { -1 }
            }
            #expect(sum == Int(expected.reduce(0, +)))
        }
    }
}
