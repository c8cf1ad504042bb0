import CKernels
import Digests
import FoundationEssentials
import NIfTI
import Volumes

/// How thorough an audit is.
public struct AuditOptions: Sendable {
    /// Read headers only: no voxels, no checksums.
    public var headersOnly: Bool
    /// Compute the SHA-256 of every file, for a lock file.
    public var digestsFiles: Bool

    public init(headersOnly: Bool = false, digestsFiles: Bool = false) {
        (self.headersOnly, self.digestsFiles) = (headersOnly, digestsFiles)
    }
}

/// Cases that share an image file, or one file outside every case: what one worker examines at a time.
struct ExaminationUnit: Sendable {
    var cases: [SourceCase] = []
    /// A NIfTI file that belongs to no case.
    var extra: (file: URL, role: FileRecord.Role)?
}

/// What examining a unit gave.
struct ExaminationResult: Sendable {
    var cases: [CaseRecord] = []
    var files: [FileRecord] = []
    var findings: [Finding] = []
}

/// Reads each file of a unit once and measures and checks all that can be told from the unit alone.
struct CaseExaminer: Sendable {
    let dataset: String
    let root: String
    let classes: [ManifestClass]
    let structures: StructureCatalogue
    let rules: [LabelRule]
    let ignoredValue: Int?
    let probabilityRule: ProbabilityLabelRule?
    let options: AuditOptions

    /// The path of a file below the source folder.
    func path(_ url: URL) -> String {
        let path = url.path
        return path.hasPrefix(root + "/") ? String(path.dropFirst(root.count + 1)) : path
    }

    func examine(_ unit: ExaminationUnit) -> ExaminationResult {
        var examination = Examination(examiner: self)
        if let extra = unit.extra { examination.examineExtra(extra.file, role: extra.role) }
        examination.examine(unit.cases)
        return examination.result
    }
}

/// One unit while it is being examined.
struct Examination {
    let examiner: CaseExaminer
    var result = ExaminationResult()
    /// Label files read before in this unit: the frames of a cine share theirs.
    private var known: [URL: NIfTIImage] = [:]

    init(examiner: CaseExaminer) { self.examiner = examiner }

    mutating func add(
        _ code: FindingCode, severity: Severity? = nil, case caseID: String?, file: String?, expected: String,
        found: String,
        fix: String? = nil, place: Finding.Place? = nil
    ) {
        result.findings.append(
            Finding(
                code, severity: severity, dataset: examiner.dataset, case: caseID, file: file, expected: expected,
                found: found,
                fix: fix, place: place))
    }

    /// Header and, unless only headers are wanted, voxels of a file; `nil` after reporting why not.
    private mutating func read(_ url: URL, role: FileRecord.Role, case caseID: String?) -> (NIfTIHeader, NIfTIImage?)? {
        let path = examiner.path(url)
        var record = FileRecord(path: path, role: role)
        defer { result.files.append(record) }
        do {
            let header: NIfTIHeader, image: NIfTIImage?
            if examiner.options.headersOnly {
                header = try NIfTIFile.readHeader(at: url.path)
                image = nil
            } else {
                let read = try NIfTIFile.read(at: url.path, digestingFile: examiner.options.digestsFiles)
                (header, image) = (read.header, read)
                record.size = read.file.size
                record.fileDigest = read.fileDigest
                record.voxelBytes = header.voxelBytes
                if read.file.excessBytes > 0 {
                    add(
                        .excessBytes, case: caseID, file: path,
                        expected: "\(header.voxelOffset + header.voxelBytes) bytes by the header",
                        found: "\(read.file.excessBytes) more")
                }
            }
            record.header = header
            result.findings += GeometryCheck.findings(of: header, file: path) { code, expected, found in
                Finding(code, dataset: examiner.dataset, case: caseID, file: path, expected: expected, found: found)
            }
            return (header, image)
        } catch {
            // A damaged stream can hide behind a header that makes no sense.
            var cause = error
            if let damage = try? NIfTIFile.gzipDamage(at: url.path) { cause = .gzip(file: url.path, damage: damage) }
            result.findings.append(.refusal(cause, dataset: examiner.dataset, case: caseID, file: path))
            return nil
        }
    }

    private mutating func setDigest(_ digest: ContentDigest?, of path: String) {
        if let index = result.files.lastIndex(where: { $0.path == path }) { result.files[index].voxelDigest = digest }
    }

    /// A file that belongs to no case: whatever can be told from it alone.
    mutating func examineExtra(_ url: URL, role: FileRecord.Role) {
        let path = examiner.path(url)
        guard let (header, image) = read(url, role: role, case: nil), let image else { return }
        if role == .label {
            let digest = image.withUnsafeBytes { ContentHasher.digest(of: $0) }
            setDigest(digest, of: path)
            _ = label(image, frame: 0, path: path, digest: digest, caseID: nil)
        } else {
            let census = image.withUnsafeBytes { VoxelCensus($0, datatype: header.datatype) }
            setDigest(census.digest, of: path)
            report(census, header: header, path: path, case: nil)
        }
    }

