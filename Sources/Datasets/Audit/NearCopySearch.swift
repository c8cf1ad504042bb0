import NIfTI
import WorkerThreads

/// Finds scans that are nearly the same: by details of the finest structure that both have, by pictures that are alike, and by
/// landmarks that lie alike.
package struct NearCopySearch: Sendable {
    /// Two scans that are most likely one.
    struct Copy: Sendable {
        let pair: CasePair
        /// Why, in words.
        let reason: String
    }

    private let cases: [CaseRecord]
    /// Places in ``cases`` of the scans that are compared.
    private let scans: [Int]
    private let exact: ExactCopies
    /// Files looked at again at once.
    private let jobs: Int
    private let secondLooks: SecondLooks

    /// Two scans that share this fraction of their sketched details, and at least this many, are one scan. Different
    /// scans share hardly any.
    private static let (sharedFraction, sharedCount) = (0.08, 6)
    /// Or whose pictures correlate this well, and which then agree in the finest detail: half way at least from
    /// what other scans of the dataset share to all, thus at least half.
    private static let (alike, sameDetail) = (0.9, 0.5)
    /// How many other scans tell what different scans share, and what is required where there are none.
    private static let (witnesses, withoutWitness) = (2, 0.75)
    /// What scans that share landmarks must agree in, in the finest detail. Copies reach 0.6 to 0.8, the best placed pair of
    /// many look-alikes 0.5.
    private static let placedDetail = 0.55

    init(cases: [CaseRecord], exact: ExactCopies, jobs: Int) {
        (self.cases, self.exact, self.jobs) = (cases, exact, jobs)
        scans = exact.representatives
        secondLooks = SecondLooks(
            bytes: cases.map { ($0.image?.grid.shape.count ?? 0) * ($0.image?.datatype.bytesPerVoxel ?? 0) }, jobs: jobs
        )
    }

    /// All pairs found, in order.
    func copies() async throws -> [Copy] {
        var reasons: [CasePair: String] = [:]
        for (pair, shared) in sharedDetails() {
            reasons[pair] =
                "\(shared.count) details of the finest structure in common (\((100 * shared.fraction).short) %)"
        }
        for (pair, score) in try await alikePictures(besides: Set(reasons.keys)) {
            reasons[pair] =
                "pictures that correlate by \(score.picture.rounded(digits: 2)), and by \(score.detail.rounded(digits: 2)) in the finest detail"
        }
        for (pair, score) in try await partsOfScans(besides: Set(reasons.keys)) {
            reasons[pair] =
                "\(score.match.agreeing) landmarks in the same places where the two overlap, and a correlation of \(score.detail.rounded(digits: 2)) in the finest detail there"
        }
        return reasons.sorted { $0.key < $1.key }.map { Copy(pair: $0.key, reason: $0.value) }
    }

    /// Pairs of cases with enough details in common, through an index from detail to cases.
    private func sharedDetails() -> [CasePair: (count: Int, fraction: Double)] {
        var holders: [(hash: UInt64, scan: Int32)] = []
        for scan in scans {
            for hash in cases[scan].image!.fingerprint!.sketch { holders.append((hash, Int32(scan))) }
        }
        holders.sort { ($0.hash, $0.scan) < ($1.hash, $1.scan) }
        var counts: [CasePair: Int] = [:], start = 0
        while start < holders.count {
            let end = holders[start...].firstIndex { $0.hash != holders[start].hash } ?? holders.count
            // A detail that many scans have is an artefact of how they were made.
            if end - start <= 8 {
                for n in start..<end {
                    for m in start..<n { counts[CasePair(Int(holders[m].scan), Int(holders[n].scan)), default: 0] += 1 }
                }
            }
            start = end
        }
        var shared: [CasePair: (Int, Double)] = [:]
        for (pair, count) in counts
        where count >= Self.sharedCount && exact.patients[pair.a] != exact.patients[pair.b] {
            let exact = cases[pair.a].image!.fingerprint!.sharedDetails(with: cases[pair.b].image!.fingerprint!)
            if exact.fraction >= Self.sharedFraction { shared[pair] = exact }
        }
        return shared
    }

    /// Scans whose pictures are alike and whose files, looked at again, agree in the finest detail. Only the most alike
    /// partner of each scan is looked at, beside the next ones as witnesses.
    private func alikePictures(besides known: Set<CasePair>) async throws
        -> [CasePair: (picture: Double, detail: Double)]
    {
        let index = PictureIndex(cases.map { $0.image?.fingerprint }, of: scans, patients: exact.patients)
        var suspects: [AlikePictures] = [], seen: Set<CasePair> = []
        for scan in scans {
            let partners = index.alike(scan, least: Self.alike - 0.15).filter { !known.contains(CasePair($0, scan)) }
            let matches = partners.prefix(Self.witnesses + 1).map { partner -> AlikePictures.Match in
                let match = cases[partner].image!.fingerprint!.correlation(with: cases[scan].image!.fingerprint!)
                return .init(partner: partner, picture: match.value, symmetry: match.symmetry)
            }.sorted { ($1.picture, $0.partner) < ($0.picture, $1.partner) }
            guard let best = matches.first, best.picture >= Self.alike,
                seen.insert(CasePair(best.partner, scan)).inserted
            else { continue }
            let witnesses = matches.dropFirst().filter {
                cases[$0.partner].source.dataset == cases[scan].source.dataset
                    && !exact.haveOnePatient($0.partner, best.partner) && !exact.haveOnePatient($0.partner, scan)
                    && !known.contains(CasePair($0.partner, best.partner))
            }
            suspects.append(AlikePictures(scan: scan, best: best, witnesses: Array(witnesses)))
        }
        suspects.sort { ($1.best.picture, $0.scan) < ($0.best.picture, $1.scan) }
        var found: [CasePair: (Double, Double)] = [:]
        try await secondLooks.look(
            at: suspects, pair: { CasePair($0.scan, $0.best.partner) },
            look: { suspect in
                let best = suspect.best, scan = suspect.scan
                let detail = detail(best.partner, scan, symmetry: best.symmetry, least: Self.sameDetail)
                guard let detail, detail >= Self.sameDetail else { return nil }
                let isCopy = Self.isCopy(detail: detail, witnesses: suspect.witnesses) { witness, least in
                    self.detail(witness.partner, scan, symmetry: witness.symmetry, least: least)
                }
                return isCopy ? detail : nil
            }
        ) { suspect, detail in
            found[CasePair(suspect.scan, suspect.best.partner)] = (suspect.best.picture, detail)
        }
        return found
    }

    /// A scan with the one whose picture is most like its own, and the next ones.
    private struct AlikePictures: Sendable {
        struct Match: Sendable {
            let partner: Int
            let picture: Double
            let symmetry: Int
        }

        let scan: Int
        let best: Match
        let witnesses: [Match]
    }

    /// Whether scans that agree so much in the finest detail are one: half way, at least, from what the witnesses share to all.
    ///
    /// - Parameter share: the detail that a witness shares. Of one that shares less than the second argument nobody asks how much
    ///   less, since it changes nothing.
    package static func isCopy<Witness>(
        detail: Double, witnesses: [Witness], share: (Witness, _ least: Double) -> Double?
    ) -> Bool {
        let most = 2 * detail - 1
        let usual = witnesses.compactMap { share($0, most) }.max()
        return usual.map { max(0, $0) <= most } ?? (detail >= withoutWitness)
    }

    private func detail(_ a: Int, _ b: Int, symmetry: Int, least: Double) -> Double? {
        CopyVerification(
            first: cases[a].source.image, second: cases[b].source.image, relation: .whole(symmetry: symmetry),
            least: least
        ).correlation()
    }

    /// Scans that are parts of others, on the same voxels or at another resolution: many landmarks agree on how they lie to each
    /// other, and the finest detail agrees there too.
    private func partsOfScans(besides known: Set<CasePair>) async throws
        -> [CasePair: (match: LandmarkSearch.Match, detail: Double)]
    {
        let landmarks = scans.map { cases[$0].image!.fingerprint!.landmarks }
        let owners = scans.map { exact.patients[$0] }
        let onVoxels = LandmarkSearch([landmarks.map(\.voxels)], patients: owners, effort: .voxels)
        var found = try await parts(onVoxels, besides: known) { .voxels($0.placement) }
        if hasSeveralResolutions {
            let lattices = try await lattices()
            let onLattices = LandmarkSearch(
                ScanLandmarks.steps.map { step in lattices.map { scan in scan.first { $0.step == step } } },
                patients: owners, effort: .lattices)
            found.merge(
                try await parts(onLattices, besides: known.union(found.keys)) {
                    .part($0.placement, within: $0.step / 2)
                }
            ) { first, _ in first }
        }
        return found
    }

    /// What a search proposes and the files confirm.
    private func parts(
        _ search: LandmarkSearch, besides known: Set<CasePair>,
        relation: @escaping @Sendable (LandmarkSearch.Match) -> CopyVerification.Relation
    ) async throws -> [CasePair: (match: LandmarkSearch.Match, detail: Double)] {
        let matches = try await search.matches(jobs: jobs).filter {
            !known.contains(CasePair(scans[$0.first], scans[$0.second]))
        }
        var found: [CasePair: (LandmarkSearch.Match, Double)] = [:]
        try await secondLooks.look(
            at: matches, pair: { CasePair(scans[$0.first], scans[$0.second]) },
            look: { match -> Double? in
                let verification = CopyVerification(
                    first: cases[scans[match.first]].source.image,
                    second: cases[scans[match.second]].source.image, relation: relation(match),
                    least: Self.placedDetail)
                return verification.correlation().flatMap { $0 >= Self.placedDetail ? $0 : nil }
            }
        ) { match, detail in
            found[CasePair(scans[match.first], scans[match.second])] = (match, detail)
        }
        return found
    }

    /// Whether scans may be parts of others with voxels of another size: small scans whose voxels are all of one size cannot, and
    /// their landmarks on voxels tell everything.
    private var hasSeveralResolutions: Bool {
        guard let first = scans.first else { return false }
        let spacing = sortedSpacing(first)
        return scans.contains { scan in
            let ratio = sortedSpacing(scan) / spacing
            let hasLattices = cases[scan].image!.fingerprint!.landmarks.lattices?.isEmpty == false
            return hasLattices || ratio.min() < 0.99 || ratio.max() > 1.01
        }
    }

    private func sortedSpacing(_ scan: Int) -> SIMD3<Double> {
        let spacing = cases[scan].image!.grid.spacing.components
        let (low, high) = (spacing.min(), spacing.max())
        return SIMD3(low, spacing.sum() - low - high, high)
    }

    /// The landmarks of scans on lattices; files of small scans are read again.
    private func lattices() async throws -> [[ScanLandmarks.Level]] {
        var lattices: [[ScanLandmarks.Level]] = []
        try await mapConcurrently(
            scans, jobs: jobs,
            transform: { scan in
                let image = cases[scan].image!
                if let known = image.fingerprint!.landmarks.lattices { return known }
                // A file that is gone by now, or another one, has no copies that could be looked at either.
                guard let file = try? NIfTIFile.read(at: cases[scan].source.image.file.path),
                    file.header.grid.shape == image.grid.shape, file.header.datatype == image.datatype,
                    image.frame < file.header.frameCount
                else { return [] }
                return file.withUnsafeBytes(frame: image.frame) {
                    ScanLandmarks.onLattices($0, datatype: image.datatype, grid: image.grid)
                }
            }
        ) { lattices.append($1) }
        return lattices
    }
}
