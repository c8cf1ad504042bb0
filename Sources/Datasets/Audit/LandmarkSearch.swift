import WorkerThreads

/// How one scan sits in another: array axes permuted and mirrored, then moved.
struct ScanPlacement: Hashable, Sendable {
    /// The number in ``CubeSymmetries``.
    let symmetry: Int
    /// Along the first scan's axes, in mm from the first scan's corner to the second's mirrored and permuted one.
    var shift: SIMD3<Double>

    init(symmetry: Int, shift: SIMD3<Double>) { (self.symmetry, self.shift) = (symmetry, shift) }

    /// Two boxes of the edge length 1 on top of each other.
    init(boxes symmetry: Int) {
        self.init(symmetry: symmetry, shift: .zero)
        for n in 0..<3 where axis(n).isMirrored { shift[axis(n).first] = 1 }
    }

    /// Which axis of the first scan an axis of the second runs along, and whether it runs the other way.
    func axis(_ second: Int) -> (first: Int, isMirrored: Bool) {
        (CubeSymmetries.axisOrders[symmetry / 8][second], symmetry >> second & 1 == 1)
    }

    /// The place in the first scan of a place in the second, both in mm from their corners.
    func place(_ second: SIMD3<Double>) -> SIMD3<Double> {
        var first = shift
        for n in 0..<3 {
            let (axis, isMirrored) = axis(n)
            first[axis] += isMirrored ? -second[n] : second[n]
        }
        return first
    }
}

/// Finds scans of which one is a part of the other, at whatever resolution, by their landmarks.
struct LandmarkSearch: Sendable {
    /// Two scans whose landmarks agree on one placement.
    struct Match: Hashable, Sendable {
        /// Places in the list of scans.
        let first, second: Int
        let placement: ScanPlacement
        /// Landmarks that agree on the placement, and how many could have.
        let agreeing, possible: Int
        /// The step of the lattice in mm.
        let step: Double
    }

    private let indices: [LandmarkIndex]

    /// - Parameters:
    ///   - scans: the landmarks of each scan.
    ///   - patients: whose scan each is; scans of one patient are not compared.
    init(_ scans: [ScanLandmarks], patients: [String]) {
        var numbers: [String: Int32] = [:]
        let numbered = patients.map { patient in
            if let number = numbers[patient] { return number }
            numbers[patient] = Int32(numbers.count)
            return numbers[patient]!
        }
        indices = ScanLandmarks.steps.map { step in
            LandmarkIndex(levels: scans.map { scan in scan.levels.first { $0.step == step } }, patients: numbered)
        }
    }

    /// Descriptions this near, squared, may be of one place.
    static let nearness: Float = 1.2
    /// The number of a scan's strongest landmarks that look for partners.
    private static let asking = 64
    /// How many scans with the most similar landmarks are looked at, when at least so many and such a part of those that asked
    /// found their nearest likeness there. Among many scans chance alone gives each a few.
    private static let (partners, fewestVotes, votesOfAsking) = (3, 3, 0.1)
    /// Fewer landmarks in one placement say nothing, nor does a smaller part of those that lie where the two overlap.
    private static let (fewest, fewestOfPossible) = (5, 0.1)

    /// Pairs that agree on a placement; by the later scan of a pair, and for each its best partners first.
    func matches(jobs: Int) async throws -> [Match] {
        var best: [Pair: Match] = [:]
        for index in indices {
            var pairs: Set<Pair> = []
            let scans = index.levels.indices.filter { index.levels[$0] != nil }
            try await mapConcurrently(scans, jobs: jobs, transform: { Self.promisingPairs(of: $0, in: index) }) {
                pairs.formUnion($1)
            }
            let ordered = pairs.sorted { ($0.b, $0.a) < ($1.b, $1.a) }
            try await mapConcurrently(ordered, jobs: jobs, transform: { Self.match($0, in: index) }) { pair, match in
                if let match, match.agreeing > best[pair]?.agreeing ?? 0 { best[pair] = match }
            }
        }
        return best.values.sorted { ($0.second, $1.agreeing, $0.first) < ($1.second, $0.agreeing, $1.first) }
    }

