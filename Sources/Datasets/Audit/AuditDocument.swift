import Volumes

/// An audit report as a JSON document for programs.
public struct AuditDocument: Encodable, Sendable {
    struct Summary: Encodable {
        let cases, unusableCases, files, voxelBytes, errors, warnings, information, acknowledged: Int
        let passed: Bool
    }

    struct Entry: Encodable {
        let code, severity, dataset: String
        let `case`, file: String?
        let expected, found, fix: String
        let voxel: [Int]?
        let frame: Int?
        let acknowledgement: String?
    }

    struct Case: Encodable {
        let dataset, id, subject, modality: String
        let officialSplit, paperSplit: String?
        let image: Image?
        let label: Label?
    }

    struct Image: Encodable {
        let file: String
        let frame: Int
        let shape: [Int]
        let spacing: [Double]
        let orientation, datatype: String
        let minimum, maximum, mean, deviation: Double?
        let digest: String?
    }

    struct Label: Encodable {
        let file: String
        let frame: Int
        let shape: [Int]
        let datatype: String
        let digest: String?
        let contrast: Double?
        let classes: [Class]
    }

    struct Class: Encodable {
        let value, voxels, pieces: Int
        let millilitres: Double?
        let boxLower, boxUpper: [Int]
    }

    let dataset, source: String
    let headersOnly: Bool
    let summary: Summary
    let findings: [Entry]
    let cases: [Case]

    /// The document of a report.
    public init(_ report: AuditReport) {
        (dataset, source, headersOnly) = (report.dataset, report.root, report.options.headersOnly)
        summary = Summary(
            cases: report.cases.count, unusableCases: report.unusableCases.count, files: report.files.count,
            voxelBytes: report.files.reduce(0) { $0 + $1.voxelBytes }, errors: report.count(.error),
            warnings: report.count(.warning),
            information: report.count(.information), acknowledged: report.findings.count { $0.acknowledgement != nil },
            passed: !report.isFailure)
        findings = report.findings.map { finding in
            Entry(
                code: finding.code.rawValue, severity: finding.severity.rawValue, dataset: finding.dataset,
                case: finding.caseID,
                file: finding.file, expected: finding.expected, found: finding.found, fix: finding.fix,
                voxel: finding.place.map { [$0.voxel.x, $0.voxel.y, $0.voxel.z] }, frame: finding.place?.frame,
                acknowledgement: finding.acknowledgement)
        }
        cases = report.cases.map { record in
            let source = record.source
            return Case(
                dataset: source.dataset, id: source.id, subject: source.subject, modality: source.modality.rawValue,
                officialSplit: source.officialSplit?.rawValue,
                paperSplit: source.paperSplit?.rawValue, image: record.image.map(Image.init),
                label: record.label.map { Label($0, of: record) })
        }
    }
}

extension AuditDocument.Image {
    init(_ image: ImageRecord) {
        let shape = image.grid.shape, spacing = image.affine.spacing
        self.init(
            file: image.file, frame: image.frame, shape: [shape.i, shape.j, shape.k],
            spacing: [spacing.i, spacing.j, spacing.k],
            orientation: image.grid.orientation.description, datatype: image.datatype.name, minimum: image.minimum,
            maximum: image.maximum,
            mean: image.mean, deviation: image.deviation, digest: image.digest?.hexadecimal)
    }
}

extension AuditDocument.Label {
    init(_ label: LabelRecord, of record: CaseRecord) {
        let shape = label.grid.shape
        self.init(
            file: label.file, frame: label.frame, shape: [shape.i, shape.j, shape.k], datatype: label.datatype.name,
            digest: label.digest?.hexadecimal, contrast: label.agreement?.here,
            classes: label.classes.map { measure in
                AuditDocument.Class(
                    value: measure.value, voxels: measure.voxels, pieces: measure.pieceCount,
                    millilitres: record.volume(of: measure).map { $0 / 1000 },
                    boxLower: (0..<3).map { measure.box.lower[$0] }, boxUpper: (0..<3).map { measure.box.upper[$0] })
            })
    }
}
