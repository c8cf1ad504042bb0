import Digests
import FoundationEssentials
import Glibc
import TestData
import VolumeStore
import Volumes

/// A store in a temporary folder, filled from arrays. The folder is removed with the object.
final class SmallStore: Sendable {
    private let temporary: TemporaryFolder
    var folder: URL { temporary.url }

    init() throws { temporary = try TemporaryFolder() }

    static let dataset = StoredDataset(
        name: "toy", title: "Toy", version: "1", licence: "none",
        classes: [
            StoredClass(value: 1, name: "left", structure: "left kidney", side: .left, pairedValue: 2),
            StoredClass(value: 2, name: "right", structure: "right kidney", side: .right, pairedValue: 1),
            StoredClass(value: 7, name: "liver", structure: "liver"),
        ])

    func writer() throws -> StoreWriter {
        let writer = StoreWriter(try VolumeStore.open(at: folder, mode: .write))
        try writer.register(Self.dataset)
        return writer
    }

    func catalogue() throws -> StoreCatalogue { try VolumeStore.open(at: folder, mode: .read).catalogue() }

    func path(_ relative: String) -> String { temporary.path(relative) }
}

/// A case whose image counts upwards from `first`, with a class-7 box and, on request, some of class 1.
struct ToyCase {
    var name: String
    var subject: String
    var modality = "CT"
    var shape = (12, 10, 8)
    var first: Int16 = 0
    var labelled = true
    var findings: [StoredFinding] = []

    init(_ name: String, subject: String? = nil, modality: String = "CT", first: Int16 = 0, labelled: Bool = true) {
        (self.name, self.subject, self.modality) = (name, subject ?? name, modality)
        (self.first, self.labelled) = (first, labelled)
    }

    var grid: Grid {
        get throws {
            Grid(
                shape: try GridShape(shape.0, shape.1, shape.2),
                affine: Affine(spacing: try Spacing(1.5, 1.5, 1.5), origin: SIMD3(-10, 20, 30.25)))
        }
    }

    func image() throws -> Volume<Int16> {
        try Volume(grid: grid, voxels: (0..<grid.shape.count).map { first &+ Int16(truncatingIfNeeded: $0) })
    }

    /// Class 7 fills 2..<6 x 3..<5 x 1..<4 (24 voxels), class 1 the row j 9, k 7, i 10..<12.
    func labels() throws -> LabelMap? {
        guard labelled else { return nil }
        var labels = try LabelMap(grid: grid, voxels: Array(repeating: 0, count: grid.shape.count))
        for k in 1..<4 { for j in 3..<5 { for i in 2..<6 { labels[i, j, k] = 7 } } }
        labels[10, 9, 7] = 1
        labels[11, 9, 7] = 1
        return labels
    }

    func description(_ configuration: SHA256Digest) throws -> CaseDescription {
        let normalisation = IntensityNormalisation(clipLow: 0, clipHigh: 400, mean: 200, standardDeviation: 50)!
        return CaseDescription(
            key: CaseKey(dataset: "toy", name: name), subject: subject, modality: modality, officialSplit: .train,
            paperSplit: .test, sourceGrid: try grid,
            sourceIntensities: SourceIntensities(minimum: 0, maximum: 959, mean: 479.5, nonFinite: 0),
            quantisation: Quantisation(slope: 0.5, intercept: -3),
            normalisation: normalisation,
            sources: [
                SourceFile(
                    role: .image, path: "images/\(name).nii.gz", bytes: 123, modified: 456,
                    digest: SHA256Digest(of: name))
            ],
            configurationDigest: configuration, findings: findings)
    }

    func add(to writer: StoreWriter, configuration: String = "spacing: 1.5") throws {
        let digest = try writer.register(configuration: configuration)
        try writer.add(description(digest), image: image(), labels: labels())
    }
}
