import CKernels

/// The landmarks of many scans on lattices of one step, sorted so that the nearest to a given one are found without looking at
/// all.
struct LandmarkIndex: Sendable {
    /// By scan; `nil` for one that does not fill the lattice.
    let levels: [ScanLandmarks.Level?]
    /// The patient of each scan, numbered.
    private let patients: [Int32]
    /// All descriptions, those of one cell together, with their scans; cell n begins at `starts[n]`.
    private let descriptions: [Float]
    private let owners: [Int32]
    private let starts: [Int]

    /// The numbers of a description by which it belongs to a cell, in steps of `width`, and the steps along each.
    private static let keys = [0, 6, 12, 17]
    private static let (width, side): (Float, Int) = (0.5, 12)

    init(levels: [ScanLandmarks.Level?], patients: [Int32]) {
        (self.levels, self.patients) = (levels, patients)
        var places: [(cell: Int, scan: Int, mark: Int)] = []
        for (scan, level) in levels.enumerated() {
            guard let level else { continue }
            for mark in 0..<level.count { places.append((Self.cell(Self.steps(level, mark)), scan, mark)) }
        }
        places.sort { ($0.cell, $0.scan, $0.mark) < ($1.cell, $1.scan, $1.mark) }
        var starts = [Int](repeating: 0, count: Self.side * Self.side * Self.side * Self.side + 1)
        for place in places { starts[place.cell + 1] += 1 }
        for cell in 1..<starts.count { starts[cell] += starts[cell - 1] }
        self.starts = starts
        owners = places.map { Int32($0.scan) }
        var descriptions: [Float] = []
        descriptions.reserveCapacity(places.count * ScanLandmarks.length)
        for place in places {
            let first = place.mark * ScanLandmarks.length
            descriptions += levels[place.scan]!.descriptions[first..<first + ScanLandmarks.length]
        }
        self.descriptions = descriptions
    }

    /// The two scans of other patients that have the landmarks most like one of a scan, within a squared distance.
    func nearest(_ scan: Int, _ mark: Int, within limit: Float) -> [Int] {
        guard let level = levels[scan] else { return [] }
        let place = Self.steps(level, mark)
        var best = [iris_likeness(distance: limit, owner: -1), iris_likeness(distance: limit, owner: -1)]
        level.descriptions.withUnsafeBufferPointer { wanted in
            descriptions.withUnsafeBufferPointer { descriptions in
                // The cell itself and, along each axis, the one that is nearer.
                for corner in 0..<16 {
                    var neighbour = place
                    for n in 0..<4 where corner >> n & 1 == 1 {
                        neighbour[n] += place[n] - place[n].rounded(.down) < 0.5 ? -1 : 1
                    }
                    let cell = Self.cell(neighbour)
                    let (start, end) = (starts[cell], starts[cell + 1])
                    guard end > start else { continue }
                    owners.withUnsafeBufferPointer { owners in
                        iris_nearest_landmarks(
                            descriptions.baseAddress! + start * ScanLandmarks.length, owners.baseAddress! + start,
                            patients, Int64(end - start), wanted.baseAddress! + mark * ScanLandmarks.length,
                            patients[scan], &best)
                    }
                }
            }
        }
        return best.map { Int($0.owner) }.filter { $0 >= 0 }
    }

    private static func steps(_ level: ScanLandmarks.Level, _ mark: Int) -> SIMD4<Float> {
        var place = SIMD4<Float>.zero
        for n in 0..<4 { place[n] = level.descriptions[mark * ScanLandmarks.length + keys[n]] / width }
        return place
    }

    private static func cell(_ place: SIMD4<Float>) -> Int {
        (0..<4).reduce(0) { cell, n in
            cell * side + max(0, min(side - 1, Int(place[n].rounded(.down)) + side / 2))
        }
    }
}
