/// Finds images and labels that occur twice, exactly or nearly, among any number of datasets.
struct DuplicateSearch: Sendable {
    let cases: [CaseRecord]
    /// Files looked at again at once.
    let jobs: Int

    func findings() async throws -> [Finding] {
        let exact = ExactCopies(cases)
        let near = try await NearCopySearch(cases: cases, exact: exact, jobs: jobs).copies()
        return exactImages(exact) + exactLabels(besides: exact) + nearImages(near, besides: exact)
    }

    private func exactImages(_ exact: ExactCopies) -> [Finding] {
        var found: [Finding] = []
        for group in exact.groups {
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
        return found
    }

    private func exactLabels(besides exact: ExactCopies) -> [Finding] {
        var found: [Finding] = []
        let groups = ExactCopies.groups(cases) { $0.label?.classes.isEmpty == false ? $0.label?.digest : nil }
        for group in groups {
            for other in group.dropFirst() where !exact.contains(CasePair(group[0], other)) {
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

    /// What is true of one of exact copies is true of all.
    private func nearImages(_ copies: [NearCopySearch.Copy], besides exact: ExactCopies) -> [Finding] {
        var reasons: [CasePair: String] = [:]
        for copy in copies { reasons[copy.pair] = copy.reason }
        for copy in copies {
            for a in exact.copies(of: copy.pair.a) {
                for b in exact.copies(of: copy.pair.b) {
                    reasons[CasePair(a, b)] = reasons[CasePair(a, b)] ?? copy.reason
                }
            }
        }
        var found: [Finding] = []
        for (pair, reason) in reasons.sorted(by: { $0.key < $1.key }) where !exact.contains(pair) {
            let first = cases[pair.a], second = cases[pair.b]
            guard first.source.subject != second.source.subject || first.source.dataset != second.source.dataset else {
                continue
            }
            found.append(
                Finding(
                    .nearDuplicateImage, dataset: second.source.dataset, case: second.source.id,
                    file: second.image?.file,
                    expected: "a scan of its own",
                    found: "most likely the scan of \(first.name(besides: second)): \(reason)",
                    place: second.middle))
            found += acrossSplits(first, second, what: "most likely the same scan")
        }
        return found
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
