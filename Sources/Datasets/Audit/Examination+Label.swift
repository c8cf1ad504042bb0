import CKernels
import Digests
import FoundationEssentials
import NIfTI
import Volumes

/// What is measured and checked of a label and of how it fits its image.
extension Examination {
    mutating func examineLabel(_ url: URL, frame: Int, of record: inout CaseRecord, image: NIfTIImage?) {
        let source = record.source, path = examiner.path(url)
        let header: NIfTIHeader, labels: NIfTIImage?
        if let known = known[url] {
            (header, labels) = (known.header, known)
        } else {
            guard let read = read(url, role: .label, case: source.id) else { return }
            (header, labels) = read
            if let labels {
                known[url] = labels
                setDigest(labels.withUnsafeBytes { ContentHasher.digest(of: $0) }, of: path)
            }
        }
        guard frame < header.frameCount else {
            add(
                .invalidDimensions, case: source.id, file: path,
                expected: "at least \(frame + 1) frames along the fourth axis",
                found: "\(header.frameCount)")
            return
        }
        var label = LabelRecord(file: path, frame: frame, grid: header.grid, datatype: header.datatype)
        defer { record.label = label }
        compareGeometry(record, label: label)
        record.sharesShape = record.image?.grid.shape == header.grid.shape
        guard let labels else { return }
        let digest = header.frameCount == 1 ? result.files.last { $0.path == path }?.voxelDigest : nil
        label = self.label(
            labels, frame: frame, path: path, digest: digest, caseID: source.id,
            image: record.sharesShape ? image : nil, record: record)
        checkClasses(of: label, record: record)
    }

    mutating func compareGeometry(_ record: CaseRecord, label: LabelRecord) {
        guard let image = record.image else { return }
        let finding = GeometryCheck.disagreement(image: image.grid, label: label.grid) {
            Finding($0, dataset: examiner.dataset, case: record.source.id, file: label.file, expected: $1, found: $2)
        }
        guard var finding else { return }
        if record.source.ignoresLabelHeader, finding.code != .shapeMismatch {
            finding = Finding(
                .labelGeometryIgnored, dataset: finding.dataset, case: finding.caseID, file: finding.file,
                expected: finding.expected, found: finding.found)
        }
        result.findings.append(finding)
    }

    /// Measures one label frame and reports values that are no labels.
    mutating func label(
        _ labels: NIfTIImage, frame: Int, path: String, digest: ContentDigest?, caseID: String?,
        image: NIfTIImage? = nil,
        record: CaseRecord? = nil
    ) -> LabelRecord {
        let header = labels.header
        var label = LabelRecord(file: path, frame: frame, grid: header.grid, datatype: header.datatype)
        let faults = labels.withUnsafeBytes(frame: frame) { bytes in
            label.digest = digest ?? ContentHasher.digest(of: bytes)
            return LabelRuns.with(bytes, datatype: header.datatype, scaling: header.scaling, shape: header.grid.shape) {
                runs, values, faults in
                label.classes = runs.classes()
                label.isExamined = true
                if let image, let record, let window = record.image?.window(header: image.header) {
                    let probe = LabelProbe(runs, labels: values, budget: 600)
                    image.withUnsafeBytes(frame: record.image!.frame) { voxels in
                        let voxels = FrameVoxels(bytes: voxels, datatype: image.header.datatype)
                        label.agreement = LabelAgreement(probe, image: voxels, window: window)
                        label.airFractions = Self.airFractions(runs, voxels, record.image!, header: image.header)
                    }
                }
                return faults
            }
        }
        report(faults, header: header, frame: frame, path: path, case: caseID)
        let values = Set(examiner.classes.map(\.value)).union(examiner.ignoredValue.map { [$0] } ?? [])
        let unknown = label.classes.filter { !values.contains($0.value) }
        if !examiner.classes.isEmpty, !unknown.isEmpty || faults.above > 0 {
            let found =
                unknown.map { "\($0.value) in \($0.voxels) voxels" }
                + (faults.above > 0 ? ["values up to \(faults.highest.short) in \(faults.above) voxels"] : [])
            let place = unknown.first?.place ?? header.voxel(at: Int(max(0, faults.first_above)))
            add(
                .unknownLabel, case: caseID, file: path,
                expected: "values of the table (0, \(values.sorted().map(String.init).joined(separator: ", ")))",
                found: found.joined(separator: "; "), place: .init(voxel: place, frame: frame))
        }
        return label
    }

