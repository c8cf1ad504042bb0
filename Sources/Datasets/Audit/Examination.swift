import Digests
import FoundationEssentials
import NIfTI

/// One unit while it is being examined.
struct Examination {
    let examiner: CaseExaminer
    var result = ExaminationResult()
    /// Label files read before in this unit: the frames of a cine share theirs.
    var known: [URL: NIfTIImage] = [:]

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
    mutating func read(_ url: URL, role: FileRecord.Role, case caseID: String?) -> (NIfTIHeader, NIfTIImage?)? {
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

    mutating func setDigest(_ digest: ContentDigest?, of path: String) {
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
