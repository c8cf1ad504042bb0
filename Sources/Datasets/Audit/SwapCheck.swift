import NIfTI
import Volumes

/// Looks for labels that fit another case's image: a second look, taken only at cases whose labels fit their own badly.
struct SwapCheck {
    let cases: [CaseRecord]
    /// The number of suspects that are looked at again, the worst first.
    private static let most = 8

    /// The usual contrast of the dataset's labels, when enough of them tell.
    private var usual: Double? {
        let values = cases.compactMap { $0.label?.agreement?.here }.sorted()
        return values.count >= 3 ? values[values.count / 2] : nil
    }

    private func isSuspect(_ record: CaseRecord, usual: Double) -> Bool {
        guard let agreement = record.label?.agreement else { return false }
        return agreement.isShifted || agreement.isMirrored || agreement.here < 0.7 * usual
    }

    /// Findings, and the cases among them whose labels were exchanged, for which other explanations fall away.
    func findings() -> (findings: [Finding], exchanged: Set<String>) {
        var found: [Finding] = [], exchanged: Set<String> = []
        for (a, b) in exchangedShapes() {
            found += report(a, b, evidence: "the shape of each label is that of the other's image")
            exchanged.formUnion([a.source.id, b.source.id])
        }
        guard let usual, usual >= 1.6 else { return (found, exchanged) }
        let suspects = cases.filter { isSuspect($0, usual: usual) }.sorted {
            $0.label!.agreement!.here < $1.label!.agreement!.here
        }
        .prefix(Self.most)
        for (n, b) in suspects.enumerated() {
            for a in suspects[..<n]
            where a.label!.grid.shape == b.label!.grid.shape && exchanged.isDisjoint(with: [a.source.id, b.source.id]) {
                guard let (ab, ba) = crossContrasts(a, b) else { continue }
                let (aa, bb) = (a.label!.agreement!.here, b.label!.agreement!.here)
                // Both must fit better, and together much better, than where they are.
                guard ab >= 1.15 * aa, ba >= 1.15 * bb, ab * ba >= 1.6 * aa * bb, max(ab, ba) >= 0.6 * usual else {
                    continue
                }
                found += report(
                    a, b,
                    evidence:
                        "contrasts of \(aa.short) and \(bb.short) at home, \(ab.short) and \(ba.short) when exchanged")
                exchanged.formUnion([a.source.id, b.source.id])
            }
        }
        for record in suspects where !exchanged.contains(record.source.id) {
            let agreement = record.label!.agreement!
            guard !agreement.isShifted, !agreement.isMirrored, usual >= 2.5, agreement.here < 1.25 else { continue }
            found.append(
                Finding(
                    .disagreeingLabel, dataset: record.source.dataset, case: record.source.id, file: record.label!.file,
                    expected: "boundaries with a contrast near \(usual.short), as usual in this dataset",
                    found: "\(agreement.here.short)",
                    place: record.label!.classes.first.map { .init(voxel: $0.place, frame: record.label!.frame) }))
        }
        return (found, exchanged)
    }

    private func report(_ a: CaseRecord, _ b: CaseRecord, evidence: String) -> [Finding] {
        [(a, b), (b, a)].map { one, other in
            Finding(
                .swappedLabels, dataset: one.source.dataset, case: one.source.id, file: one.label?.file,
                expected: "the label of \(one.source.id)",
                found: "that of \(other.source.id): \(evidence)",
                place: one.label?.classes.first.map { .init(voxel: $0.place, frame: one.label!.frame) })
        }
    }

    /// Pairs whose labels have the shapes of each other's images, where only one such partner exists.
    private func exchangedShapes() -> [(CaseRecord, CaseRecord)] {
        let wrong = cases.filter { $0.image != nil && $0.label != nil && !$0.sharesShape }
        var pairs: [(CaseRecord, CaseRecord)] = []
        for (n, b) in wrong.enumerated() {
            let partners = wrong[..<n].filter {
                $0.label!.grid.shape == b.image!.grid.shape && b.label!.grid.shape == $0.image!.grid.shape
            }
            if partners.count == 1 { pairs.append((partners[0], b)) }
        }
        return pairs
    }

    /// The contrast of each label on the other's image; `nil` when a file cannot be read any more.
    private func crossContrasts(_ a: CaseRecord, _ b: CaseRecord) -> (Double, Double)? {
        guard let ab = contrast(label: a, image: b), let ba = contrast(label: b, image: a) else { return nil }
        return (ab, ba)
    }

    private func contrast(label: CaseRecord, image: CaseRecord) -> Double? {
        guard case .file(let url, let frame)? = label.source.label, let labels = try? NIfTIFile.read(at: url.path),
            let voxels = try? NIfTIFile.read(at: image.source.image.file.path),
            let window = image.image?.window(header: voxels.header)
        else { return nil }
        return labels.withUnsafeBytes(frame: frame ?? 0) { bytes in
            LabelRuns.with(
                bytes, datatype: labels.header.datatype, scaling: labels.header.scaling, shape: labels.header.grid.shape
            ) { runs, values, _ in
                let probe = LabelProbe(runs, labels: values, budget: 600)
                return voxels.withUnsafeBytes(frame: image.source.image.frame ?? 0) {
                    probe.contrast(in: FrameVoxels(bytes: $0, datatype: voxels.header.datatype), window: window)
                }
            }
        }
    }
}
