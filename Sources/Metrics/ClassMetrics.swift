import Volumes
import WorkerThreads

/// All metrics of one class in one case. `nil` means that there is no score, by the ``EmptyMaskPolicy``.
public struct ClassMetrics: Hashable, Sendable, Codable {
    /// The label value.
    public let value: UInt8
    /// Overlap scores, 0 to 1; `nil` where the policy gives none.
    public let dice, intersectionOverUnion, precision, recall: Double?
    /// Volumes in mm³.
    public let referenceVolume, predictionVolume: Double
    /// (prediction - reference) / reference.
    public let relativeVolumeError: Double?
    /// The share of both surfaces within the tolerance of the other, weighted by area (surface-distance's definition).
    public let surfaceDice: Double?
    /// The greatest distance between surfaces, in mm, on surfels.
    public let hausdorff: Double?
    /// The 95 % Hausdorff distance in mm: area-weighted on surfels, the greater direction (surface-distance).
    public let hausdorff95: Double?
    /// The 95 % Hausdorff distance in mm: border voxels, both directions pooled (MedPy).
    public let hausdorff95Pooled: Double?
    /// The 95 % Hausdorff distance in mm: border voxels, the greater direction (MONAI).
    public let hausdorff95Directed: Double?
    /// The average symmetric surface distance in mm, weighted by area.
    public let averageSurfaceDistance: Double?

    /// The names of ``scores``, in results of every kind.
    private enum CodingKeys: String, CodingKey {
        case value, dice, precision, recall, referenceVolume, predictionVolume, relativeVolumeError, surfaceDice,
            hausdorff
        case intersectionOverUnion = "iou", hausdorff95 = "hd95", hausdorff95Pooled = "hd95Pooled"
        case hausdorff95Directed = "hd95Directed", averageSurfaceDistance = "assd"
    }
}

extension ClassMetrics {
    /// The metrics that can be averaged, by their names in JSON and CSV, in the order of tables.
    public static let scores: [(name: String, value: KeyPath<ClassMetrics, Double?> & Sendable, higherIsBetter: Bool)] =
        [
            ("dice", \.dice, true),
            ("iou", \.intersectionOverUnion, true),
            ("precision", \.precision, true),
            ("recall", \.recall, true),
            ("relativeVolumeError", \.relativeVolumeError, false),
            ("surfaceDice", \.surfaceDice, true),
            ("hausdorff", \.hausdorff, false),
            ("hd95", \.hausdorff95, false),
            ("hd95Pooled", \.hausdorff95Pooled, false),
            ("hd95Directed", \.hausdorff95Directed, false),
            ("assd", \.averageSurfaceDistance, false),
        ]
}

/// Compares label maps class by class. One per thread: it keeps the working memory of its ``SurfaceComparison``.
public final class LabelMapComparison {
    /// In mm: surface within this distance counts as agreeing.
    public let tolerance: Double
    /// What empty masks count.
    public let policy: EmptyMaskPolicy
    private let surfaces = SurfaceComparison()

    public init(tolerance: Double, policy: EmptyMaskPolicy = EmptyMaskPolicy()) {
        (self.tolerance, self.policy) = (tolerance, policy)
    }

    /// The metrics of each of `classes`, in their order.
    ///
    /// - Parameters:
    ///   - classes: the label values.
    ///   - reference: the truth.
    ///   - prediction: on the reference's grid; the reference's spacing is used.
    public func metrics(of classes: [UInt8], reference: LabelMap, prediction: LabelMap) throws(MetricsError)
        -> [ClassMetrics]
    {
        let overlaps = try labelOverlaps(reference: reference, prediction: prediction)
        var result: [ClassMetrics] = []
        for value in classes {
            result.append(try metrics(of: value, overlaps[Int(value)], reference, prediction))
        }
        return result
    }

    /// The same with up to `jobs` classes measured at once, each with working memory of its own.
    public static func metrics(
        of classes: [UInt8], reference: LabelMap, prediction: LabelMap, tolerance: Double,
        policy: EmptyMaskPolicy = EmptyMaskPolicy(), jobs: Int
    ) async throws -> [ClassMetrics] {
        guard jobs > 1, classes.count > 1 else {
            return try LabelMapComparison(tolerance: tolerance, policy: policy)
                .metrics(of: classes, reference: reference, prediction: prediction)
        }
        let overlaps = try labelOverlaps(reference: reference, prediction: prediction)
        var result: [ClassMetrics] = []
        try await mapConcurrently(classes, jobs: min(jobs, classes.count)) { value in
            try LabelMapComparison(tolerance: tolerance, policy: policy)
                .metrics(of: value, overlaps[Int(value)], reference, prediction)
        } receive: { _, metrics in
            result.append(metrics)
        }
        return result
    }

    /// The metrics of a case whose prediction is missing: an empty prediction.
    public func metricsOfMissingPrediction(of classes: [UInt8], reference: LabelMap) throws(MetricsError)
        -> [ClassMetrics]
    {
        // Right by construction: as many zeros as the grid has voxels.
        let empty = try! LabelMap(grid: reference.grid, voxels: Array(repeating: 0, count: reference.voxels.count))
        return try metrics(of: classes, reference: reference, prediction: empty)
    }

    private func metrics(
        of value: UInt8, _ overlap: LabelOverlap, _ reference: LabelMap, _ prediction: LabelMap
    ) throws(MetricsError) -> ClassMetrics {
        let spacing = reference.grid.spacing
        let bothEmpty = overlap.reference == 0 && overlap.prediction == 0
        let oneEmpty = !bothEmpty && (overlap.reference == 0 || overlap.prediction == 0)
        let perfect = bothEmpty && policy.bothEmpty == .perfect

        func overlapScore(_ score: Double?) -> Double? { bothEmpty ? (perfect ? 1 : nil) : score ?? 0 }
        func distance(_ measured: Double?) -> Double? {
            if bothEmpty { return perfect ? 0 : nil }
            if oneEmpty { return policy.oneEmpty == .diagonal ? diagonal(reference.grid) : nil }
            return measured
        }

        let measured = !bothEmpty && !oneEmpty
        func surface(_ elements: SurfaceComparison.Elements) throws(MetricsError) -> SurfaceDistances? {
            guard measured else { return nil }
            return try surfaces.distances(
                of: value, reference: reference, prediction: prediction, box: overlap.box, elements: elements)
        }
        let surfels = try surface(.surfels), voxels = try surface(.borderVoxels)
        return ClassMetrics(
            value: value, dice: overlapScore(overlap.dice),
            intersectionOverUnion: overlapScore(overlap.intersectionOverUnion),
            precision: overlapScore(overlap.precision), recall: overlapScore(overlap.recall),
            referenceVolume: Double(overlap.reference) * spacing.voxelVolume,
            predictionVolume: Double(overlap.prediction) * spacing.voxelVolume,
            relativeVolumeError: perfect ? 0 : overlap.relativeVolumeError,
            surfaceDice: overlapScore(surfels?.surfaceDice(tolerance: tolerance)),
            hausdorff: distance(surfels?.hausdorff()), hausdorff95: distance(surfels?.hausdorff(0.95)),
            hausdorff95Pooled: distance(voxels?.pooledPercentile(0.95)),
            hausdorff95Directed: distance(voxels?.directedPercentile(0.95)),
            averageSurfaceDistance: distance(surfels?.averageSymmetric))
    }

    private func diagonal(_ grid: Grid) -> Double {
        let shape = grid.shape.components
        let extent = SIMD3(Double(shape.x), Double(shape.y), Double(shape.z)) * grid.spacing.components
        return (extent * extent).sum().squareRoot()
    }
}
