import Volumes

/// A ``ClassPresence`` in 32 bytes, for stores of millions of cases.
struct CompactPresence: Sendable {
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

/// The arrays behind a catalogue: one entry per case, or per class presence, or per subject.
struct CatalogueColumns: Sendable {
    var identifiers: [Int64] = []
    var names: [String] = []
    var datasets: [Int32] = []
    var subjects: [Int32] = []
    var modalities: [UInt8] = []
    var officialSplits: [CaseSplit] = [], paperSplits: [CaseSplit] = []
    var grids: [Grid] = []
    var normalisations: [IntensityNormalisation] = []
    var quantisations: [Quantisation] = []
    var labelled: [Bool] = []
    var tokens: [String] = []
    var modalityNames: [String] = []
    var subjectNames: [String] = []

    /// The presences of case n are `presences[presenceStarts[n]..<presenceStarts[n + 1]]`.
    var presenceStarts: [Int] = [0]
    var presences: [CompactPresence] = []
    /// The cases that hold value v of dataset d are `holders[holderStarts[b]..<holderStarts[b + 1]]`, b = 256 d + v.
    var holderStarts: [Int] = [0]
    var holders: [Int32] = []
    var subjectStarts: [Int] = [0]
    var subjectCases: [Int32] = []

    /// Fills the inverse tables from the others.
    mutating func invert(datasetCount: Int) {
        (holderStarts, holders) = Self.grouped(
            bucketCount: datasetCount * 256, count: presences.count,
            entries: { body in
                for n in names.indices {
                    for p in presenceStarts[n]..<presenceStarts[n + 1] {
                        body(Int(datasets[n]) * 256 + Int(presences[p].value), Int32(n))
                    }
                }
            })
        (subjectStarts, subjectCases) = Self.grouped(
            bucketCount: subjectNames.count, count: names.count,
            entries: { body in for n in names.indices { body(Int(subjects[n]), Int32(n)) } })
    }

    /// Sorts entries into buckets by counting, keeping their order within a bucket.
    private static func grouped(bucketCount: Int, count: Int, entries: ((Int, Int32) -> Void) -> Void)
        -> (starts: [Int], entries: [Int32])
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
        return (starts, sorted)
    }
}
