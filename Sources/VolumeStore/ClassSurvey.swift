import RandomNumbers
import Volumes

/// What a label map holds: for each class its size, box, centroid and a sample of its voxels.
public struct ClassSurvey: Sendable {
    /// The most voxels that a class is sampled with.
    public static let sampleLimit = 1024

    /// By rising value.
    public let classes: [ClassPresence]
    /// The sampled places of each entry of `classes`, rising.
    public let samples: [[UInt32]]

    /// That of a case without labels.
    static let empty = ClassSurvey(classes: [], samples: [])

    private init(classes: [ClassPresence], samples: [[UInt32]]) { (self.classes, self.samples) = (classes, samples) }

    /// Surveys `labels` in two passes over runs of equal values.
    ///
    /// A class with more than 1024 voxels is cut, in memory order, into 1024 parts of equal size (to one voxel) and one
    /// voxel is drawn from each, so the sample follows the class's extent; the draw depends on `seed` and the value only.
    /// - Precondition: at most 2^32 voxels.
    public init(of labels: UnsafeBufferPointer<UInt8>, shape: GridShape, seed: UInt64) {
        precondition(shape.count <= Int(UInt32.max), "a sampled place has 32 bits")
        classes = Self.presences(in: labels, shape: shape)
        var targets = classes.map { Self.ranks(count: $0.voxels, value: Int($0.value), seed: seed) }
        var place = [Int](repeating: -1, count: 256)
        for (n, entry) in classes.enumerated() { place[Int(entry.value)] = n }
        var seen = [Int](repeating: 0, count: classes.count), next = seen
        Self.forEachRun(in: labels, shape: shape) { value, start, length, j, k in
            let n = place[Int(value)]
            let rowStart = shape.offset(start, j, k), first = seen[n]
            seen[n] = first + length
            // A rank becomes the voxel's place; `next` is the first rank still to come.
            while next[n] < targets[n].count, Int(targets[n][next[n]]) < first + length {
                targets[n][next[n]] = UInt32(rowStart + Int(targets[n][next[n]]) - first)
                next[n] += 1
            }
        }
        samples = targets
    }

    /// Size, box and centroid of every class of a label map, by rising value, in one pass over runs of equal values.
    public static func presences(in labels: UnsafeBufferPointer<UInt8>, shape: GridShape) -> [ClassPresence] {
        precondition(labels.count == shape.count, "labels do not fill the shape")
        var tallies = [Tally](repeating: Tally(), count: 256)
        tallies.withUnsafeMutableBufferPointer { tallies in
            forEachRun(in: labels, shape: shape) { value, start, length, j, k in
                tallies[Int(value)].add(start: start, length: length, j: j, k: k)
            }
        }
        return (1...255).compactMap { tallies[$0].voxels > 0 ? tallies[$0].presence(value: UInt8($0)) : nil }
    }

    /// Ranks, among the `count` voxels of a class in memory order, of those to keep.
    private static func ranks(count: Int, value: Int, seed: UInt64) -> [UInt32] {
        guard count > sampleLimit else { return (0..<count).map(UInt32.init) }
        var generator = Philox(seed: seed, purpose: "class positions", UInt64(value))
        return (0..<sampleLimit).map { part in
            let lower = part * count / sampleLimit, upper = (part + 1) * count / sampleLimit
            return UInt32(lower + generator.index(below: upper - lower))
        }
    }

    /// Calls `body(value, i, length, j, k)` for each run of one non-zero value along i, in memory order.
    @inline(__always)
    private static func forEachRun(
        in labels: UnsafeBufferPointer<UInt8>, shape: GridShape, _ body: (UInt8, Int, Int, Int, Int) -> Void
    ) {
        guard let base = labels.baseAddress else { return }
        for k in 0..<shape.k {
            for j in 0..<shape.j {
                let row = base + shape.offset(0, j, k)
                var i = 0
                while i < shape.i {
                    // Most of a label map is background: 64 zeros at a time, then eight.
                    while i + 64 <= shape.i, isZero(row + i) { i += 64 }
                    while i + 8 <= shape.i, eight(row + i) == 0 { i += 8 }
                    guard i < shape.i else { break }
                    let value = row[i], start = i
                    if value != 0 {
                        let run = UInt64(value) &* 0x0101_0101_0101_0101
                        while i + 8 <= shape.i, eight(row + i) == run { i += 8 }
                    }
                    while i < shape.i && row[i] == value { i += 1 }
                    if value != 0 { body(value, start, i - start, j, k) }
                }
            }
        }
    }

    @inline(__always)
    private static func eight(_ labels: UnsafePointer<UInt8>) -> UInt64 {
        UnsafeRawPointer(labels).loadUnaligned(as: UInt64.self)
    }

    @inline(__always)
    private static func isZero(_ labels: UnsafePointer<UInt8>) -> Bool {
        var any: UInt64 = 0
        for n in 0..<8 { any |= eight(labels + 8 * n) }
        return any == 0
    }

    private struct Tally {
        var voxels = 0, sumI = 0, sumJ = 0, sumK = 0
        var lower = SIMD3<Int32>(repeating: .max), upper = SIMD3<Int32>(repeating: 0)

        mutating func add(start: Int, length: Int, j: Int, k: Int) {
            voxels += length
            sumI += length * start + length * (length - 1) / 2
            sumJ += length * j
            sumK += length * k
            lower = pointwiseMin(lower, SIMD3(Int32(start), Int32(j), Int32(k)))
            upper = pointwiseMax(upper, SIMD3(Int32(start + length), Int32(j + 1), Int32(k + 1)))
        }

        func presence(value: UInt8) -> ClassPresence {
            let n = Double(voxels)
            return ClassPresence(
                value: value, voxels: voxels,
                box: VoxelBox(
                    lower: SIMD3<Int>(truncatingIfNeeded: lower), upper: SIMD3<Int>(truncatingIfNeeded: upper)),
                centroid: SIMD3(Double(sumI) / n, Double(sumJ) / n, Double(sumK) / n))
        }
    }
}
