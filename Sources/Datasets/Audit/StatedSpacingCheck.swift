import Volumes

/// The voxel sizes of headers against those that the dataset's own table states.
enum StatedSpacingCheck {
    /// Relative differences up to this are rounding.
    private static let tolerance = 0.002

    /// One finding for the images that are the known resampled copy, one for those that differ along the slices, one for
    /// those that differ in plane alone.
    static func findings(_ cases: [CaseRecord], dataset: String) -> [Finding] {
        var resampled: [CaseRecord] = [], sliced: [CaseRecord] = [], inPlane: [CaseRecord] = []
        for record in cases {
            guard let image = record.image, let stated = record.source.statedSpacing else { continue }
            let found = image.affine.spacing
            let differing = axes(found, stated.spacing)
            if differing.isEmpty { continue }
            if let copy = stated.resampled, axes(found, copy.spacing).isEmpty {
                resampled.append(record)
            } else if differing.contains(stated.sliceAxis) {
                sliced.append(record)
            } else {
                inPlane.append(record)
            }
        }
        return [
            finding(resampled, .information, dataset) { "every one is of \($0.resampled!.name)" },
            finding(sliced, .warning, dataset) { _ in "along the slices, which changes every volume" },
            finding(inPlane, .information, dataset) { _ in "in plane alone, as in a reduced copy" },
        ].compactMap(\.self)
    }

    private static func axes(_ a: Spacing, _ b: Spacing) -> [Int] {
        let (a, b) = (a.components, b.components)
        return (0..<3).filter { abs(a[$0] - b[$0]) > tolerance * b[$0] }
    }

    private static func finding(
        _ records: [CaseRecord], _ severity: Severity, _ dataset: String, remark: (StatedSpacing) -> String
    ) -> Finding? {
        guard let first = records.first, let image = first.image, let stated = first.source.statedSpacing else {
            return nil
        }
        return Finding(
            .spacingNotAsListed, severity: severity, dataset: dataset, case: records.count == 1 ? first.source.id : nil,
            file: image.file,
            expected: "the voxel size that \(stated.file) states, here \(stated.spacing.components.inMillimetres)",
            found: "\(image.affine.spacing.components.inMillimetres); so in "
                + "\(records.count) images (\(records.map(\.source.id).listed(6))): \(remark(stated))")
    }
}
