import CKernels
import NIfTI
import Volumes

/// The blobs of one scan with what surrounds them, by which a part of it is recognised.
///
/// Places where the difference of two blurs is largest or smallest become landmarks. Their descriptions do not change with flips,
/// permuted axes, scale and offset of the intensities; where they lie tells how one scan sits in the other. A small scan has them
/// on its own voxels, for parts whose voxels are those of the whole. For parts at another resolution scans are brought to
/// lattices of fixed steps in millimetres, small ones only when there is one to compare with.
public struct ScanLandmarks: Sendable {
    /// The landmarks of one lattice.
    struct Level: Sendable {
        /// The lattice's step in mm, or 1 for voxels.
        let step: Double
        /// Places along i, j, k in mm, or in voxels, from the volume's first corner, the strongest first.
        let places: [SIMD3<Float>]
        /// Eighteen numbers per landmark, see `iris_landmark`, and zeros up to ``length``.
        let descriptions: [Float]

        var count: Int { places.count }
    }

    /// Numbers from one description to the next.
    static let length = Int(IRIS_NEIGHBOUR_NUMBERS)
    /// The steps of the lattices, in mm. A large volume has landmarks on the widest, a small one on the finest that it fills.
    static let steps = [6.0, 3, 1.5, 1]
    /// Of a lattice with more points only the middle is looked at, if it is the widest or the next one is thin; else it is left
    /// to the next wider one.
    private static let mostPoints = 300_000
    /// A volume with fewer points along some axis of a lattice may have twice as many points on the next finer one.
    private static let thin = 24.0
    /// The strongest landmarks that are kept of a lattice.
    private static let most = 512

    /// On the scan's own voxels; `nil` for a large volume and for one too thin for any.
    let voxels: Level?
    /// By ``steps``, as far as the volume fills them; `nil` for a scan with ``voxels``.
    let lattices: [Level]?

    init(_ bytes: UnsafeRawBufferPointer, datatype: NIfTIDatatype, grid: Grid) {
        let shape = grid.shape.components
        let isSmall = grid.shape.count <= Self.mostPoints && shape.min() >= Self.fewestPoints
        voxels = isSmall ? Self.onVoxels(bytes, datatype: datatype, shape: shape) : nil
        lattices = voxels == nil ? Self.onLattices(bytes, datatype: datatype, grid: grid) : nil
    }

    /// Fewer points along an axis have no landmarks between their margins.
    private static let fewestPoints = 2 * Int(IRIS_LANDMARK_MARGIN) + 4

    /// The landmarks on voxels.
    private static func onVoxels(_ bytes: UnsafeRawBufferPointer, datatype: NIfTIDatatype, shape: SIMD3<Int>) -> Level?
    {
        let count = shape.x * shape.y * shape.z
        return withUnsafeTemporaryAllocation(of: Float.self, capacity: 3 * count) { buffer in
            let (values, smooth) = (buffer.baseAddress!, buffer.baseAddress! + count)
            let smoother = smooth + count
            iris_values_as_float(datatype.kernelScalar, bytes.baseAddress, values, count, 1, 0)
            for n in 0..<count { values[n] = values[n].isFinite ? values[n] : 0 }
            iris_binomial_blur(values, shape.kernelSize, smoother, smooth)
            iris_binomial_blur(smooth, shape.kernelSize, values, smoother)
            return level(
                smooth, smoother, difference: values, count: shape, isWhole: true, corner: .zero, step: 1)
        }
    }

    /// The landmarks on lattices.
    static func onLattices(_ bytes: UnsafeRawBufferPointer, datatype: NIfTIDatatype, grid: Grid) -> [Level] {
        let extent = SIMD3<Double>(grid.shape.components) * grid.spacing.components
        var wider = 0.0
        return steps.compactMap { step in
            let count = (extent / step).rounded(.down)
            // A part of a volume that is thin on the wider lattice may be too thin for it.
            let limit = Double(wider < thin ? 2 * mostPoints : mostPoints)
            wider = count.min()
            guard count.min() >= Double(fewestPoints), (count.x * count.y * count.z) < 1e9,
                step == steps[0] || count.x * count.y * count.z <= limit
            else { return nil }
            return level(bytes, datatype: datatype, shape: grid.shape, extent: extent, step: step)
        }
    }

