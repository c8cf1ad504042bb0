import CKernels
import FoundationEssentials
import Metrics
import Testing
import Volumes

/// Boxes on a grid, whose overlaps and distances follow from their corners.
@Suite(.serialized) struct ClassMetricsTests {
    private static let grid = Grid(shape: try! GridShape(40, 36, 30), affine: Affine(spacing: try! Spacing(0.5, 2, 3)))

    private func box(_ lower: SIMD3<Int>, _ upper: SIMD3<Int>, value: UInt8 = 3) throws -> LabelMap {
        var labels = try LabelMap(grid: Self.grid, voxels: Array(repeating: 0, count: Self.grid.shape.count))
        for k in lower.z..<upper.z {
            for j in lower.y..<upper.y { for i in lower.x..<upper.x { labels[i, j, k] = value } }
        }
        return labels
    }

    /// A box of 10 x 8 x 6 shifted by 4 voxels along i shares 6/10 of its voxels.
    @Test func shiftedBox() throws {
        let metrics = try LabelMapComparison(tolerance: 0.5).metrics(
            of: [3], reference: try box([5, 5, 5], [15, 13, 11]), prediction: try box([9, 5, 5], [19, 13, 11]))[0]
        #expect(abs(metrics.dice! - 0.6) < 1e-12)
        #expect(abs(metrics.intersectionOverUnion! - 6.0 / 14) < 1e-12)
        #expect(abs(metrics.precision! - 0.6) < 1e-12)
        #expect(metrics.referenceVolume == 10 * 8 * 6 * 3)
        #expect(metrics.relativeVolumeError == 0)
        // The far face has moved by 4 x 0.5 mm, and no point is farther.
        #expect(abs(metrics.hausdorff! - 2) < 1e-12)
        #expect(abs(metrics.hausdorff95Pooled! - 2) < 1e-12)
        #expect(metrics.surfaceDice! > 0.3 && metrics.surfaceDice! < 1)
    }

    /// A prediction that finds the reference and a small box far off: the way there is short, the way back long. The
    /// average is over both surfaces by their areas, which is not the mean of the two ways.
    @Test func averageDistanceWeighsBothSurfacesByArea() throws {
        let reference = try box([5, 5, 5], [15, 13, 11])
        var prediction = reference
        for k in 20..<22 { for j in 25..<27 { for i in 30..<32 { prediction[i, j, k] = 3 } } }
        let overlap = try labelOverlaps(reference: reference, prediction: prediction)[3]
        let found = try SurfaceComparison().distances(
            of: 3, reference: reference, prediction: prediction, box: overlap.box, elements: .surfels)
        let there = found.referenceToPrediction, back = found.predictionToReference
        func sum(_ way: DirectedDistances) -> Double { zip(way.distances, way.areas).reduce(0) { $0 + $1.0 * $1.1 } }
        #expect(sum(there) == 0 && sum(back) > 0)
        let average = try #require(found.averageSymmetric)
        #expect(abs(average - sum(back) / (there.areas.reduce(0, +) + back.areas.reduce(0, +))) < 1e-12)
        #expect(average > 1.01 * back.mean! / 2)
    }

    @Test func scoresHaveOneNameInResultsAndTables() throws {
        let metrics = try LabelMapComparison(tolerance: 0.5).metrics(
            of: [3], reference: try box([5, 5, 5], [15, 13, 11]), prediction: try box([9, 5, 5], [19, 13, 12]))[0]
        let written = try JSONDecoder().decode([String: Double].self, from: JSONEncoder().encode(metrics))
        for score in ClassMetrics.scores {
            #expect(metrics[keyPath: score.value] != nil && written[score.name] == metrics[keyPath: score.value])
        }
    }

