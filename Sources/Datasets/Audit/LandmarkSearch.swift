import CKernels
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

/// Finds scans of which one is a part of the other by their landmarks.
struct LandmarkSearch: Sendable {
    /// Two scans whose landmarks agree on one placement.
    struct Match: Hashable, Sendable {
        /// Places in the list of scans.
        let first, second: Int
        let placement: ScanPlacement
        /// Landmarks that agree on the placement, and how many could have.
        let agreeing: Int
        /// The step of the lattice.
        let step: Double
    }

    /// How thorough a search is.
    struct Effort: Sendable {
        /// The number of a scan's strongest landmarks that look for partners, how many landmarks each looks at, and how many scans
        /// each names.
        let asking, looks, named: Int
        /// How many scans with the most similar landmarks are looked at, when at least so many and such a part of those that asked
        /// named them. Among many scans chance alone gives each a few.
        let partners, fewestVotes: Int
        let votesOfAsking: Double
        /// Descriptions this near, squared, may be of one place.
        let nearness: Float

        /// Descriptions of one place on the same voxels differ by noise alone.
        static let voxels = Effort(
            asking: 64, looks: 64, named: 1, partners: 3, fewestVotes: 3, votesOfAsking: 0.1,
            nearness: 0.1)
        static let lattices = Effort(
            asking: 64, looks: 512, named: 8, partners: 10, fewestVotes: 3, votesOfAsking: 0.05,
            nearness: 1.2)
    }

    /// The landmarks of all scans on lattices of one step.
    private struct Lattice: Sendable {
        /// By scan; `nil` for one that does not fill the lattice.
        let levels: [ScanLandmarks.Level?]
        let index: NeighbourIndex

        init(_ levels: [ScanLandmarks.Level?], patients: [Int32]) {
            self.levels = levels
            var points: [Float] = [], owners: [Int32] = []
            let count = levels.reduce(0) { $0 + ($1?.count ?? 0) }
            points.reserveCapacity(count * ScanLandmarks.length)
            owners.reserveCapacity(count)
            for (scan, level) in levels.enumerated() {
                guard let level else { continue }
                points += level.descriptions
                owners += repeatElement(Int32(scan), count: level.count)
            }
            index = NeighbourIndex(points: points, owners: owners, patients: patients)
        }
    }

    private let lattices: [Lattice]
    private let patients: [Int32]
    private let effort: Effort

    /// - Parameters:
    ///   - lattices: for each lattice the landmarks of each scan that fills it.
    ///   - patients: whose scan each is; scans of one patient are not compared.
    init(_ lattices: [[ScanLandmarks.Level?]], patients: [Int32], effort: Effort) {
        (self.patients, self.effort) = (patients, effort)
        self.lattices = lattices.map { Lattice($0, patients: patients) }
    }

    /// Fewer landmarks in one placement say nothing, nor does a smaller part of those that lie where the two overlap.
    private static let (fewest, fewestOfPossible) = (5, 0.1)
    /// Scans or pairs that one task looks at.
    private static let batch = 64

    /// Pairs that agree on a placement, those first that agree best.
    func matches(jobs: Int) async throws -> [Match] {
        var best: [Pair: Match] = [:]
        for lattice in lattices {
            var pairs: Set<Pair> = []
            let scans = lattice.levels.indices.filter { lattice.levels[$0] != nil }
            let (patients, effort) = (patients, effort)
            try await mapConcurrently(
                scans.batches(of: Self.batch), jobs: jobs,
                transform: {
                    $0.flatMap { Self.promisingPairs(of: $0, in: lattice, patients: patients, effort: effort) }
                }
            ) { pairs.formUnion($1) }
            let ordered = pairs.sorted { ($0.b, $0.a) < ($1.b, $1.a) }
            try await mapConcurrently(
                ordered.batches(of: Self.batch), jobs: jobs,
                transform: { $0.map { Self.match($0, in: lattice, nearness: effort.nearness) } }
            ) { pairs, matches in
                for case (let pair, let match?) in zip(pairs, matches)
                where match.agreeing > best[pair]?.agreeing ?? 0 { best[pair] = match }
            }
        }
        return best.values.sorted {
            ($1.agreeing, $0.second, $0.first) < ($0.agreeing, $1.second, $1.first)
        }
    }

    private struct Pair: Hashable { let a, b: Int }

    /// A scan with those that most of its landmarks have their nearest likeness in; the earlier scan first.
    private static func promisingPairs(
        of scan: Int, in lattice: Lattice, patients: [Int32], effort: Effort
    ) -> [Pair] {
        guard let level = lattice.levels[scan] else { return [] }
        var votes: [Int: Int] = [:]
        let asked = min(effort.asking, level.count)
        level.descriptions.withUnsafeBufferPointer { descriptions in
            for mark in 0..<asked {
                let nearest = lattice.index.nearest(
                    to: descriptions.baseAddress! + mark * ScanLandmarks.length, besides: patients[scan],
                    within: effort.nearness, looks: effort.looks, most: effort.named)
                for other in nearest { votes[other, default: 0] += 1 }
            }
        }
        let enough = max(effort.fewestVotes, Int(effort.votesOfAsking * Double(asked)))
        return votes.filter { $0.value >= enough }.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
            .prefix(effort.partners)
            .map { other, _ in Pair(a: min(scan, other), b: max(scan, other)) }
    }

    /// The placement that most landmarks agree on.
    private static func match(_ pair: Pair, in lattice: Lattice, nearness: Float) -> Match? {
        guard let a = lattice.levels[pair.a], let b = lattice.levels[pair.b] else { return nil }
        var partners = [Int32](repeating: -1, count: b.count)
        withUnsafeTemporaryAllocation(of: Float.self, capacity: Int(IRIS_LANDMARK_NUMBERS) * (a.count + 16)) {
            iris_match_landmarks(
                a.descriptions, Int64(a.count), b.descriptions, Int64(b.count), nearness, $0.baseAddress, &partners)
        }
        var first: [Float] = [], second: [Float] = []
        for (m, n) in partners.enumerated() where n >= 0 {
            for axis in 0..<3 {
                first.append(a.places[Int(n)][axis])
                second.append(b.places[m][axis])
            }
        }
        guard first.count / 3 >= fewest else { return nil }
        var symmetry: CInt = 0, shift = [0.0, 0, 0]
        let agreeing = Int(
            iris_best_placement(first, second, Int64(first.count / 3), Float(a.step), &symmetry, &shift))
        guard agreeing >= fewest else { return nil }
        let placement = ScanPlacement(symmetry: Int(symmetry), shift: SIMD3(shift[0], shift[1], shift[2]))
        let extent = a.places.reduce(SIMD3<Float>.zero) { pointwiseMax($0, $1) }
        let overlapping = b.places.count { place in
            let there = SIMD3<Float>(placement.place(SIMD3<Double>(place)))
            return all(there .>= 0) && all(there .<= extent)
        }
        let possible = min(overlapping, a.count)
        guard Double(agreeing) >= fewestOfPossible * Double(possible) else { return nil }
        return Match(
            first: pair.a, second: pair.b, placement: placement, agreeing: agreeing, step: a.step)
    }
}

extension Array {
    /// The elements in order, so many together.
    func batches(of size: Int) -> [ArraySlice<Element>] {
        stride(from: 0, to: count, by: size).map { self[$0..<Swift.min($0 + size, count)] }
    }
}