    /// The landmarks of the lattice with a step.
    private static func level(
        _ bytes: UnsafeRawBufferPointer, datatype: NIfTIDatatype, shape: GridShape, extent: SIMD3<Double>, step: Double
    ) -> Level? {
        // Cells as wide as the step where voxels are finer than half of that, else the voxels themselves.
        let voxels = shape.components
        var cells = SIMD3<Int>.zero
        for axis in 0..<3 {
            let steps = Int((extent[axis] / step).rounded(.up))
            cells[axis] = min(voxels[axis] > 2 * steps ? steps : voxels[axis], 512)
        }
        let means = [Float](unsafeUninitializedCapacity: cells.x * cells.y * cells.z) { means, initialized in
            iris_cell_means(
                bytes.baseAddress, datatype.kernelScalar, voxels.kernelSize, cells.kernelSize, 2, means.baseAddress)
            initialized = cells.x * cells.y * cells.z
        }
        let whole = SIMD3<Int>((extent / step).rounded(.down))
        var count = whole
        while count.x * count.y * count.z > mostPoints {
            let longest = (0..<3).max { count[$0] < count[$1] }!
            count[longest] = count[longest] * 9 / 10
        }
        let points = count.x * count.y * count.z
        let corner = SIMD3<Double>((whole &- count) / 2), cellStep = SIMD3<Double>(cells) * step / extent
        let lattice = [Float](unsafeUninitializedCapacity: points) { lattice, initialized in
            let made = iris_lattice(
                means, cells.kernelSize, [cellStep.x, cellStep.y, cellStep.z], [corner.x, corner.y, corner.z],
                count.kernelSize, lattice.baseAddress)
            precondition(made != 0, "no memory for a lattice of \(points) points")
            initialized = points
        }
        return level(lattice, count: count, corner: corner * step, step: step)
    }

    private static func level(_ lattice: [Float], count: SIMD3<Int>, corner: SIMD3<Double>, step: Double) -> Level? {
        let smooth = blurred(lattice, count, 1), smoother = blurred(lattice, count, 1.6)
        return withUnsafeTemporaryAllocation(of: Float.self, capacity: lattice.count) { difference in
            level(
                smooth, smoother, difference: difference.baseAddress!, count: count, isWhole: false, corner: corner,
                step: step)
        }
    }

    /// The landmarks of two blurs.
    private static func level(
        _ smooth: UnsafePointer<Float>, _ smoother: UnsafePointer<Float>, difference: UnsafeMutablePointer<Float>,
        count: SIMD3<Int>, isWhole: Bool, corner: SIMD3<Double>, step: Double
    ) -> Level? {
        let capacity = count.x * count.y * count.z / 27 + 1
        return withUnsafeTemporaryAllocation(of: iris_landmark.self, capacity: capacity) { marks in
            let kept = Int(
                iris_landmarks(
                    smooth, smoother, count.kernelSize, isWhole ? 1 : 0, difference, marks.baseAddress, Int64(capacity),
                    Int64(most)))
            guard kept > 0 else { return nil }
            let places = marks[..<kept].map { mark in
                SIMD3<Float>((SIMD3(Double(mark.i), Double(mark.j), Double(mark.k)) + 0.5) * step + corner)
            }
            let descriptions = [Float](unsafeUninitializedCapacity: kept * length) { numbers, initialized in
                for n in 0..<kept {
                    withUnsafeBytes(of: marks[n].descriptor) { descriptor in
                        let own = descriptor.bindMemory(to: Float.self)
                        for m in 0..<length { numbers[n * length + m] = m < own.count ? own[m] : 0 }
                    }
                }
                initialized = kept * length
            }
            return Level(step: step, places: places, descriptions: descriptions)
        }
    }

    /// A Gaussian blur by some lattice steps.
    private static func blurred(_ lattice: [Float], _ count: SIMD3<Int>, _ deviation: Double) -> [Float] {
        var result = lattice
        let shape = [Int32(count.x), Int32(count.y), Int32(count.z)], deviations = [deviation, deviation, deviation]
        var map = iris_pointwise(multiply: 1, add: 0, lower: -.infinity, upper: .infinity)
        withUnsafeTemporaryAllocation(byteCount: iris_blur_workspace(shape, deviations), alignment: 64) { workspace in
            iris_blur(&result, shape, &map, deviations, 0, 1, 0, 0, workspace.baseAddress)
        }
        return result
    }
}

extension SIMD3<Int> {
    fileprivate var kernelSize: [Int64] { [Int64(x), Int64(y), Int64(z)] }
}
