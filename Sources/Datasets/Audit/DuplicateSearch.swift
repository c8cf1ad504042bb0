import Digests
import NIfTI
import WorkerThreads

/// Finds images and labels that occur twice, exactly or nearly, among any number of datasets.
struct DuplicateSearch: Sendable {
    let cases: [CaseRecord]
    /// Files looked at again at once.
    let jobs: Int

    /// Two scans that share this fraction of their sketched details, and at least this many, are one scan. Different
    /// scans share hardly any.
    static let (sharedFraction, sharedCount) = (0.08, 6)
    /// Or whose pictures correlate this well, and which then agree in the finest detail: at least so much, and half way
    /// from what other scans of the dataset share to all.
    static let (alike, sameDetail) = (0.9, 0.4)
    /// How many other scans tell what different scans share, and what is required where there are none.
    private static let (witnesses, withoutWitness) = (2, 0.75)
    /// What scans that share landmarks must agree in, in the finest detail. Copies reach 0.6 to 0.8, the best placed pair of
    /// many look-alikes 0.5.
    private static let placedDetail = 0.55
    /// Pairs are looked at again in the order of their likeness until those that turned out to be different hold more than this
    /// part of all voxels, and at least so many: every copy costs a look, look-alikes do not cost an audit.
    private static let (idleLooks, idlePart) = (8, 0.04)
    /// Pairs that are looked at together: few at first, then twice as many each time. What was found before decides whether to go
    /// on, so it is the same for any `jobs`.
    private static let (fewTogether, mostTogether) = (4, 64)

    func findings() async throws -> [Finding] {
        let (images, pairs) = exactImages()
        // Of scans with the same voxels the first stands for all in the search for those that are nearly the same.
        var scans = cases.indices.filter { cases[$0].image?.fingerprint != nil }
        let repeated = Set(pairs.map(\.b))
        scans.removeAll(where: repeated.contains)
        return try await images + exactLabels(besides: pairs) + nearImages(scans, besides: pairs)
    }

    /// A pair of places in ``cases``, the smaller first.
    private struct Pair: Hashable, Sendable {
        let a, b: Int
        init(_ x: Int, _ y: Int) { (a, b) = (min(x, y), max(x, y)) }
    }

    private func groups(_ digest: (CaseRecord) -> ContentDigest?) -> [[Int]] {
        var groups: [ContentDigest: [Int]] = [:]
        for (n, record) in cases.enumerated() {
            if let digest = digest(record) { groups[digest, default: []].append(n) }
        }
        return groups.values.filter { $0.count > 1 }.sorted { $0[0] < $1[0] }
    }

    private func exactImages() -> ([Finding], Set<Pair>) {
        var found: [Finding] = [], pairs: Set<Pair> = []
        for group in groups({ $0.image?.minimum == $0.image?.maximum ? nil : $0.image?.digest }) {
            for (n, b) in group.enumerated() { for a in group[..<n] { pairs.insert(Pair(a, b)) } }
            let first = cases[group[0]]
            for (n, other) in group.enumerated().dropFirst() {
                let record = cases[other]
                let sameLabel = record.label?.digest != nil && record.label?.digest == first.label?.digest
                found.append(
                    Finding(
                        .duplicateImage, dataset: record.source.dataset, case: record.source.id,
                        file: record.image?.file,
                        expected: "a scan of its own",
                        found:
                            "the voxels of \(first.name(besides: record))\(sameLabel ? ", with the same label" : "")",
                        place: record.middle))
                // The first may belong to no part of a split: whichever before it lies in another part is named.
                found +=
                    group[..<n].lazy.map { acrossSplits(cases[$0], record, what: "the same scan") }
                    .first { !$0.isEmpty } ?? []
            }
        }
        return (found, pairs)
    }

