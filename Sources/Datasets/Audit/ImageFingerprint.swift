import CKernels
import NIfTI
import Volumes

/// A compact signature of one scan, by which copies of it are recognised.
///
/// Three parts: a picture of the whole volume in 16 x 16 x 16 cells, a sketch of the finest detail in its middle, and
/// landmarks with their places. The picture survives resampling and smoothing, the sketch cropping, the landmarks both
/// together; all survive mirroring, permuted axes, and any scale and offset of the intensities.
public struct ImageFingerprint: Sendable {
    /// Cells along each axis.
    static let side = 16
    static let cellCount = side * side * side
    /// Cell means less the mean of their surroundings, brought to mean 0 and length 1, i fastest; empty for a constant image.
    ///
    /// What all bodies in a scanner have in common, a bright oval in the dark, is thereby gone.
    let picture: [Float]
    /// Means of ``picture`` over the 48 flips and permutations, one per class of equivalent cells, of length 1.
    let symmetricPicture: [Float]
    /// The smallest hashes of local detail, ascending and distinct.
    let sketch: [UInt64]
    let landmarks: ScanLandmarks

    private static let sketchSize = 256
    /// The edge of the box that is sketched, in voxels.
    private static let sketchBox = 80

    init(_ bytes: UnsafeRawBufferPointer, datatype: NIfTIDatatype, grid: Grid) {
        let shape = grid.shape
        picture = [Float](unsafeUninitializedCapacity: Self.cellCount) { cells, initialized in
            let side = Int64(Self.side)
            iris_cell_means(
                bytes.baseAddress, datatype.kernelScalar, [Int64(shape.i), Int64(shape.j), Int64(shape.k)],
                [side, side, side], 3, cells.baseAddress)
            initialized = iris_detail_picture(cells.baseAddress, CInt(side)) == 0 ? 0 : Self.cellCount
        }
        symmetricPicture = Self.symmetricMeans(picture)
        sketch = Self.sketch(bytes, datatype: datatype, shape: shape)
        landmarks = ScanLandmarks(bytes, datatype: datatype, grid: grid)
    }

    /// How alike the details are: the estimated fraction of the smaller scan's sketched details that the other has.
    func sharedDetails(with other: ImageFingerprint) -> (count: Int, fraction: Double) {
        var (a, b, shared) = (0, 0, 0)
        while a < sketch.count, b < other.sketch.count {
            if sketch[a] == other.sketch[b] { shared += 1 }
            (a, b) = (a + (sketch[a] <= other.sketch[b] ? 1 : 0), b + (other.sketch[b] <= sketch[a] ? 1 : 0))
        }
        let smaller = min(sketch.count, other.sketch.count)
        return (shared, smaller == 0 ? 0 : Double(shared) / Double(smaller))
    }

    /// The best correlation of the two pictures over the 48 flips and permutations, from -1 to 1, and the symmetry that
    /// takes this one's cells to the other's.
    func correlation(with other: ImageFingerprint) -> (value: Double, symmetry: Int) {
        guard !picture.isEmpty, !other.picture.isEmpty else { return (0, 0) }
        var symmetry: CInt = 0
        let value = iris_picture_correlation(picture, other.picture, &symmetry)
        return (Double(value), Int(symmetry))
    }

    /// A filter that is cheap to compute: pictures that correlate well mostly have symmetric means that do.
    func symmetricCorrelation(with other: ImageFingerprint) -> Double {
        guard symmetricPicture.count == other.symmetricPicture.count else { return 0 }
        var sum: Float = 0
        for n in 0..<symmetricPicture.count { sum += symmetricPicture[n] * other.symmetricPicture[n] }
        return Double(sum)
    }

    private static func symmetricMeans(_ picture: [Float]) -> [Float] {
        guard !picture.isEmpty else { return [] }
        var sums = [Float](repeating: 0, count: CubeSymmetries.classCount)
        for (n, value) in picture.enumerated() { sums[Int(CubeSymmetries.classes[n])] += value }
        // Weighted so that the scalar product is that of the symmetrised pictures.
        let means = zip(sums, CubeSymmetries.classSizes).map { $0 / Float($1).squareRoot() }
        let length = means.reduce(0) { $0 + $1 * $1 }.squareRoot()
        return length > 0 ? means.map { $0 / length } : []
    }

    private static func sketch(_ bytes: UnsafeRawBufferPointer, datatype: NIfTIDatatype, shape: GridShape) -> [UInt64] {
        // Half of each axis, so that small volumes cost little, and a bounded box of large ones.
        let size = shape.components.replacing(
            with: SIMD3(repeating: sketchBox), where: shape.components .> sketchBox * 2)
        let box = SIMD3(
            size.x == sketchBox ? sketchBox : max(min(24, shape.i), shape.i / 2),
            size.y == sketchBox ? sketchBox : max(min(24, shape.j), shape.j / 2),
            size.z == sketchBox ? sketchBox : max(min(24, shape.k), shape.k / 2))
        let lower = (shape.components &- box) / 2
        var values = [Float](repeating: 0, count: box.x * box.y * box.z)
        for k in 0..<box.z {
            for j in 0..<box.y {
                let from = shape.offset(lower.x, lower.y + j, lower.z + k) * datatype.bytesPerVoxel
                values.withUnsafeMutableBufferPointer {
                    iris_values_as_float(
                        datatype.kernelScalar, bytes.baseAddress! + from, $0.baseAddress! + box.x * (j + box.y * k),
                        box.x, 1, 0)
                }
            }
        }
        return [UInt64](unsafeUninitializedCapacity: sketchSize) { hashes, initialized in
            let kept = iris_sketch(
                values, Int64(box.x), Int64(box.y), Int64(box.z), hashes.baseAddress, Int64(sketchSize))
            precondition(kept >= 0, "no memory for a sketch")
            initialized = Int(kept)
        }
    }
}

/// The 48 flips and axis permutations of a cube of cells.
///
/// Symmetry 8 n + f makes the axis axisOrders[n][a] of the first cube the axis a of the second, mirrored when bit a of f is set.
enum CubeSymmetries {
    /// For each group of eight symmetries, which of a cell's coordinates becomes the first, second and third.
    static let axisOrders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]]

    /// For each cell, the number of its class of cells that symmetries exchange: those with the same distances from the
    /// nearest faces, in any order.
    static let classes: [UInt16] = {
        let side = ImageFingerprint.side
        var numbers: [SIMD3<Int>: UInt16] = [:]
        return (0..<ImageFingerprint.cellCount).map { cell in
            let place = [cell % side, cell / side % side, cell / side / side].map { min($0, side - 1 - $0) }.sorted()
            let key = SIMD3(place[0], place[1], place[2])
            if let number = numbers[key] { return number }
            numbers[key] = UInt16(numbers.count)
            return UInt16(numbers.count - 1)
        }
    }()

    static let classCount = Int(classes.max()!) + 1

    static let classSizes: [Int] = classes.reduce(into: [Int](repeating: 0, count: classCount)) { $0[Int($1)] += 1 }
}
