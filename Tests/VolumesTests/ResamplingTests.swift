import FoundationEssentials
import Testing
import Volumes

/// Against SimpleITK and SciPy, whose outputs record_resampling.py recorded.
@Suite struct ResamplingTests {
    struct RecordedCase: Decodable, Sendable, CustomTestStringConvertible {
        let name: String
        let shape, size: [Int]
        let spacing, target: [Double]
        /// `nil` where SimpleITK leaves its buffer.
        let cubicITK, linearITK: [Double?]
        let nearestITK: [UInt8?]
        let cubicSciPy: [Double]

        var testDescription: String { name }

        func grid() throws -> Grid {
            let affine = Affine(spacing: try Spacing(spacing[0], spacing[1], spacing[2]), origin: SIMD3(-3, 5, 11))
            return Grid(shape: try GridShape(shape[0], shape[1], shape[2]), affine: affine)
        }

        /// Voxel n is ((n · 2654435761) mod 2³²) >> 21, minus 1024.
        func image() throws -> Volume<Int16> {
            let grid = try grid()
            return try Volume(
                grid: grid,
                voxels: (0..<grid.shape.count).map { n in
                    Int16(UInt32(truncatingIfNeeded: n &* 2_654_435_761) >> 21) - 1024
                })
        }

        func targetSpacing() throws -> Spacing { try Spacing(target[0], target[1], target[2]) }
    }

    static let recorded: [RecordedCase] = {
        struct File: Decodable { let cases: [RecordedCase] }
        let url = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Recorded/resampling.json")
        return try! JSONDecoder().decode(File.self, from: Data(contentsOf: url)).cases
    }()

    /// 1e-3 of the intensity range of 2047.
    static let tolerance = 2.047

    @Test(arguments: recorded) func gridKeepsOriginAndRoundsSizes(recorded: RecordedCase) throws {
        let source = try recorded.grid()
        let grid = try source.resampled(to: recorded.targetSpacing())
        #expect(grid.shape.components == SIMD3(recorded.size[0], recorded.size[1], recorded.size[2]))
        #expect(grid.affine.origin == source.affine.origin)
        #expect((0..<3).allSatisfy { abs(grid.spacing.components[$0] - recorded.target[$0]) < 1e-12 })
    }

    @Test(arguments: recorded) func cubicAgreesWithSciPyAndITK(recorded: RecordedCase) throws {
        let result = try recorded.image().resampled(to: recorded.targetSpacing()).voxels
        #expect(largestDifference(result, recorded.cubicSciPy) < Self.tolerance / 100)
        #expect(largestDifference(result, recorded.cubicITK) < Self.tolerance / 100)
    }
    @Test(arguments: recorded) func linearAgreesWithITK(recorded: RecordedCase) throws {
        let result = try recorded.image().resampled(to: recorded.targetSpacing(), rule: .linear).voxels
        #expect(largestDifference(result, recorded.linearITK) < Self.tolerance / 100)
    }

    @Test(arguments: recorded) func labelsAreThoseOfITK(recorded: RecordedCase) throws {
        let image = try recorded.image()
        let labels = try LabelMap(grid: image.grid, voxels: image.voxels.map { UInt8((Int($0) + 1024) >> 3) })
        let result = try labels.resampledNearest(to: recorded.targetSpacing()).voxels
        let differing = zip(result, recorded.nearestITK).filter { $1 != nil && $0 != $1 }.count
        #expect(result.count == recorded.nearestITK.count)
        #expect(differing == 0)
    }

    private func largestDifference(_ result: [Float], _ expected: [Double?]) -> Double {
        guard result.count == expected.count else { return .infinity }
        return zip(result, expected).reduce(0.0) { worst, pair in
            guard let expected = pair.1 else { return worst }
            return max(worst, abs(Double(pair.0) - expected))
        }
    }
}