    private func exactLabels(besides pairs: Set<Pair>) -> [Finding] {
        var found: [Finding] = []
        for group in groups({ $0.label?.classes.isEmpty == false ? $0.label?.digest : nil }) {
            for other in group.dropFirst() where !pairs.contains(Pair(group[0], other)) {
                let record = cases[other]
                // The channels of one scan share their label rightly.
                guard
                    record.label?.file != cases[group[0]].label?.file
                        || record.label?.frame != cases[group[0]].label?.frame
                else { continue }
                for one in [record, cases[group[0]]] {
                    let partner = one.source.id == record.source.id ? cases[group[0]] : record
                    found.append(
                        Finding(
                            .duplicateLabel, dataset: one.source.dataset, case: one.source.id, file: one.label?.file,
                            expected: "a label of its own",
                            found: "the label of \(partner.name(besides: one)), whose image is another",
                            place: one.label.flatMap { $0.classes.first?.place }.map {
                                Finding.Place(voxel: $0, frame: one.label!.frame)
                            }))
                }
            }
        }
        return found
    }

    private func nearImages(_ scans: [Int], besides pairs: Set<Pair>) async throws -> [Finding] {
        var found: [Finding] = []
        var candidates: [Pair: (score: Double, reason: String)] = [:]
        for (pair, shared) in sharedDetails(scans) {
            candidates[pair] = (
                shared.fraction,
                "\(shared.count) details of the finest structure in common (\((100 * shared.fraction).short) %)"
            )
        }
        let patients = patients
        for (pair, score) in try await alikePictures(scans, besides: pairs.union(candidates.keys), patients: patients) {
            candidates[pair] = (
                score.detail,
                "pictures that correlate by \(score.picture.rounded(digits: 2)), and by \(score.detail.rounded(digits: 2)) in the finest detail"
            )
        }
        for (pair, score) in try await partsOfScans(scans, besides: pairs.union(candidates.keys), patients: patients) {
            candidates[pair] = (
                score.detail,
                "\(score.match.agreeing) landmarks in the same places where the two overlap, and a correlation of \(score.detail.rounded(digits: 2)) in the finest detail there"
            )
        }
        // What is true of the first of exact copies is true of all.
        var copies: [Int: [Int]] = [:]
        let first = Set(scans)
        for pair in pairs where first.contains(pair.a) { copies[pair.a, default: []].append(pair.b) }
        for (pair, candidate) in candidates {
            for a in [pair.a] + (copies[pair.a] ?? []) {
                for b in [pair.b] + (copies[pair.b] ?? []) { candidates[Pair(a, b)] = candidate }
            }
        }
        for (pair, candidate) in candidates.sorted(by: { ($0.key.a, $0.key.b) < ($1.key.a, $1.key.b) })
        where !pairs.contains(pair) {
            let first = cases[pair.a], second = cases[pair.b]
            guard first.source.subject != second.source.subject || first.source.dataset != second.source.dataset else {
                continue
            }
            found.append(
                Finding(
                    .nearDuplicateImage, dataset: second.source.dataset, case: second.source.id,
                    file: second.image?.file,
                    expected: "a scan of its own",
                    found: "most likely the scan of \(first.name(besides: second)): \(candidate.reason)",
                    place: second.middle))
            found += acrossSplits(first, second, what: "most likely the same scan")
        }
        return found
    }

    /// Whose scan each case is, numbered.
    private var patients: [Int32] {
        var numbers: [String: Int32] = [:]
        return cases.map { record in
            let name = "\(record.source.dataset) \(record.source.subject)"
            if let number = numbers[name] { return number }
            numbers[name] = Int32(numbers.count)
            return numbers[name]!
        }
    }

    /// Looks at pairs again, in order, until looking no longer pays; see ``idleLooks``.
    private func secondLooks<Suspect: Sendable, Copy: Sendable>(
        _ suspects: [Suspect], pair: @escaping @Sendable (Suspect) -> Pair,
        look: @escaping @Sendable (Suspect) -> Copy?, found: (Suspect, Copy) -> Void
    ) async throws {
        let bytes = cases.map { ($0.image?.grid.shape.count ?? 0) * ($0.image?.datatype.bytesPerVoxel ?? 0) }
        let enough = Int(Self.idlePart * Double(bytes.reduce(0, +)))
        var idle = 0, idleBytes = 0, settled: Set<Int> = []
        var rest = suspects[...], together = Self.fewTogether
        while !rest.isEmpty {
            if idle >= Self.idleLooks, idleBytes > enough { return }
            let batch = rest.prefix(together)
            rest = rest.dropFirst(together)
            together = min(2 * together, Self.mostTogether)
            // One partner is enough to know a scan for a copy, but the other scan of the pair may be a third copy.
            func isSettled(_ pair: Pair) -> Bool { settled.isSuperset(of: [pair.a, pair.b]) }
            let open = batch.filter { !isSettled(pair($0)) }
            try await mapConcurrently(open, jobs: jobs, transform: look) { suspect, copy in
                let pair = pair(suspect)
                if let copy {
                    if !isSettled(pair) { found(suspect, copy) }
                    settled.formUnion([pair.a, pair.b])
                } else {
                    idle += 1
                    idleBytes += bytes[pair.a] + bytes[pair.b]
                }
            }
        }
    }

