import Digests
import FoundationEssentials
import IrisTraining
import VolumeStore
import Volumes

/// A store of small cases in a folder of its own, removed with the object.
///
/// Dataset `toy` of 16 x 16 x 16 voxels with the balls of ``InferenceToy``: subjects s0 to s6 train with one case each, s0
/// with a second one; tests are t0 and t1, and `leak`, a further case of the training subject s3. A block of value 3 is in
/// the training cases c1 and c4 only and in the test case t0. Dataset `other` has one test case and none to train with.
final class EvaluationStore {
    let folder = FileManager.default.temporaryDirectory.appending(path: "iris-evaluation-\(UUID().uuidString)")
    let store: VolumeStore
    static let classes = InferenceToy.classes + [TaskClass(value: 3, name: "block")]

    var sources: URL { folder.appending(path: "sources") }

    init() throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        store = try VolumeStore.open(at: folder.appending(path: "store"), mode: .write)
        try FileManager.default.createDirectory(at: sources, withIntermediateDirectories: true)
        let writer = StoreWriter(store)
        let configuration = try writer.register(configuration: "toy preparation")
        for name in ["toy", "other"] {
            try writer.register(
                StoredDataset(
                    name: name,
                    classes: Self.classes.map { StoredClass(value: $0.value, name: $0.name, structure: $0.name) }))
        }
        for n in 0..<7 {
            try add("c\(n)", subject: "s\(n)", .train, index: n, hasBlock: n == 1 || n == 4, configuration)
        }
        try add("c0b", subject: "s0", .train, index: 20, configuration)
        try add("t0", subject: "t0", .test, index: 10, hasBlock: true, configuration)
        try add("t1", subject: "t1", .test, index: 11, configuration)
        try add("leak", subject: "s3", .test, index: 12, configuration)
        try add("x", dataset: "other", subject: "x", .test, index: 13, configuration)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    /// Adds a case with a source file of its own.
    func add(
        _ name: String, dataset: String = "toy", subject: String, _ split: CaseSplit, index: Int,
        hasBlock: Bool = false,
        _ configuration: SHA256Digest
    ) throws {
        var (image, labels) = InferenceToy.volumes(index, try GridShape(16, 16, 16))
        if hasBlock { for k in 0..<3 { for j in 0..<3 { for i in 0..<3 { labels[i, j, k] = 3 } } } }
        let file = sources.appending(path: "\(name).nii"), bytes = "source of \(name)"
        try Data(bytes.utf8).write(to: file)
        try StoreWriter(store).add(
            CaseDescription(
                key: CaseKey(dataset: dataset, name: name), subject: subject, modality: "MR", officialSplit: split,
                paperSplit: split, sourceGrid: image.grid,
                sourceIntensities: SourceIntensities(minimum: -400, maximum: 400, mean: 0, nonFinite: 0),
                normalisation: InferenceToy.normalisation,
                sources: [
                    SourceFile(
                        role: .image, path: "\(name).nii", bytes: bytes.utf8.count, modified: 0,
                        digest: SHA256Digest(of: bytes))
                ], configurationDigest: configuration), image: image, labels: labels)
    }

    /// A ledger of the dataset `toy`.
    func ledger(references: Int = 1, repeats: Int = 1, seed: UInt64 = 0) throws -> EvaluationLedger {
        var settings = EvaluationLedger.Settings()
        settings.datasets = ["toy"]
        (settings.references, settings.repeats, settings.seed) = (references, repeats, seed)
        return try EvaluationLedger(drawing: settings, from: store)
    }
}