    private struct Pair: Hashable { let a, b: Int }

    /// A scan with those that most of its landmarks have their nearest likeness in; the earlier scan first.
    private static func promisingPairs(of scan: Int, in index: LandmarkIndex) -> [Pair] {
        var votes: [Int: Int] = [:]
        let asked = min(asking, index.levels[scan]!.count)
        for mark in 0..<asked {
            for other in index.nearest(scan, mark, within: nearness) { votes[other, default: 0] += 1 }
        }
        let enough = max(fewestVotes, Int(votesOfAsking * Double(asked)))
        return votes.filter { $0.value >= enough }.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(partners)
            .map { other, _ in Pair(a: min(scan, other), b: max(scan, other)) }
    }

    /// The placement that most landmarks agree on.
    private static func match(_ pair: Pair, in index: LandmarkIndex) -> Match? {
        guard let a = index.levels[pair.a], let b = index.levels[pair.b] else { return nil }
        let pairs: [(SIMD3<Float>, SIMD3<Float>)] = (0..<b.count).compactMap { m in
            var best = (distance: nearness, mark: -1)
            for n in 0..<a.count {
                let distance = a.distance(n, to: b, m, limit: best.distance)
                if distance < best.distance { best = (distance, n) }
            }
            return best.mark < 0 ? nil : (a.places[best.mark], b.places[m])
        }
        guard pairs.count >= fewest else { return nil }
        var best: (agreeing: Int, placement: ScanPlacement)?
        for symmetry in 0..<48 {
            let placement = ScanPlacement(symmetry: symmetry, shift: .zero)
            let shifts = pairs.map { SIMD3<Double>($0.0) - placement.place(SIMD3<Double>($0.1)) }
            guard let (shift, agreeing) = consensus(shifts, within: a.step) else { continue }
            if agreeing > best?.agreeing ?? 0 {
                best = (agreeing, ScanPlacement(symmetry: symmetry, shift: shift))
            }
        }
        guard let best, best.agreeing >= fewest else { return nil }
        let extent = a.places.reduce(SIMD3<Float>.zero) { pointwiseMax($0, $1) }
        let possible = b.places.count { place in
            let there = SIMD3<Float>(best.placement.place(SIMD3<Double>(place)))
            return all(there .>= 0) && all(there .<= extent)
        }
        guard Double(best.agreeing) >= fewestOfPossible * Double(min(possible, a.count)) else { return nil }
        return Match(
            first: pair.a, second: pair.b, placement: best.placement, agreeing: best.agreeing,
            possible: min(possible, a.count), step: a.step)
    }

    /// The shift that most others lie near, and how many do.
    private static func consensus(_ shifts: [SIMD3<Double>], within reach: Double) -> (SIMD3<Double>, Int)? {
        var cells: [SIMD3<Int>: [Int]] = [:]
        for (n, shift) in shifts.enumerated() {
            cells[SIMD3<Int>((shift / (2 * reach)).rounded(.down)), default: []].append(n)
        }
        guard let fullest = cells.max(by: { ($0.value.count, $1.value[0]) < ($1.value.count, $0.value[0]) })?.value
        else { return nil }
        var middle = fullest.reduce(SIMD3<Double>.zero) { $0 + shifts[$1] } / Double(fullest.count), agreeing = 0
        for _ in 0..<4 {
            let near = shifts.filter { shift in
                let away = shift - middle
                return (away * away).sum() <= reach * reach
            }
            guard !near.isEmpty else { break }
            (middle, agreeing) = (near.reduce(.zero, +) / Double(near.count), near.count)
        }
        return agreeing > 0 ? (middle, agreeing) : nil
    }
}