    /// Scans whose pictures are alike and whose files, looked at again, agree in the finest detail. Only the most alike
    /// partner of each scan is looked at, beside the next ones as witnesses.
    private func alikePictures(_ scans: [Int], besides known: Set<Pair>, patients: [Int32]) async throws
        -> [Pair: (picture: Double, detail: Double)]
    {
        let index = PictureIndex(cases.map { $0.image?.fingerprint }, of: scans, patients: patients)
        var suspects: [AlikePictures] = [], seen: Set<Pair> = []
        for scan in scans {
            let partners = index.alike(scan, least: Self.alike - 0.15).filter { !known.contains(Pair($0, scan)) }
            let matches = partners.prefix(Self.witnesses + 1).map { partner -> AlikePictures.Match in
                let match = cases[partner].image!.fingerprint!.correlation(with: cases[scan].image!.fingerprint!)
                return .init(partner: partner, picture: match.value, symmetry: match.symmetry)
            }.sorted { ($1.picture, $0.partner) < ($0.picture, $1.partner) }
            guard let best = matches.first, best.picture >= Self.alike,
                seen.insert(Pair(best.partner, scan)).inserted
            else { continue }
            let witnesses = matches.dropFirst().filter {
                cases[$0.partner].source.dataset == cases[scan].source.dataset
                    && patients[$0.partner] != patients[best.partner]
            }
            suspects.append(AlikePictures(scan: scan, best: best, witnesses: Array(witnesses)))
        }
        suspects.sort { ($1.best.picture, $0.scan) < ($0.best.picture, $1.scan) }
        var found: [Pair: (Double, Double)] = [:]
        try await secondLooks(
            suspects, pair: { Pair($0.scan, $0.best.partner) },
            look: { suspect in
                let scan = suspect.scan
                guard let detail = detail(suspect.best.partner, scan, symmetry: suspect.best.symmetry),
                    detail >= Self.sameDetail
                else { return nil }
                let usual = suspect.witnesses.compactMap { self.detail($0.partner, scan, symmetry: $0.symmetry) }.max()
                return detail >= usual.map { 0.5 + 0.5 * max(0, $0) } ?? Self.withoutWitness ? detail : nil
            }
        ) { suspect, detail in
            found[Pair(suspect.scan, suspect.best.partner)] = (suspect.best.picture, detail)
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

    /// Scans that are parts of others, on the same voxels or at another resolution: many landmarks agree on how they lie to each
    /// other, and the finest detail agrees there too.
    private func partsOfScans(_ sketched: [Int], besides known: Set<Pair>, patients: [Int32]) async throws
        -> [Pair: (match: LandmarkSearch.Match, detail: Double)]
    {
        let landmarks = sketched.map { cases[$0].image!.fingerprint!.landmarks }
        let owners = sketched.map { patients[$0] }
        let onVoxels = LandmarkSearch([landmarks.map(\.voxels)], patients: owners, effort: .voxels)
        var found = try await parts(onVoxels, of: sketched, besides: known) { .voxels($0.placement) }
        if hasSeveralResolutions(sketched) {
            let lattices = try await lattices(of: sketched)
            let onLattices = LandmarkSearch(
                ScanLandmarks.steps.map { step in lattices.map { scan in scan.first { $0.step == step } } },
                patients: owners, effort: .lattices)
            found.merge(
                try await parts(onLattices, of: sketched, besides: known.union(found.keys)) {
                    .part($0.placement, within: $0.step / 2)
                }
            ) { first, _ in first }
        }
        return found
    }

    /// What a search proposes and the files confirm.
    private func parts(
        _ search: LandmarkSearch, of sketched: [Int], besides known: Set<Pair>,
        relation: @escaping @Sendable (LandmarkSearch.Match) -> CopyVerification.Relation
    ) async throws -> [Pair: (match: LandmarkSearch.Match, detail: Double)] {
        let matches = try await search.matches(jobs: jobs).filter {
            !known.contains(Pair(sketched[$0.first], sketched[$0.second]))
        }
        var found: [Pair: (LandmarkSearch.Match, Double)] = [:]
        try await secondLooks(
            matches, pair: { Pair(sketched[$0.first], sketched[$0.second]) },
            look: { match -> Double? in
                let verification = CopyVerification(
                    first: cases[sketched[match.first]].source.image,
                    second: cases[sketched[match.second]].source.image, relation: relation(match),
                    least: Self.placedDetail)
                return verification.correlation().flatMap { $0 >= Self.placedDetail ? $0 : nil }
            }
        ) { match, detail in
            found[Pair(sketched[match.first], sketched[match.second])] = (match, detail)
        }
        return found
    }

    /// Whether scans may be parts of others with voxels of another size: small scans whose voxels are all of one size cannot, and
    /// their landmarks on voxels tell everything.
    private func hasSeveralResolutions(_ sketched: [Int]) -> Bool {
        guard let first = sketched.first else { return false }
        let spacing = sortedSpacing(first)
        return sketched.contains { scan in
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
    private func lattices(of sketched: [Int]) async throws -> [[ScanLandmarks.Level]] {
        var lattices: [[ScanLandmarks.Level]] = []
        try await mapConcurrently(
            sketched, jobs: jobs,
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

    private func detail(_ a: Int, _ b: Int, symmetry: Int) -> Double? {
        CopyVerification(
            first: cases[a].source.image, second: cases[b].source.image, relation: .whole(symmetry: symmetry),
            least: Self.sameDetail
        ).correlation()
    }

    /// Pairs of cases with enough details in common, through an index from detail to cases.
    private func sharedDetails(_ scans: [Int]) -> [Pair: (count: Int, fraction: Double)] {
        var holders: [(hash: UInt64, scan: Int32)] = []
        for scan in scans {
            for hash in cases[scan].image!.fingerprint!.sketch { holders.append((hash, Int32(scan))) }
        }
        holders.sort { ($0.hash, $0.scan) < ($1.hash, $1.scan) }
        var counts: [Pair: Int] = [:], start = 0
        while start < holders.count {
            let end = holders[start...].firstIndex { $0.hash != holders[start].hash } ?? holders.count
            // A detail that many scans have is an artefact of how they were made.
            if end - start <= 8 {
                for n in start..<end {
                    for m in start..<n { counts[Pair(Int(holders[m].scan), Int(holders[n].scan)), default: 0] += 1 }
                }
            }
            start = end
        }
        var shared: [Pair: (Int, Double)] = [:]
        for (pair, count) in counts where count >= Self.sharedCount {
            let exact = cases[pair.a].image!.fingerprint!.sharedDetails(with: cases[pair.b].image!.fingerprint!)
            if exact.fraction >= Self.sharedFraction { shared[pair] = exact }
        }
        return shared
    }

    private func acrossSplits(_ a: CaseRecord, _ b: CaseRecord, what: String) -> [Finding] {
        for (name, first, second) in [
            ("official", a.source.officialSplit, b.source.officialSplit),
            ("paper's", a.source.paperSplit, b.source.paperSplit),
        ] {
            guard let first, let second, first != second else { continue }
            return [
                Finding(
                    .subjectInTwoSplits, dataset: b.source.dataset, case: b.source.id, file: b.image?.file,
                    expected: "a scan in one part of the \(name) split",
                    found:
                        "\(what) as \(a.name(besides: b)) in \(first.rawValue) and \(b.source.id) in \(second.rawValue)"
                )
            ]
        }
        return []
    }
}

extension CaseRecord {
    /// The case's id, with the dataset's name where it is another than the partner's.
    fileprivate func name(besides other: CaseRecord) -> String {
        source.dataset == other.source.dataset ? source.id : "\(source.dataset) \(source.id)"
    }

    fileprivate var middle: Finding.Place? {
        image.map { Finding.Place(voxel: $0.grid.shape.components / 2, frame: $0.frame) }
    }
}
