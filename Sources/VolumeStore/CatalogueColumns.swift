import Volumes

/// A ``ClassPresence`` in 32 bytes, for stores of millions of cases.
struct CompactPresence: Sendable, BitwiseCopyable {
    let value: UInt8
    let voxels: UInt32
    /// The axes of a NIfTI-1 file have at most 32 767 voxels.
    let lower, upper: (UInt16, UInt16, UInt16)
    let centroid: (Float, Float, Float)

    var presence: ClassPresence {
        ClassPresence(
            value: value, voxels: Int(voxels),
            box: VoxelBox(
                lower: SIMD3(Int(lower.0), Int(lower.1), Int(lower.2)),
                upper: SIMD3(Int(upper.0), Int(upper.1), Int(upper.2))),
            centroid: SIMD3(Double(centroid.0), Double(centroid.1), Double(centroid.2)))
    }
}

/// The arrays behind a catalogue: one entry per case, or per class presence, or per subject. All are plain memory, so that
/// ``CatalogueFile`` can keep them and hand them out again without copying.
struct CatalogueColumns: Sendable {
    var identifiers = Column<Int64>()
    var names = NameTable()
    var datasets = Column<Int32>()
    var subjects = Column<Int32>()
    var modalities = Column<UInt8>()
    /// Raw values of ``CaseSplit``.
    var officialSplits = Column<UInt8>(), paperSplits = Column<UInt8>()
    /// Three per case.
    var shapes = Column<Int32>()
    /// ``numbersPerCase`` per case: three rows of the affine, slope, intercept, clip window, mean, deviation.
    var numbers = Column<Double>()
    /// 1 or 0.
    var labelled = Column<UInt8>()
    /// Two per case: the token's 32 hexadecimal digits.
    var tokens = Column<UInt64>()
    var modalityNames = NameTable()
    var subjectNames = NameTable()

    /// The presences of case n are `presences[presenceStarts[n]..<presenceStarts[n + 1]]`.
    var presenceStarts = Column<Int>([0])
    var presences = Column<CompactPresence>()
    /// The cases that hold value v of dataset d are `holders[holderStarts[b]..<holderStarts[b + 1]]`, b = 256 d + v.
    var holderStarts = Column<Int>([0])
    var holders = Column<Int32>()
    var subjectStarts = Column<Int>([0])
    var subjectCases = Column<Int32>()

    static let numbersPerCase = 18

    // MARK: One case

    func shape(_ n: Int) -> GridShape {
        // Checked when it was read from the index.
        try! GridShape(Int(shapes[3 * n]), Int(shapes[3 * n + 1]), Int(shapes[3 * n + 2]))
    }

    func affine(_ n: Int) -> Affine {
        func column(_ c: Int) -> SIMD3<Double> { SIMD3(number(n, c), number(n, 4 + c), number(n, 8 + c)) }
        return try! Affine(columnI: column(0), columnJ: column(1), columnK: column(2), origin: column(3))
    }

    func quantisation(_ n: Int) -> Quantisation { Quantisation(slope: number(n, 12), intercept: number(n, 13)) }

    func normalisation(_ n: Int) -> IntensityNormalisation {
        IntensityNormalisation(
            clipLow: number(n, 14), clipHigh: number(n, 15), mean: number(n, 16), standardDeviation: number(n, 17))!
    }

    func token(_ n: Int) -> String {
        tokens[2 * n...2 * n + 1].map { half in
            let digits = String(half, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }

    private func number(_ n: Int, _ which: Int) -> Double { numbers[Self.numbersPerCase * n + which] }

    /// Adds what a case's volumes are. Returns `false` for a token that is not 32 hexadecimal digits.
    mutating func append(
        grid: Grid, quantisation: Quantisation, normalisation: IntensityNormalisation, isLabelled: Bool, token: String
    ) -> Bool {
        guard token.utf8.count == 32, let high = UInt64(token.prefix(16), radix: 16),
            let low = UInt64(token.suffix(16), radix: 16)
        else { return false }
        tokens.append(contentsOf: [high, low])
        shapes.append(contentsOf: [Int32(grid.shape.i), Int32(grid.shape.j), Int32(grid.shape.k)])
        for row in grid.affine.rows.prefix(3) { numbers.append(contentsOf: row) }
        numbers.append(contentsOf: [
            quantisation.slope, quantisation.intercept, normalisation.clipLow, normalisation.clipHigh,
            normalisation.mean, normalisation.standardDeviation,
        ])
        labelled.append(isLabelled ? 1 : 0)
        return true
    }

    // MARK: Inverse tables

    /// Fills the inverse tables from the others.
    mutating func invert(datasetCount: Int) {
        (holderStarts, holders) = Self.grouped(
            bucketCount: datasetCount * 256, count: presences.count,
            entries: { body in
                for n in 0..<names.count {
                    for p in presenceStarts[n]..<presenceStarts[n + 1] {
                        body(Int(datasets[n]) * 256 + Int(presences[p].value), Int32(n))
                    }
                }
            })
        (subjectStarts, subjectCases) = Self.grouped(
            bucketCount: subjectNames.count, count: names.count,
            entries: { body in for n in 0..<names.count { body(Int(subjects[n]), Int32(n)) } })
    }

    /// Sorts entries into buckets by counting, keeping their order within a bucket.
    private static func grouped(bucketCount: Int, count: Int, entries: ((Int, Int32) -> Void) -> Void)
        -> (starts: Column<Int>, entries: Column<Int32>)
    {
        var starts = [Int](repeating: 0, count: bucketCount + 1)
        entries { bucket, _ in starts[bucket + 1] += 1 }
        for bucket in 0..<bucketCount { starts[bucket + 1] += starts[bucket] }
        var next = starts
        var sorted = [Int32](repeating: 0, count: count)
        entries { bucket, entry in
            sorted[next[bucket]] = entry
            next[bucket] += 1
        }
        return (Column(starts), Column(sorted))
    }
}
