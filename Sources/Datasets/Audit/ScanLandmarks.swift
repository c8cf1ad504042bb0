import CKernels
import NIfTI
import Volumes

/// The blobs of one scan with what surrounds them, by which a part of it is recognised at another resolution.
///
/// The scan is brought to lattices of fixed steps in millimetres; on each, places where the difference of two blurs is largest
/// or smallest become landmarks. Their descriptions do not change with flips, permuted axes, scale and offset of the
/// intensities, and little with resampling; where they lie tells how one scan sits in the other.
public struct ScanLandmarks: Sendable {
    /// The landmarks of one lattice.
    struct Level: Sendable {
        /// The lattice's step in mm.
        let step: Double
        /// Places along i, j, k in mm from the volume's first corner, the strongest first.
        let places: [SIMD3<Float>]
        /// Eighteen numbers per landmark, see `iris_landmark`, and zeros up to ``length``.
        let descriptions: [Float]

        var count: Int { places.count }
    }

    /// Numbers from one description to the next.
    static let length = Int(IRIS_NEIGHBOUR_NUMBERS)
    /// The steps of the lattices, in mm. A large volume has landmarks on the widest, a small one on the finest that it fills.
    static let steps = [6.0, 3, 1.5, 1]
    /// A lattice with more points is left to the next wider one; of the widest only the middle is looked at.
    private static let mostPoints = 300_000
    /// A volume with fewer points along some axis of a lattice has twice as many points on the next finer one.
    private static let thin = 24.0
    /// The strongest landmarks that are kept of a lattice.
    private static let most = 512

    let levels: [Level]

    init(_ bytes: UnsafeRawBufferPointer, datatype: NIfTIDatatype, grid: Grid) {
        let extent = SIMD3<Double>(grid.shape.components) * grid.spacing.components
        var wider = 0.0
        levels = Self.steps.compactMap { step in
            let count = (extent / step).rounded(.down)
            // A part of a volume that is thin on the wider lattice may be too thin for it.
            let most = Double(wider < Self.thin ? 2 * Self.mostPoints : Self.mostPoints)
            wider = count.min()
            guard count.min() >= Double(2 * IRIS_LANDMARK_MARGIN + 4), (count.x * count.y * count.z) < 1e9,
                step == Self.steps[0] || count.x * count.y * count.z <= most
            else { return nil }
            return Self.level(bytes, datatype: datatype, shape: grid.shape, extent: extent, step: step)
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
        let capacity = lattice.count / 27 + 1
        let marks = withUnsafeTemporaryAllocation(of: Float.self, capacity: lattice.count) { difference in
            [iris_landmark](unsafeUninitializedCapacity: capacity) { marks, initialized in
                initialized = Int(
                    iris_landmarks(
                        smooth, smoother, count.kernelSize, difference.baseAddress, marks.baseAddress, Int64(capacity),
                        Int64(most)))
            }
        }
        guard !marks.isEmpty else { return nil }
        let places = marks.map { mark in
            SIMD3<Float>((SIMD3(Double(mark.i), Double(mark.j), Double(mark.k)) + 0.5) * step + corner)
        }
        var descriptions = [Float](repeating: 0, count: marks.count * length)
        for (n, mark) in marks.enumerated() {
            withUnsafeBytes(of: mark.descriptor) { numbers in
                for (m, number) in numbers.bindMemory(to: Float.self).enumerated() {
                    descriptions[n * length + m] = number
                }
            }
        }
        return Level(step: step, places: places, descriptions: descriptions)
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
