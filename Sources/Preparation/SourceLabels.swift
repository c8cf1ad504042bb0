import Datasets
import FoundationEssentials
import NIfTI
import Volumes
import VolumeStore

/// The labels of a case in RAS order.
struct SourceLabels {
    /// As the file has them, on the image's grid in RAS order.
    let voxels: VolumeBuffer<UInt8>
    /// What each value becomes by the manifest's rules; `nil` when all that are there stay.
    let replacements: [UInt8]?
    /// The classes present under those rules, by rising value.
    let classes: [ClassPresence]
    let findings: [StoredFinding]

    /// The box around all classes.
    var box: VoxelBox {
        VoxelBox(
            lower: classes.map(\.box.lower).reduce(classes[0].box.lower, pointwiseMin),
            upper: classes.map(\.box.upper).reduce(classes[0].box.upper, pointwiseMax))
    }
}

/// Reads labels and lays them on their image.
struct LabelReader {
    let source: SourceCase
    /// The image's grid, repaired, as its file orders it.
    let image: Grid
    let configuration: ResolvedConfiguration

    /// Reads a file of label values, or joins probability maps.
    ///
    /// - Throws: `CaseRefusal` when a file cannot be read, values are no labels or unknown, there is nothing but background,
    ///   or the labels do not lie on the image.
    func read(_ label: SourceLabel, with reader: inout SourceReader) throws(CaseRefusal) -> SourceLabels {
        var findings: [StoredFinding] = []
        let voxels: VolumeBuffer<UInt8>, file: String
        switch label {
        case .file(let url, let frame):
            file = reader.path(url)
            let read = try reader.read(url, role: .label)
            let number = try reader.frame(frame, of: read)
            let order = try placement(header: read.header, file: file, findings: &findings)
            do throws(NIfTIError) { voxels = try read.labelVoxels(frame: number, order: order) } catch {
                throw reader.refusal(error)
            }
        case .probabilityMaps(let gray, let white, let csf):
            file = reader.path(gray)
            let (header, labels) = try joined([gray, white, csf], with: &reader)
            let order = try placement(header: header, file: file, findings: &findings)
            do throws(NIfTIError) { voxels = try VolumeBuffer(labels, order: order, file: gray.path) } catch {
                throw reader.refusal(error)
            }
        }
        let found = voxels.withView { ClassSurvey.presences(in: $0.voxels, shape: $0.grid.shape) }
        let (classes, replacements) = try apply(configuration.labelTable(source.modality), to: found, file: file)
        guard !classes.isEmpty else {
            throw CaseRefusal(
                .emptyLabel, file: file, expected: "at least one labelled voxel", found: "none",
                fix: "Fetch the label again, or list the case as unlabelled.")
        }
        return SourceLabels(voxels: voxels, replacements: replacements, classes: classes, findings: findings)
    }

    /// How the label's voxels are put in RAS order so that they lie on the image's.
    private func placement(header: NIfTIHeader, file: String, findings: inout [StoredFinding]) throws(CaseRefusal)
        -> Reorientation
    {
        let imageOrder = Reorientation(of: image, to: .ras)
        var grid = header.grid
        if let corrected = source.spacingCorrection?.corrected(grid.affine) {
            grid = Grid(shape: grid.shape, affine: corrected)
        }
        if source.ignoresLabelHeader, grid.shape == image.shape { return imageOrder }
        let labelOrder = Reorientation(of: grid, to: .ras)
        let (expected, found) = (imageOrder.target, labelOrder.target)
        guard expected.shape == found.shape else {
            let (a, b) = (image.shape, grid.shape)
            throw CaseRefusal(
                .shapeMismatch, file: file, expected: "\(a.i) x \(a.j) x \(a.k) voxels, the shape of its image",
                found: "\(b.i) x \(b.j) x \(b.k)",
                fix: "Find the label's image, or resample the label by nearest neighbour.")
        }
        let distance = SourceGeometry.cornerDistance(expected, found)
        guard distance <= configuration.configuration.labelTolerance else {
            let code = Self.code(expected: expected, found: found)
            throw CaseRefusal(
                code, file: file,
                expected: "corners within \(configuration.configuration.labelTolerance) voxels of its image's",
                found: "\(SourceGeometry.rounded(distance)) voxels",
                fix: "Copy the image's geometry to the label when their voxels match one to one.")
        }
        if distance > 1e-3 {
            findings.append(
                StoredFinding(
                    .labelGeometryIgnored, .info, file: file, expected: "the geometry of its image",
                    found: "corners up to \(SourceGeometry.rounded(distance)) voxels away",
                    fix: "Nothing: the image's geometry is used."))
        }
        return labelOrder
    }

    /// Which part of two RAS grids of one shape disagrees most basically.
    private static func code(expected: Grid, found: Grid) -> FindingCode {
        let ratio = found.spacing.components / expected.spacing.components
        if (0..<3).contains(where: { abs(ratio[$0] - 1) > 0.01 }) { return .spacingMismatch }
        let (a, b) = (expected.affine.nearestRotation, found.affine.nearestRotation)
        let turned = (0..<3).contains { (a[$0] * b[$0]).sum() < 0.999 }
        return turned ? .orientationMismatch : .originMismatch
    }

    /// Sends dropped values to background, and refuses unknown ones.
    private func apply(_ table: [UInt8?], to classes: [ClassPresence], file: String) throws(CaseRefusal)
        -> (classes: [ClassPresence], replacements: [UInt8]?)
    {
        let unknown = classes.filter { table[Int($0.value)] == nil }
        guard unknown.isEmpty else {
            let known = table.indices.filter { table[$0] != nil }.map { "\($0)" }.joined(separator: ", ")
            throw CaseRefusal(
                .unknownLabel, file: file, expected: "label values of the table (\(known))",
                found: unknown.map { "\($0.value) in \($0.voxels) voxel\($0.voxels == 1 ? "" : "s")" }.joined(
                    separator: ", "),
                fix: "Correct the labels or the manifest's table.")
        }
        guard classes.contains(where: { table[Int($0.value)] != $0.value }) else { return (classes, nil) }
        return (classes.filter { table[Int($0.value)] != 0 }, table.map { $0 ?? 0 })
    }

    /// One label map from maps of grey matter, white matter and cerebrospinal fluid.
    private func joined(_ maps: [URL], with reader: inout SourceReader) throws(CaseRefusal) -> (NIfTIHeader, [UInt8]) {
        guard let rule = configuration.probabilityRule else {
            throw CaseRefusal(
                .unreadableMetadata, file: reader.path(maps[0]),
                expected: "a probabilityRule in manifest or configuration",
                found: "none", fix: "State how probabilities become labels.")
        }
        var headers: [NIfTIHeader] = [], values: [[Float]] = []
        for file in maps {
            let read = try reader.read(file, role: .label)
            headers.append(read.header)
            values.append(read.scaledFloats(frame: try reader.frame(nil, of: read)))
            let (first, grid) = (headers[0].grid, read.header.grid)
            guard grid.shape == first.shape, SourceGeometry.cornerDistance(first, grid) < 0.01 else {
                throw CaseRefusal(
                    .shapeMismatch, file: reader.path(file), expected: "the grid of \(reader.path(maps[0]))",
                    found: "another",
                    fix: "Fetch the three maps of one scan.")
            }
        }
        let voxels = [UInt8](unsafeUninitializedCapacity: values[0].count) { labels, count in
            for n in values[0].indices {
                labels[n] = rule.label(grayMatter: values[0][n], whiteMatter: values[1][n], csf: values[2][n])
            }
            count = values[0].count
        }
        return (headers[0], voxels)
    }
}