    @Test func equalMasksArePerfect() throws {
        let labels = try box([5, 5, 5], [15, 13, 11])
        let metrics = try LabelMapComparison(tolerance: 1).metrics(of: [3], reference: labels, prediction: labels)[0]
        #expect(
            metrics.dice == 1 && metrics.surfaceDice == 1 && metrics.hausdorff == 0
                && metrics.averageSurfaceDistance == 0)
    }

    @Test func emptyMasksFollowThePolicy() throws {
        let labels = try box([5, 5, 5], [15, 13, 11])
        let none = try box([0, 0, 0], [0, 0, 0])
        let missed = try LabelMapComparison(tolerance: 1).metricsOfMissingPrediction(of: [3], reference: labels)[0]
        let diagonal = (20.0 * 20 + 72 * 72 + 90 * 90).squareRoot()
        #expect(
            missed.dice == 0 && missed.surfaceDice == 0 && missed.precision == 0 && missed.relativeVolumeError == -1)
        #expect(abs(missed.hausdorff95! - diagonal) < 1e-9)
        let excluding = LabelMapComparison(
            tolerance: 1, policy: EmptyMaskPolicy(bothEmpty: .exclude, oneEmpty: .exclude))
        #expect(try excluding.metrics(of: [3], reference: labels, prediction: none)[0].hausdorff95 == nil)
        #expect(try excluding.metrics(of: [3], reference: none, prediction: none)[0].dice == nil)
        let perfect = LabelMapComparison(tolerance: 1, policy: EmptyMaskPolicy(bothEmpty: .perfect))
        let absent = try perfect.metrics(of: [3], reference: none, prediction: none)[0]
        #expect(absent.dice == 1 && absent.hausdorff95 == 0)
    }

    /// A sphere of radius 16 against one of 21: every surface distance is about 5. Surfels sit on voxel corners up to half
    /// a voxel off the sphere and the nearest one counts, so distances come out up to about half a voxel shorter.
    @Test func sphereAgainstALargerOne() throws {
        let grid = Grid(shape: try GridShape(64, 64, 64), affine: Affine(spacing: try Spacing(1, 1, 1)))
        func sphere(_ radius: Double) throws -> LabelMap {
            var labels = try LabelMap(grid: grid, voxels: Array(repeating: 0, count: grid.shape.count))
            for k in 0..<64 {
                for j in 0..<64 {
                    for i in 0..<64 {
                        let d = SIMD3(Double(i), Double(j), Double(k)) - 31.5
                        if (d * d).sum() <= radius * radius { labels[i, j, k] = 1 }
                    }
                }
            }
            return labels
        }
        let metrics = try LabelMapComparison(tolerance: 4).metrics(
            of: [1], reference: try sphere(16), prediction: try sphere(21))[0]
        #expect(abs(metrics.averageSurfaceDistance! - 4.75) < 0.35)
        #expect(abs(metrics.hausdorff95! - 5) < 0.8)
        #expect(metrics.surfaceDice! < 0.1)
        #expect(abs(metrics.dice! - 2 * 4096 / (4096 + 9261)) < 0.01)
    }

    /// Every instruction set gives the same bits, near and far (search and full transform).
    @Test(arguments: [IRIS_PORTABLE, IRIS_AVX2]) func instructionSetsAgree(limit: iris_instruction_set) throws {
        defer { iris_limit_instruction_set(IRIS_AVX512) }
        let pairs = [
            (try box([5, 5, 5], [15, 13, 11]), try box([8, 4, 7], [19, 16, 12])),
            (try box([0, 0, 0], [3, 3, 3]), try box([36, 33, 27], [40, 36, 30])),
        ]
        for (reference, prediction) in pairs {
            let comparison = LabelMapComparison(tolerance: 1)
            iris_limit_instruction_set(IRIS_AVX512)
            let best = try comparison.metrics(of: [3], reference: reference, prediction: prediction)
            iris_limit_instruction_set(limit)
            #expect(try comparison.metrics(of: [3], reference: reference, prediction: prediction) == best)
        }
    }

    @Test func gridsMustAgree() throws {
        let other = Grid(shape: try GridShape(2, 2, 2), affine: Self.grid.affine)
        let error = #expect(throws: MetricsError.self) {
            try labelOverlaps(
                reference: try box([0, 0, 0], [1, 1, 1]),
                prediction: try LabelMap(grid: other, voxels: Array(repeating: 0, count: 8)))
        }
        #expect(
            error?.description == """
                expected the prediction to have the reference's 40 x 36 x 30 voxels but found 2 x 2 x 2. \
                Write predictions on the grid of the reference, or ask for resampling.
                """)
    }
}
