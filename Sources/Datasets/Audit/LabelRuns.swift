import CKernels
import NIfTI
import Volumes

/// The labelled voxels of one frame as runs along i.
struct LabelRuns: Sendable {
    let shape: GridShape
    /// Runs of equal labels other than 0, in the order of memory.
    let runs: [iris_label_run]

    /// Reads labels that are bytes.
    init(_ labels: UnsafeBufferPointer<UInt8>, shape: GridShape) {
        (self.shape, runs) = (shape, Self.runs(labels, shape: shape))
    }

    /// Reads stored labels and hands them, as bytes, with their runs to `body`: slope * x + intercept must be a whole number
    /// from 0 to 255, anything else counts as a fault and becomes 0.
    static func with<Result>(
        _ bytes: UnsafeRawBufferPointer, datatype: NIfTIDatatype, scaling: (slope: Double, intercept: Double)?,
        shape: GridShape,
        _ body: (LabelRuns, UnsafeBufferPointer<UInt8>, iris_label_faults) -> Result
    ) -> Result {
        var faults = iris_label_faults_none()
        if datatype == .uint8, scaling == nil {
            let labels = bytes.assumingMemoryBound(to: UInt8.self)
            return body(LabelRuns(labels, shape: shape), labels, faults)
        }
        let labels = [UInt8](unsafeUninitializedCapacity: shape.count) { labels, initialized in
            iris_label_bytes(
                bytes.baseAddress, datatype.kernelScalar, Int64(shape.count), 0, scaling?.slope ?? 1,
                scaling?.intercept ?? 0,
                labels.baseAddress, &faults)
            initialized = shape.count
        }
        return labels.withUnsafeBufferPointer { body(LabelRuns($0, shape: shape), $0, faults) }
    }

    private static func runs(_ labels: UnsafeBufferPointer<UInt8>, shape: GridShape) -> [iris_label_run] {
        let rows = Int64(shape.j * shape.k), ni = Int64(shape.i)
        var found: [iris_label_run] = []
        var capacity = max(shape.i * 4, shape.count / 256)
        var row: Int64 = 0
        while row < rows {
            found += [iris_label_run](unsafeUninitializedCapacity: capacity) { buffer, initialized in
                var done: Int64 = 0
                initialized = Int(
                    iris_label_runs(
                        labels.baseAddress! + Int(row * ni), ni, rows - row, UInt32(row), buffer.baseAddress,
                        Int64(capacity),
                        &done))
                row += done
            }
            capacity *= 2
        }
        return found
    }

    /// Voxels of each class, spread evenly over its runs: their places in memory by class value.
    func samples(_ most: Int) -> [Int: [Int64]] {
        var byClass: [Int: [Int]] = [:]
        for (n, run) in runs.enumerated() { byClass[Int(run.value), default: []].append(n) }
        return byClass.mapValues { mine in
            (0..<min(most, mine.count)).map { n in
                let run = runs[mine[n * mine.count / min(most, mine.count)]]
                return Int64(run.row) * Int64(shape.i) + Int64(run.start + run.end) / 2
            }
        }
    }

    /// The row j and slice k of a run.
    @inline(__always) func place(_ run: iris_label_run) -> (j: Int, k: Int) {
        (Int(run.row) % shape.j, Int(run.row) / shape.j)
    }
}

/// One class of one label map, measured.
public struct ClassMeasure: Hashable, Sendable {
    /// The label value.
    public let value: Int
    /// The number of voxels.
    public let voxels: Int
    /// The smallest box around it.
    public let box: VoxelBox
    /// The mean voxel index along i, j, k.
    public let centroid: SIMD3<Double>
    /// The sizes of its connected pieces (26 neighbours) in voxels, the largest first, at most sixteen.
    public let pieces: [Int]
    /// The number of its connected pieces.
    public let pieceCount: Int
    /// Pieces of one or two voxels beside a main piece at least a hundred times as large.
    public let specks: Int
    /// A voxel of the first speck.
    public let speckPlace: SIMD3<Int>?
    /// A voxel of the class near its centroid.
    public let place: SIMD3<Int>
}

extension LabelRuns {
    /// Every class that occurs, by ascending value.
    func classes() -> [ClassMeasure] {
        guard !runs.isEmpty else { return [] }
        var parents = [UInt32](repeating: 0, count: runs.count)
        iris_label_components(runs, Int64(runs.count), Int64(shape.j), &parents)
        var sizes = [Int](repeating: 0, count: runs.count)
        var sums = [ClassSums?](repeating: nil, count: 256)
        for (n, run) in runs.enumerated() {
            sizes[Int(parents[n])] += Int(run.end - run.start)
            let (j, k) = place(run)
            sums[Int(run.value)].addRun(Int(run.start), Int(run.end), j, k)
        }
        var pieces = [[(size: Int, run: Int)]](repeating: [], count: 256)
        for (n, size) in sizes.enumerated() where size > 0 { pieces[Int(runs[n].value)].append((size, n)) }
        let centroids = sums.map { $0?.centroid ?? .zero }
        var nearest = [(distance: Double, place: SIMD3<Int>)](repeating: (.infinity, .zero), count: 256)
        for run in runs {
            let (j, k) = place(run), value = Int(run.value), centre = centroids[value]
            let i = min(max(Int(centre.x.rounded()), Int(run.start)), Int(run.end) - 1)
            let d = SIMD3(Double(i), Double(j), Double(k)) - centre
            let distance = (d * d).sum()
            if distance < nearest[value].distance { nearest[value] = (distance, SIMD3(i, j, k)) }
        }
        return (1..<256).compactMap { value in
            sums[value].map { measure(value, $0, pieces: pieces[value], place: nearest[value].place) }
        }
    }

    private func measure(_ value: Int, _ sums: ClassSums, pieces: [(size: Int, run: Int)], place: SIMD3<Int>)
        -> ClassMeasure
    {
        let ordered = pieces.sorted { ($1.size, $0.run) < ($0.size, $1.run) }
        let main = ordered[0].size
        let specks = ordered.filter { $0.size <= 2 && main >= 100 * $0.size }
        let first = specks.min { $0.run < $1.run }.map { speck in
            let (j, k) = self.place(runs[speck.run])
            return SIMD3(Int(runs[speck.run].start), j, k)
        }
        return ClassMeasure(
            value: value, voxels: sums.voxels, box: sums.box, centroid: sums.centroid,
            pieces: ordered.prefix(16).map(\.size),
            pieceCount: pieces.count, specks: specks.count, speckPlace: first, place: place)
    }
}

/// The running sums of one class.
private struct ClassSums {
    var voxels = 0
    var sum = SIMD3<Int>.zero
    var lower: SIMD3<Int>, upper: SIMD3<Int>

    var box: VoxelBox { VoxelBox(lower: lower, upper: upper) }
    var centroid: SIMD3<Double> { SIMD3<Double>(sum) / Double(voxels) }
}

extension ClassSums? {
    @inline(__always) fileprivate mutating func addRun(_ start: Int, _ end: Int, _ j: Int, _ k: Int) {
        let low = SIMD3(start, j, k), high = SIMD3(end, j + 1, k + 1), length = end - start
        if self == nil { self = ClassSums(lower: low, upper: high) }
        self!.voxels += length
        // start + ... + (end - 1) = length * (start + end - 1) / 2, exactly.
        self!.sum &+= SIMD3(length * (start + end - 1) / 2, length * j, length * k)
        self!.lower = pointwiseMin(self!.lower, low)
        self!.upper = pointwiseMax(self!.upper, high)
    }
}