    /// For each class, the fraction of some of its voxels that show air.
    private static func airFractions(
        _ runs: LabelRuns, _ voxels: FrameVoxels, _ image: ImageRecord, header: NIfTIHeader
    ) -> [Int: Double] {
        guard let level = image.airLevel else { return [:] }
        return runs.samples(64).filter { $0.value.count >= 16 }.mapValues { places in
            let values = voxels.values(at: places).map { header.scaled(Double($0)) }
            return Double(values.count { $0 <= level }) / Double(values.count)
        }
    }

    private mutating func report(
        _ faults: iris_label_faults, header: NIfTIHeader, frame: Int, path: String, case caseID: String?
    ) {
        func place(_ index: Int64) -> Finding.Place { .init(voxel: header.voxel(at: Int(index)), frame: frame) }
        if faults.fractional > 0 {
            add(
                .fractionalLabel, case: caseID, file: path, expected: "whole label values",
                found: "\(faults.fractional) voxels such as \(faults.example.short)",
                place: place(faults.first_fractional))
        }
        if faults.negative > 0 {
            add(
                .negativeLabel, case: caseID, file: path, expected: "label values from 0 up",
                found: "\(faults.negative) voxels down to \(faults.lowest.short)", place: place(faults.first_negative))
        }
        if faults.special > 0 {
            add(
                .nonFiniteLabel, case: caseID, file: path, expected: "label values",
                found: "\(faults.special) voxels that are not finite",
                place: place(faults.first_special))
        }
    }

    /// Emptiness, anatomy and agreement of a label.
    mutating func checkClasses(of label: LabelRecord, record: CaseRecord) {
        let source = record.source
        if label.classes.isEmpty {
            add(.emptyLabel, case: source.id, file: label.file, expected: "labelled voxels", found: "background only")
            return
        }
        if let agreement = label.agreement {
            let place = Finding.Place(voxel: label.classes[0].place, frame: label.frame)
            if agreement.isShifted {
                add(
                    .shiftedLabel, case: source.id, file: label.file, expected: "boundaries where the image's are",
                    found:
                        "a contrast of \(agreement.here.short) there and of \(agreement.bestShifted.short) when moved by \(agreement.shift.asPlace) voxels",
                    place: place)
            } else if agreement.isMirrored {
                add(
                    .flippedLabel, case: source.id, file: label.file, expected: "boundaries where the image's are",
                    found:
                        "a contrast of \(agreement.here.short) there and of \(agreement.bestMirrored.short) when mirrored along axis \("ijk"[agreement.mirroredAxis])",
                    place: place)
            }
        }
        guard let affine = record.image?.affine ?? (source.label != nil ? label.grid.affine : nil) else { return }
        let dropped = Set(
            examiner.rules.filter { $0.modality == nil || $0.modality == source.modality }.flatMap(\.values))
        let anatomy = AnatomyCheck(
            label.classes.filter { !dropped.contains($0.value) }, classes: examiner.classes,
            structures: examiner.structures, affine: affine)
        result.findings += anatomy.findings { code, expected, found, measure in
            Finding(
                code, dataset: examiner.dataset, case: source.id, file: label.file, expected: expected, found: found,
                place: .init(voxel: measure.place, frame: label.frame))
        }
        for (organ, volume, limit) in anatomy.implausibleVolumes(affine: affine, shape: label.grid.shape) {
            add(
                .implausibleVolume, case: source.id, file: label.file,
                expected: "at \(volume > limit ? "most" : "least") \(limit.short) ml of \(organ.named.name)",
                found: "\(volume.short) ml", place: .init(voxel: organ.measured.place, frame: label.frame))
        }
        for organ in anatomy.organs where !organ.structure.holdsGas {
            guard let fraction = label.airFractions[organ.measured.value], fraction >= 0.9 else { continue }
            add(
                .labelInAir, case: source.id, file: label.file,
                expected: "\(organ.named.name) in the body, above \(record.image!.airLevel!.short)",
                found: "air in \((100 * fraction).short) % of its voxels",
                place: .init(voxel: organ.measured.place, frame: label.frame))
        }
    }
}

extension String {
    fileprivate subscript(_ n: Int) -> Character { self[index(startIndex, offsetBy: n)] }
}
