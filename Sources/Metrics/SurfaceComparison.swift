import CKernels
import Volumes

/// Measures the distances between the surfaces of one class in two label maps.
///
/// Keeps its working memory between calls, so that a worker that compares many classes allocates only when a box is
/// larger than all before. Memory is linear in the joint bounding box of the class: two bits, four bytes of column
/// distances, and what the surfaces need. Not to be used by two threads at once.
public final class SurfaceComparison {
    /// What a surface is made of.
    public enum Elements: Sendable {
        /// Voxel corners between inside and outside, weighted by the area that passes there.
        case surfels
        /// Voxels of the mask with a face neighbour outside it, all of weight 1 (MedPy, MONAI).
        case borderVoxels
    }

    private var bits = Scratch<UInt64>()
    private var columns = Scratch<UInt16>()
    private var referencePoints = Scratch<iris_surface_point>()
    private var predictionPoints = Scratch<iris_surface_point>()
    private var transform = Scratch<UInt8>()
    private var sorting = Scratch<UInt32>()

    public init() {}

    /// The distances between the surfaces of `value` in two maps of one shape.
    ///
    /// - Parameters:
    ///   - value: the label value of the class.
    ///   - reference: the truth, whose spacing is used.
    ///   - prediction: on the same grid.
    ///   - box: the box that holds the class in either map, from ``LabelOverlap/box``.
    ///   - elements: what the surfaces are made of.
    /// - Throws: ``MetricsError/boxTooLarge(size:)`` beyond 65534 voxels along an axis.
    public func distances(
        of value: UInt8, reference: LabelMap, prediction: LabelMap, box: VoxelBox?, elements: Elements
    ) throws(MetricsError) -> SurfaceDistances {
        let none = DirectedDistances(distances: [], areas: [])
        guard let box else { return SurfaceDistances(referenceToPrediction: none, predictionToReference: none) }
        guard box.size.max() < 65535 else { throw .boxTooLarge(size: [box.size.x, box.size.y, box.size.z]) }
        let size = SIMD3<Int32>(truncatingIfNeeded: box.size), lower = SIMD3<Int32>(truncatingIfNeeded: box.lower)
        let spacing = reference.grid.spacing
        let points = elements == .surfels ? size &+ 1 : size
        let areas = elements == .surfels ? SurfelAreas(spacing: spacing).area : [Double](repeating: 1, count: 256)

        let referenceCount = findPoints(of: value, in: reference, lower, size, elements, &referencePoints)
        let predictionCount = findPoints(of: value, in: prediction, lower, size, elements, &predictionPoints)
        return SurfaceDistances(
            referenceToPrediction: directed(
                from: referencePoints, referenceCount, to: predictionPoints, predictionCount, points, spacing, areas),
            predictionToReference: directed(
                from: predictionPoints, predictionCount, to: referencePoints, referenceCount, points, spacing, areas))
    }

    private func findPoints(
        of value: UInt8, in labels: LabelMap, _ lower: SIMD3<Int32>, _ size: SIMD3<Int32>, _ elements: Elements,
        _ points: inout Scratch<iris_surface_point>
    ) -> Int {
        let words = Int64(size.x) / 64 + 1
        let shape = labels.grid.shape
        let bits = self.bits.reserve(Int(words) * Int(size.y) * Int(size.z))
        iris_mask_bits(
            labels.voxels, [Int64(shape.i), Int64(shape.j), Int64(shape.k)], value, lower.array, size.array, words, bits
        )
        let find = elements == .surfels ? iris_surfels : iris_border_voxels
        let count = find(bits, size.array, words, points.base, Int64(points.capacity))
        if count > points.capacity {
            _ = find(bits, size.array, words, points.reserve(Int(count)), count)
        }
        return Int(count)
    }

    private func directed(
        from: borrowing Scratch<iris_surface_point>, _ fromCount: Int, to: borrowing Scratch<iris_surface_point>,
        _ toCount: Int,
        _ size: SIMD3<Int32>, _ spacing: Spacing, _ areas: [Double]
    ) -> DirectedDistances {
        guard fromCount > 0, let fromPoints = from.base else { return DirectedDistances(distances: [], areas: []) }
        guard toCount > 0, let toPoints = to.base else {
            let weights = (0..<fromCount).map { areas[Int(fromPoints[$0].code)] }
            return DirectedDistances(distances: Array(repeating: .infinity, count: fromCount), areas: weights)
        }
        let stride = (Int64(size.x) + 15) / 16 * 16
        let columns = self.columns.reserve(Int(stride) * Int(size.y) * Int(size.z))
        iris_column_distances(toPoints, Int64(toCount), size.array, stride, columns)
        let scratch = transform.reserve(Int(iris_point_distances_scratch(size.array, Int64(fromCount))))
        let unsorted = [Double](unsafeUninitializedCapacity: fromCount) { distances, count in
            iris_point_distances(
                fromPoints, Int64(fromCount), columns, size.array, stride, [spacing.i, spacing.j, spacing.k], scratch,
                distances.baseAddress)
            count = fromCount
        }
        let order = sorting.reserve(4 * fromCount)
        iris_sort_order(unsorted, Int64(fromCount), order, order + fromCount)
        return DirectedDistances(
            distances: (0..<fromCount).map { unsorted[Int(order[$0])] },
            areas: (0..<fromCount).map { areas[Int(fromPoints[Int(order[$0])].code)] })
    }
}

extension SIMD3<Int32> {
    fileprivate var array: [Int32] { [x, y, z] }
}

/// A buffer that grows and is kept.
private struct Scratch<Element: BitwiseCopyable>: ~Copyable {
    private(set) var base: UnsafeMutablePointer<Element>?
    private(set) var capacity = 0

    /// Room for `count` elements of undefined content.
    mutating func reserve(_ count: Int) -> UnsafeMutablePointer<Element> {
        if count > capacity || base == nil {
            base?.deallocate()
            capacity = max(count, 64)
            base = .allocate(capacity: capacity)
        }
        return base!
    }

    deinit { base?.deallocate() }
}