    mutating func examine(_ cases: [SourceCase]) {
        guard let first = cases.first else { return }
        let caseID = cases.count == 1 ? first.id : nil
        let path = examiner.path(first.image.file)
        let read = read(first.image.file, role: .image, case: caseID)
        var census: VoxelCensus?
        if let read, let image = read.1 {
            let header = read.0
            let whole = image.withUnsafeBytes { VoxelCensus($0, datatype: header.datatype) }
            census = whole
            setDigest(whole.digest, of: path)
            report(whole, header: header, path: path, case: caseID)
        }
        for source in cases { examine(source, header: read?.0, image: read?.1, census: census) }
    }

    /// NaN, infinities and constancy.
    private mutating func report(_ census: VoxelCensus, header: NIfTIHeader, path: String, case caseID: String?) {
        let place = census.firstSpecial.map {
            Finding.Place(voxel: header.voxel(at: $0), frame: $0 / header.grid.shape.count)
        }
        let total = header.voxelCount
        if census.nans > 0 {
            add(
                .notANumber, case: caseID, file: path, expected: "\(total) numbers",
                found: "\(census.nans) that are none", place: place)
        }
        if census.infinities > 0 {
            add(
                .infiniteValue, case: caseID, file: path, expected: "\(total) finite numbers",
                found: "\(census.infinities) infinite ones", place: place)
        }
        if let minimum = census.minimum, minimum == census.maximum {
            add(
                .constantImage, case: caseID, file: path, expected: "an image",
                found: "\(header.scaled(minimum).short) everywhere")
        }
    }

    private mutating func examine(
        _ source: SourceCase, header: NIfTIHeader?, image: NIfTIImage?, census: VoxelCensus?
    ) {
        var record = CaseRecord(source: source)
        if let header { record.image = imageRecord(source, header: header, image: image, census: census) }
        switch source.label {
        case .file(let url, let frame):
            examineLabel(url, frame: frame ?? 0, of: &record, image: image)
        case .probabilityMaps(let grayMatter, let whiteMatter, let csf):
            examineMaps([grayMatter, whiteMatter, csf], of: &record, image: image)
        case nil: break
        }
        result.cases.append(record)
    }

    private mutating func imageRecord(
        _ source: SourceCase, header: NIfTIHeader, image: NIfTIImage?, census whole: VoxelCensus?
    ) -> ImageRecord {
        let path = examiner.path(source.image.file), frame = source.image.frame ?? 0
        var record = ImageRecord(file: path, frame: frame, grid: header.grid, datatype: header.datatype)
        if let correction = source.spacingCorrection, let corrected = correction.corrected(header.grid.affine) {
            record.correctedAffine = corrected
            add(
                .spacingCorrected, case: source.id, file: path,
                expected: "voxels of \(correction.corrected.components.inMillimetres)",
                found: "\(header.grid.spacing.components.inMillimetres) in the header: \(correction.reason)")
        }
        guard frame < header.frameCount else {
            add(
                .invalidDimensions, case: source.id, file: path,
                expected: "at least \(frame + 1) frames along the fourth axis",
                found: "\(header.frameCount)")
            return record
        }
        guard let image else { return record }
        image.withUnsafeBytes(frame: frame) { bytes in
            let slope = header.scaling?.slope ?? 1, intercept = header.scaling?.intercept ?? 0
            // A file of one volume was counted already.
            let census =
                header.frameCount == 1 && whole != nil ? whole! : VoxelCensus(bytes, datatype: header.datatype)
            record.digest = census.digest
            record.fingerprint = ImageFingerprint(bytes, datatype: header.datatype, grid: header.grid)
            let sample = IntensitySample(bytes, datatype: header.datatype, slope: slope, intercept: intercept)
            if let low = census.minimum, let high = census.maximum, let mean = census.mean,
                let deviation = census.deviation
            {
                let ends = [low * slope + intercept, high * slope + intercept]
                (record.minimum, record.maximum) = (ends.min(), ends.max())
                (record.mean, record.deviation) = (mean * slope + intercept, deviation * abs(slope))
                let finding = IntensityCheck.findings(
                    modality: source.modality, sample: sample, minimum: ends.min()!, maximum: ends.max()!
                ) {
                    Finding(
                        $0, dataset: examiner.dataset, case: source.id, file: path, expected: $1, found: $2,
                        place: Finding.Place(voxel: header.grid.shape.components / 2, frame: frame))
                }
                if let finding { result.findings.append(finding) }
            }
            record.airLevel = sample.airLevel(source.modality)
            if let p1 = sample.quantile(0.01), let p50 = sample.quantile(0.5), let p99 = sample.quantile(0.99) {
                record.percentiles = SIMD3(p1, p50, p99)
            }
        }
        return record
    }

