import Datasets
import FoundationEssentials
import NIfTI
import TestData
import Volumes

/// Cases that a test paints into a folder of its own and hands to the audit.
final class AuditedCases {
    let folder: TemporaryFolder
    private(set) var cases: [SourceCase] = []

    init() throws { folder = try TemporaryFolder() }

    /// Adds a case whose voxels are functions of the place in mm from the volume's first corner along i, j, k.
    func add(
        _ id: String, dataset: String = "test", subject: String? = nil, modality: Modality = .ct, grid: Grid,
        split: Split? = nil, image: (SIMD3<Double>) -> Double, label: ((SIMD3<Double>) -> UInt8)? = nil
    ) throws {
        try add(
            id, dataset: dataset, subject: subject, modality: modality, split: split,
            image: Volume<Float>(painting: grid) { Float(image($0)) },
            label: try label.map { paint in try LabelMap(painting: grid, paint) })
    }

    /// Adds a case with given volumes.
    func add<Voxel: NIfTIScalar>(
        _ id: String, dataset: String = "test", subject: String? = nil, modality: Modality = .ct, split: Split? = nil,
        image: Volume<Voxel>, label: LabelMap? = nil
    ) throws {
        let file = folder.url.appending(path: "\(dataset)-\(id).nii")
        try NIfTIWriter.write(image, to: file.path, gzip: false)
        let labelFile = folder.url.appending(path: "\(dataset)-\(id)-label.nii")
        if let label { try NIfTIWriter.write(label, to: labelFile.path, gzip: false) }
        cases.append(
            SourceCase(
                dataset: dataset, id: id, subject: subject, modality: modality, officialSplit: split,
                image: SourceImage(file: file), label: label == nil ? nil : .file(labelFile)))
    }

    /// The audit of all cases; classes are named by the structures of the catalogue.
    func report(structures: [String] = []) async throws -> AuditReport {
        let classes = structures.enumerated().map { n, name in
            ManifestClass(value: n + 1, name: name, structure: name, side: library.structures[name]?.side ?? .none)
        }
        let members = Set(cases.map(\.dataset)).sorted().map { dataset in
            CollectionAuditor.Member(dataset: dataset, classes: classes, cases: cases.filter { $0.dataset == dataset })
        }
        return try await CollectionAuditor(
            name: "test", title: "painted", root: folder.url, members: members, structures: library.structures
        ).run(jobs: 2)
    }

    /// Codes and cases of the findings above information.
    func alarms(structures: [String] = []) async throws -> [String] {
        try await report(structures: structures).findings.filter { $0.severity > .information }.map {
            "\($0.code.rawValue) \($0.caseID ?? "-")"
        }
    }
}

extension Volume {
    /// Paints a function of the place in mm from the first corner along i, j, k.
    init(painting grid: Grid, _ value: (SIMD3<Double>) -> Voxel) throws {
        let (shape, spacing) = (grid.shape, grid.spacing.components)
        var voxels: [Voxel] = []
        voxels.reserveCapacity(shape.count)
        for k in 0..<shape.k {
            for j in 0..<shape.j {
                for i in 0..<shape.i {
                    voxels.append(value((SIMD3(Double(i), Double(j), Double(k)) + 0.5) * spacing))
                }
            }
        }
        try self.init(grid: grid, voxels: voxels)
    }
}

extension Grid {
    /// A grid whose axes run right, front, up, with its first corner at `corner`.
    init(_ shape: SIMD3<Int>, spacing: SIMD3<Double>, corner: SIMD3<Double> = .zero) throws {
        self.init(
            shape: try GridShape(shape.x, shape.y, shape.z),
            affine: Affine(
                spacing: try Spacing(spacing.x, spacing.y, spacing.z), origin: corner + spacing / 2))
    }
}
