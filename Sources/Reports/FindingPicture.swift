import Datasets
import FoundationEssentials
import NIfTI
import Pictures
import Volumes

/// A slice montage at the place of a finding, image and label together.
struct FindingPicture {
    let report: AuditReport

    /// Where to look for a finding: its own place or, when it is about where a case's label lies or about the case's image as a
    /// whole, the middle of the image.
    static func place(of finding: Finding, in report: AuditReport) -> Finding.Place? {
        if let place = finding.place { return place }
        guard geometryCodes.contains(finding.code) || wholeImageCodes.contains(finding.code),
            let image = report.cases.first(where: {
                $0.source.id == finding.caseID && $0.source.dataset == finding.dataset
            })?.image
        else { return nil }
        return Finding.Place(voxel: image.grid.shape.components / 2, frame: image.frame)
    }

    /// Findings for which the label is drawn where its own header places it.
    private static let geometryCodes: Set<FindingCode> = [
        .shapeMismatch, .spacingMismatch, .originMismatch, .orientationMismatch,
    ]
    /// Findings whose place is where the fault is, and not just a good place to look at.
    private static let pointCodes: Set<FindingCode> = [
        .notANumber, .infiniteValue, .unknownLabel, .fractionalLabel, .negativeLabel, .nonFiniteLabel, .labelSpeck,
        .labelInAir, .wrongSide, .swappedPair, .implausibleVolume,
    ]
    private static let wholeImageCodes: Set<FindingCode> = [
        .emptyLabel, .constantImage, .identityAffine, .shearedAffine, .formsDisagree, .implausibleSpacing,
        .missingLabel,
        .changedVoxels,
    ]

    /// The montage as a PNG data URL; `nil` when the finding has no place or its files cannot be read as pictures.
    func dataURL(for finding: Finding) -> String? {
        guard let place = Self.place(of: finding, in: report),
            let record = report.cases.first(where: {
                $0.source.id == finding.caseID && $0.source.dataset == finding.dataset
            })
        else { return nil }
        let image = try? NIfTIFile.read(at: record.source.image.file.path)
        var labels: NIfTIImage?
        if case .file(let url, _)? = record.source.label { labels = try? NIfTIFile.read(at: url.path) }
        guard let source = source(record, image: image, labels: labels, finding: finding) else { return nil }
        let shape = source.grid.shape.components
        let voxel = pointwiseMin(pointwiseMax(place.voxel, .zero), shape &- 1)
        var options = Montage.Options(pixelSize: pixelSize(source.grid))
        options.marksPosition = finding.place != nil && Self.pointCodes.contains(finding.code)
        if source.isLabelled { options.legend = legend(record) }
        guard let bytes = try? Montage.threePlanes(source, at: voxel, options: options).pngData() else { return nil }
        return "data:image/png;base64," + Data(bytes).base64EncodedString()
    }

    /// The label values of a case with their names.
    private func legend(_ record: CaseRecord) -> [(value: UInt8, name: String)] {
        let names = report.classes[record.source.dataset] ?? []
        return (record.label?.classes ?? []).compactMap { measure in
            guard let value = UInt8(exactly: measure.value) else { return nil }
            return (
                value, names.first { $0.value == measure.value }?.name ?? "value \(measure.value), not in the table"
            )
        }
    }

    /// The pictures stay small: a report may hold dozens.
    private func pixelSize(_ grid: Grid) -> Double {
        (SIMD3<Double>(grid.shape.components) * grid.spacing.components).max() / 220
    }

    /// Image with labels where both lie on one grid; otherwise the file that the finding is about.
    private func source(_ record: CaseRecord, image: NIfTIImage?, labels: NIfTIImage?, finding: Finding)
        -> PictureSource?
    {
        let frame = record.source.image.frame ?? 0
        var labelFrame = 0
        if case .file(_, let frame)? = record.source.label { labelFrame = frame ?? 0 }
        let values = labels.flatMap { $0.header.frameCount > labelFrame ? $0.scaledFloats(frame: labelFrame) : nil }
        let label: ((Int) -> UInt8)? = values.map { values in
            { place in
                let value = values[place]
                return value.isFinite && value > 0 ? UInt8(min(value.rounded(), 255)) : 0
            }
        }
        if Self.geometryCodes.contains(finding.code), let image, image.header.frameCount > frame, let labels, let label
        {
            return Self.source(image, frame: frame, labels: labels.header.grid, label: label)
        }
        if let image, image.header.frameCount > frame,
            labels == nil || labels!.header.grid.shape == image.header.grid.shape
        {
            let voxels = image.scaledFloats(frame: frame)
            return PictureSource(grid: image.header.grid, intensity: { Double(voxels[$0]) }, label: label)
        }
        let isAboutLabel = finding.file == record.label?.file
        if isAboutLabel || image == nil, let labels, let label {
            return PictureSource(grid: labels.header.grid, intensity: { _ in 0 }, label: label)
        }
        guard let image, image.header.frameCount > frame else { return nil }
        let voxels = image.scaledFloats(frame: frame)
        return PictureSource(grid: image.header.grid, intensity: { Double(voxels[$0]) })
    }

    /// An image with labels of another grid where that grid's affine puts them.
    private static func source(_ image: NIfTIImage, frame: Int, labels: Grid, label: @escaping (Int) -> UInt8)
        -> PictureSource
    {
        let voxels = image.scaledFloats(frame: frame), grid = image.header.grid, shape = grid.shape
        return PictureSource(
            grid: grid, intensity: { Double(voxels[$0]) },
            label: { place in
                let voxel = SIMD3(place % shape.i, place / shape.i % shape.j, place / shape.i / shape.j)
                let there = labels.affine.voxel(grid.affine.world(SIMD3<Double>(voxel))).rounded(.toNearestOrEven)
                guard all(there .>= 0), all(there .< SIMD3<Double>(labels.shape.components)) else { return 0 }
                return label(labels.shape.offset(Int(there.x), Int(there.y), Int(there.z)))
            })
    }
}
