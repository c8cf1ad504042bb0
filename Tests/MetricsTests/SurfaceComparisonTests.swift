import FoundationEssentials
import Metrics
import NIfTI
import TestData
import Testing
import Volumes

/// Answers of surface-distance 0.1, MedPy and MONAI, recorded by `Recorded/record.py`.
@Suite struct SurfaceComparisonTests {
    struct Mask: Decodable {
        let ellipsoids: [[Int]]
        let seed, noise: Int

        /// The same whole-number formula as in the script.
        func labels(_ grid: Grid) throws -> LabelMap {
            let shape = grid.shape
            var voxels = [UInt8](repeating: 0, count: shape.count)
            for k in 0..<shape.k {
                for j in 0..<shape.j {
                    for i in 0..<shape.i {
                        let inside = ellipsoids.contains { e in
                            let di = i - e[0], dj = j - e[1], dk = k - e[2]
                            return di * di * e[3] + dj * dj * e[4] + dk * dk * e[5] <= e[6]
                        }
                        let salt = (i * 73_856_093 ^ j * 19_349_663 ^ k * 83_492_791 ^ seed) % 1000 < noise
                        voxels[shape.offset(i, j, k)] = inside != salt ? 1 : 0
                    }
                }
            }
            return try LabelMap(grid: grid, voxels: voxels)
        }
    }

    struct Synthetic: Decodable {
        let shape: [Int]
        let spacing: [Double]
        let reference, prediction: Mask
        let answers: [String: Double]
    }

    struct Real: Decodable {
        let reference, prediction: String
        let value: UInt8
        let answers: [String: Double]
    }

    struct Recorded: Decodable {
        let synthetic: [Synthetic]
        let real: [Real]
        let areas: [String: [Double]]
    }

    static let recorded: Recorded = {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Recorded/surface-metrics.json")
        return try! JSONDecoder().decode(Recorded.self, from: Data(contentsOf: file))
    }()

    @Test("Synthetic pairs agree with three tools", arguments: 0..<recorded.synthetic.count)
    func synthetic(index: Int) throws {
        let pair = Self.recorded.synthetic[index]
        let grid = Grid(
            shape: try GridShape(pair.shape[0], pair.shape[1], pair.shape[2]),
            affine: Affine(spacing: try Spacing(pair.spacing[0], pair.spacing[1], pair.spacing[2])))
        try agrees(try pair.reference.labels(grid), try pair.prediction.labels(grid), value: 1, with: pair.answers)
    }

    /// Hippocampus labels of two patients each, cut to their common shape.
    @Test(
        "Real pairs agree with three tools", .enabled(if: SharedData.isPresent, "\(SharedData.absence)"),
        arguments: 0..<recorded.real.count)
    func real(index: Int) throws {
        let pair = Self.recorded.real[index]
        func read(_ name: String) throws -> LabelMap {
            try NIfTIFile.read(at: SharedData.url("Task04_Hippocampus/labelsTr/\(name)").path).labelMap()
        }
        let reference = try read(pair.reference), prediction = try read(pair.prediction)
        let a = reference.grid.shape, b = prediction.grid.shape
        let shape = try GridShape(min(a.i, b.i), min(a.j, b.j), min(a.k, b.k))
        let grid = Grid(shape: shape, affine: Affine(spacing: try Spacing(1, 1, 1)))
        func cut(_ labels: LabelMap) throws -> LabelMap {
            var result = try LabelMap(grid: grid, voxels: Array(repeating: 0, count: shape.count))
            for k in 0..<shape.k { for j in 0..<shape.j { for i in 0..<shape.i { result[i, j, k] = labels[i, j, k] } } }
            return result
        }
        try agrees(try cut(reference), try cut(prediction), value: pair.value, with: pair.answers)
    }

    private func agrees(
        _ reference: LabelMap, _ prediction: LabelMap, value: UInt8, with answers: [String: Double]
    ) throws {
        let overlap = try labelOverlaps(reference: reference, prediction: prediction)[Int(value)]
        let comparison = SurfaceComparison()
        let surfels = try comparison.distances(
            of: value, reference: reference, prediction: prediction, box: overlap.box, elements: .surfels)
        let voxels = try comparison.distances(
            of: value, reference: reference, prediction: prediction, box: overlap.box, elements: .borderVoxels)
        let found: [String: Double?] = [
            "dice": overlap.dice,
            "averageReferenceToPrediction": surfels.referenceToPrediction.mean,
            "averagePredictionToReference": surfels.predictionToReference.mean,
            "hausdorff95": surfels.hausdorff(0.95),
            "hausdorff": surfels.hausdorff(),
            "surfaceDice1": surfels.surfaceDice(tolerance: 1),
            "surfaceDice2": surfels.surfaceDice(tolerance: 2),
            "surfaceDice3": surfels.surfaceDice(tolerance: 3),
            "medpyHD95": voxels.pooledPercentile(0.95),
            "medpyHD": voxels.hausdorff(),
            "monaiHD95": voxels.directedPercentile(0.95),
        ]
        for (name, answer) in answers {
            let value = try #require(found[name] ?? nil, "\(name) is missing")
            // MONAI works in single precision.
            let tolerance = name.hasPrefix("monai") ? 1e-5 : 1e-9
            #expect(abs(value - answer) <= tolerance * max(1e-3, abs(answer)), "\(name): \(value), recorded \(answer)")
        }
    }
}
