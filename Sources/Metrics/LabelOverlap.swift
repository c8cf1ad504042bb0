import CKernels
import Volumes

/// How many voxels of one class the reference and the prediction hold, alone and together.
public struct LabelOverlap: Hashable, Sendable {
    /// Voxels of the class in the reference.
    public let reference: Int
    /// Voxels of the class in the prediction.
    public let prediction: Int
    /// Voxels that both give to the class: true positives.
    public let both: Int
    /// The box that holds the class in either map; `nil` when it occurs in neither.
    public let box: VoxelBox?

    init(_ counts: iris_label_counts) {
        (reference, prediction, both) = (Int(counts.reference), Int(counts.prediction), Int(counts.both))
        let lower = SIMD3(Int(counts.lower.0), Int(counts.lower.1), Int(counts.lower.2))
        let upper = SIMD3(Int(counts.upper.0), Int(counts.upper.1), Int(counts.upper.2))
        box = lower.x < upper.x ? VoxelBox(lower: lower, upper: upper) : nil
    }

    /// 2|A ∩ B| / (|A| + |B|); `nil` when both are empty.
    public var dice: Double? { ratio(2 * both, reference + prediction) }

    /// |A ∩ B| / |A ∪ B|, the Jaccard index; `nil` when both are empty.
    public var intersectionOverUnion: Double? { ratio(both, reference + prediction - both) }

    /// The share of predicted voxels that are right; `nil` when nothing is predicted.
    public var precision: Double? { ratio(both, prediction) }

    /// The share of reference voxels that are found; `nil` when the reference is empty.
    public var recall: Double? { ratio(both, reference) }

    /// (|prediction| - |reference|) / |reference|; `nil` when the reference is empty.
    public var relativeVolumeError: Double? { ratio(prediction - reference, reference) }

    private func ratio(_ numerator: Int, _ denominator: Int) -> Double? {
        denominator == 0 ? nil : Double(numerator) / Double(denominator)
    }
}

/// The overlap of every label value 0...255 of two maps, counted in one pass.
///
/// - Throws: ``MetricsError/shapeMismatch(prediction:reference:)``.
public func labelOverlaps(reference: LabelMap, prediction: LabelMap) throws(MetricsError) -> [LabelOverlap] {
    let shape = reference.grid.shape
    guard shape == prediction.grid.shape else {
        throw .shapeMismatch(prediction: prediction.grid.shape, reference: shape)
    }
    var counts = [iris_label_counts](repeating: iris_label_counts(), count: 256)
    iris_label_overlap(reference.voxels, prediction.voxels, [Int64(shape.i), Int64(shape.j), Int64(shape.k)], &counts)
    return counts.map(LabelOverlap.init)
}