    // MARK: Labels

    private mutating func examineLabel(_ url: URL, frame: Int, of record: inout CaseRecord, image: NIfTIImage?) {
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

    private mutating func compareGeometry(_ record: CaseRecord, label: LabelRecord) {
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
    private mutating func label(
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
    private mutating func checkClasses(of label: LabelRecord, record: CaseRecord) {
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

    // MARK: Probability maps

    private mutating func examineMaps(_ urls: [URL], of record: inout CaseRecord, image: NIfTIImage?) {
        let source = record.source
        var maps: [NIfTIImage] = [], headers: [NIfTIHeader] = []
        for url in urls {
            guard let (header, map) = read(url, role: .label, case: source.id) else { return }
            headers.append(header)
            let path = examiner.path(url)
            let label = LabelRecord(file: path, frame: 0, grid: header.grid, datatype: header.datatype)
            compareGeometry(record, label: label)
            guard let map else { continue }
            maps.append(map)
            let census = map.withUnsafeBytes { VoxelCensus($0, datatype: header.datatype) }
            setDigest(census.digest, of: path)
            reportMap(census, header: header, path: path, case: source.id)
        }
        record.sharesShape = headers.allSatisfy { $0.grid.shape == record.image?.grid.shape }
        var label = LabelRecord(
            file: examiner.path(urls[0]), frame: 0, grid: headers[0].grid, datatype: headers[0].datatype)
        defer { record.label = label }
        guard maps.count == 3, let rule = examiner.probabilityRule,
            headers.allSatisfy({ $0.grid.shape == headers[0].grid.shape })
        else { return }
        let values = maps.map { $0.scaledFloats() }
        let labels = values[0].indices.map {
            rule.label(grayMatter: values[0][$0], whiteMatter: values[1][$0], csf: values[2][$0])
        }
        labels.withUnsafeBufferPointer { labels in
            let runs = LabelRuns(labels, shape: headers[0].grid.shape)
            label.classes = runs.classes()
            label.isExamined = true
            label.digest = ContentHasher.digest(of: UnsafeRawBufferPointer(labels))
            if record.sharesShape, let image, let window = record.image?.window(header: image.header) {
                let probe = LabelProbe(runs, labels: labels, budget: 400)
                label.agreement = image.withUnsafeBytes(frame: record.image!.frame) { voxels in
                    LabelAgreement(
                        probe, image: FrameVoxels(bytes: voxels, datatype: image.header.datatype), window: window)
                }
            }
        }
        checkClasses(of: label, record: record)
    }

    private mutating func reportMap(_ census: VoxelCensus, header: NIfTIHeader, path: String, case caseID: String) {
        if census.nans + census.infinities > 0 {
            let index = census.firstSpecial ?? 0
            add(
                .nonFiniteLabel, case: caseID, file: path, expected: "probabilities",
                found: "\(census.nans + census.infinities) voxels that are not finite",
                place: .init(voxel: header.voxel(at: index)))
        }
        guard let low = census.minimum.map(header.scaled), let high = census.maximum.map(header.scaled) else { return }
        if min(low, high) < -0.001 || max(low, high) > 1.001 {
            add(
                .probabilityOutOfRange, case: caseID, file: path, expected: "values from 0 to 1",
                found: "\(min(low, high).short) to \(max(low, high).short)")
        }
        if low == high {
            add(.emptyLabel, case: caseID, file: path, expected: "a probability map", found: "\(low.short) everywhere")
        }
    }
}

extension ImageRecord {
    /// The stored values between the 1st and the 99th percentile.
    func window(header: NIfTIHeader) -> ClosedRange<Float>? {
        guard let percentiles else { return nil }
        let slope = header.scaling?.slope ?? 1, intercept = header.scaling?.intercept ?? 0
        let ends = [Float((percentiles.x - intercept) / slope), Float((percentiles.z - intercept) / slope)]
        return ends.min()!...ends.max()!
    }
}

extension NIfTIHeader {
    /// The voxel i, j, k of the stored value with an index, whatever its frame.
    func voxel(at index: Int) -> SIMD3<Int> {
        let inFrame = index % grid.shape.count
        return SIMD3(
            inFrame % grid.shape.i, inFrame / grid.shape.i % grid.shape.j, inFrame / grid.shape.i / grid.shape.j)
    }

    /// A stored value with slope and intercept applied.
    func scaled(_ stored: Double) -> Double { scaling.map { stored * $0.slope + $0.intercept } ?? stored }
}

extension ContentHasher {
    /// The digest of some bytes.
    static func digest(of bytes: UnsafeRawBufferPointer) -> ContentDigest {
        let hasher = ContentHasher()
        hasher.update(bytes)
        return hasher.finish()
    }
}

extension String {
    fileprivate subscript(_ n: Int) -> Character { self[index(startIndex, offsetBy: n)] }
}
