import FoundationEssentials
import Testing
import Volumes

/// Against NumPy, whose results record_statistics.py recorded.
@Suite struct StatisticsTests {
    struct Recorded: Decodable {
        struct Description: Decodable {
            let percentiles: [Double]
            let mean, std, min, max: Double
        }
        let percents: [Double]
        let int16, float: Description
        let int16Masked, floatMasked, floatClamped: Description

        enum CodingKeys: String, CodingKey {
            case percents, int16, float
            case int16Masked = "int16 masked"
            case floatMasked = "float masked"
            case floatClamped = "float clamped"
        }
    }

    let recorded: Recorded
    let integers: Volume<Int16>
    let floats: Volume<Float>
    let mask: LabelMap

    init() throws {
        let url = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Recorded/statistics.json")
        recorded = try JSONDecoder().decode(Recorded.self, from: Data(contentsOf: url))
        let grid = Grid(shape: try GridShape(23, 17, 11), affine: Affine(spacing: try Spacing(1, 1, 1)))
        let values = (0..<grid.shape.count).map { n in
            let value = Int(UInt32(truncatingIfNeeded: n &* 2_654_435_761) >> 16) - 32768
            return Int16(n % 3 == 0 ? value / 64 : value)
        }
        integers = try Volume(grid: grid, voxels: values)
        floats = try Volume(grid: grid, voxels: values.map { Float($0) * 0.37 })
        mask = try LabelMap(grid: grid, voxels: values.indices.map { $0 % 5 < 2 ? UInt8($0 % 7 + 1) : 0 })
    }

    private func expect(
        _ found: IntensityStatistics?, _ expected: Recorded.Description,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let found = try #require(found)
        #expect(abs(found.mean - expected.mean) < 1e-9, sourceLocation: sourceLocation)
        #expect(abs(found.standardDeviation - expected.std) < 1e-8, sourceLocation: sourceLocation)
        #expect(found.minimum == expected.min && found.maximum == expected.max, sourceLocation: sourceLocation)
    }

    @Test func integersAgreeWithNumPy() throws {
        #expect(integers.percentiles(recorded.percents) == recorded.int16.percentiles)
        #expect(integers.percentiles(recorded.percents, where: mask) == recorded.int16Masked.percentiles)
        try expect(integers.statistics(), recorded.int16)
        try expect(IntensityHistogram(of: integers).statistics(), recorded.int16)
        try expect(IntensityHistogram(of: integers, where: mask).statistics(), recorded.int16Masked)
    }

    @Test func floatsAgreeWithNumPy() throws {
        #expect(floats.percentiles(recorded.percents) == recorded.float.percentiles)
        #expect(floats.percentiles(recorded.percents, where: mask) == recorded.floatMasked.percentiles)
        try expect(floats.statistics(), recorded.float)
        try expect(floats.statistics(where: mask), recorded.floatMasked)
        let clamped = try #require(floats.statistics(clampedTo: -500...2500))
        #expect(abs(clamped.mean - recorded.floatClamped.mean) < 1e-9)
        #expect(abs(clamped.standardDeviation - recorded.floatClamped.std) < 1e-8)
        #expect(clamped.minimum == recorded.float.min)
    }

    /// Clamping intensities -1000, 0 and 900 (four, two and two of them) to -100...500: the mean of -100 (4), 0 (2) and 500 (2)
    /// is 75, the mean square 67 500 - 75² = 61 875.
    @Test func histogramClampsBeforeAveraging() throws {
        let grid = Grid(shape: try GridShape(8, 1, 1), affine: Affine(spacing: try Spacing(1, 1, 1)))
        let volume = try Volume<Int16>(grid: grid, voxels: [-1000, 900, 0, -1000, -1000, 900, 0, -1000])
        let statistics = try #require(IntensityHistogram(of: volume).statistics(clampedTo: -100...500))
        #expect(statistics.mean == 75)
        #expect(abs(statistics.standardDeviation - 61_875.0.squareRoot()) < 1e-12)
        #expect(statistics.minimum == -1000 && statistics.maximum == 900)
    }

    @Test func nonFiniteVoxelsAreCountedAndLeftOut() throws {
        let grid = Grid(shape: try GridShape(7, 1, 1), affine: Affine(spacing: try Spacing(1, 1, 1)))
        let volume = try Volume<Float>(grid: grid, voxels: [3, .nan, -5, .infinity, 8, -.infinity, -0.0])
        let statistics = try #require(volume.statistics())
        #expect(statistics.count == 4 && statistics.nonFinite == 3)
        #expect(statistics.minimum == -5 && statistics.maximum == 8)
        #expect(statistics.mean == 1.5)
        // Sorted: -5, 0, 3, 8.
        #expect(volume.percentiles([0, 50, 100]) == [-5, 1.5, 8])
        let none = try Volume<Float>(grid: grid, voxels: [Float](repeating: .nan, count: 7))
        #expect(none.statistics() == nil && none.percentiles([50]) == nil)
        let emptyMask = try LabelMap(grid: grid, voxels: [UInt8](repeating: 0, count: 7))
        #expect(volume.percentiles([50], where: emptyMask) == nil)
    }

    /// Values near 3.3e6 with deviations of 1: naive sums of squares in 32 bits would lose the deviation altogether.
    @Test func largeOffsetsDoNotHideSmallDeviations() throws {
        let grid = Grid(shape: try GridShape(1001, 1, 1), affine: Affine(spacing: try Spacing(1, 1, 1)))
        let volume = try Volume<Float>(grid: grid, voxels: (0..<1001).map { 3_300_000 + Float($0 % 2 == 0 ? 1 : -1) })
        let statistics = try #require(volume.statistics())
        // 501 values of +1 and 500 of -1 about the offset: mean 1/1001, variance 1 - 1/1001².
        #expect(abs(statistics.mean - 3_300_000 - 1 / 1001.0) < 1e-9)
        #expect(abs(statistics.standardDeviation - (1 - 1 / (1001.0 * 1001)).squareRoot()) < 1e-9)
    }
}
