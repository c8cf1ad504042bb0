import Digests
import FoundationEssentials
import Glibc
import RandomNumbers
import VolumeStore
import Volumes

/// A small store with known content, made once for all tests of the process.
///
/// `abdomen`: 8 subjects, two cases each (CT and MR), sizes that differ; liver (1) everywhere, kidneys (2 left, 3 right,
/// mirrored twins) everywhere, a gland (4) of 4 voxels in subjects 1 to 3 and a larger one in subjects 4 to 7, a rarity (5) in
/// subject 6 only, and class 6 nowhere. `heart`: 5 subjects, CT, one class that fills thin shells. Splits: subject n of
/// abdomen is in `train` but for n = 7 (`test`).
struct SyntheticStore {
    static let folder = FileManager.default.temporaryDirectory
        .appending(path: "iris-episodes-\(ProcessInfo.processInfo.processIdentifier)")
    let catalogue: StoreCatalogue

    static let shared: SyntheticStore = try! SyntheticStore()

    static let minimumVoxels = 8

    private init() throws {
        try? FileManager.default.removeItem(at: Self.folder)
        atexit { try? FileManager.default.removeItem(at: SyntheticStore.folder) }
        let store = try VolumeStore.open(at: Self.folder, mode: .write)
        let writer = StoreWriter(store)
        let configuration = try writer.register(configuration: "synthetic")
        try writer.register(
            StoredDataset(
                name: "abdomen",
                classes: [
                    StoredClass(value: 1, name: "liver", structure: "liver"),
                    StoredClass(value: 2, name: "left kidney", structure: "kidney_left", side: .left, pairedValue: 3),
                    StoredClass(
                        value: 3, name: "right kidney", structure: "kidney_right", side: .right, pairedValue: 2),
                    StoredClass(value: 4, name: "gland", structure: "gland"),
                    StoredClass(value: 5, name: "rarity", structure: "rarity"),
                    StoredClass(value: 6, name: "absentee", structure: "absentee"),
                ]))
        try writer.register(
            StoredDataset(name: "heart", classes: [StoredClass(value: 1, name: "myocardium", structure: "myocardium")]))
        for subject in 0..<8 {
            for modality in ["CT", "MR"] {
                try Self.add(
                    dataset: "abdomen", name: "case_\(subject)_\(modality)", subject: "p\(subject)", modality: modality,
                    split: subject == 7 ? .test : .train, shape: GridShape(40 + subject, 36, 30 + 2 * subject),
                    spacing: modality == "CT" ? Spacing(1.5, 1.5, 1.5) : Spacing(1.5, 1.5, 3), configuration, writer
                ) { x, y, z in
                    if Self.inside(x, y, z, centre: SIMD3(0.7, 0.5, 0.5), radii: SIMD3(0.2, 0.3, 0.3)) { return 1 }
                    if Self.inside(x, y, z, centre: SIMD3(0.2, 0.3, 0.4), radii: SIMD3(0.1, 0.1, 0.2)) { return 2 }
                    if Self.inside(x, y, z, centre: SIMD3(0.8, 0.3, 0.9), radii: SIMD3(0.1, 0.1, 0.09)) { return 3 }
                    let gland = subject < 4 ? SIMD3(0.02, 0.03, 0.03) : SIMD3(0.07, 0.07, 0.07)
                    if subject > 0, Self.inside(x, y, z, centre: SIMD3(0.4, 0.7, 0.5), radii: gland) { return 4 }
                    if subject == 6, Self.inside(x, y, z, centre: SIMD3(0.2, 0.8, 0.8), radii: SIMD3(0.1, 0.1, 0.1)) {
                        return 5
                    }
                    return 0
                }
            }
        }
        for subject in 0..<5 {
            try Self.add(
                dataset: "heart", name: "h\(subject)", subject: "s\(subject)", modality: "CT", split: .none,
                shape: GridShape(20, 50, 33), spacing: Spacing(2, 2, 2), configuration, writer
            ) { x, y, z in
                let r = ((x - 0.5) * (x - 0.5) + (y - 0.5) * (y - 0.5) + (z - 0.5) * (z - 0.5)).squareRoot()
                return r > 0.36 && r < 0.4 ? 1 : 0
            }
        }
        catalogue = try VolumeStore.open(at: Self.folder, mode: .read).catalogue()
    }

    private static func inside(_ x: Double, _ y: Double, _ z: Double, centre: SIMD3<Double>, radii: SIMD3<Double>)
        -> Bool
    {
        let d = (SIMD3(x, y, z) - centre) / radii
        return (d * d).sum() <= 1
    }

    /// Adds a case whose labels follow `value` over coordinates in [0, 1] and whose image is a ramp with noise plus 100
    /// times the label.
    private static func add(
        dataset: String, name: String, subject: String, modality: String, split: CaseSplit, shape: GridShape,
        spacing: Spacing,
        _ configuration: SHA256Digest, _ writer: StoreWriter, value: (Double, Double, Double) -> UInt8
    ) throws {
        let grid = Grid(shape: shape, affine: Affine(spacing: spacing, origin: SIMD3(-30, -20, 5)))
        var noise = Philox(seed: 1, purpose: "synthetic \(name)")
        var labels: [UInt8] = [], image: [Int16] = []
        for k in 0..<shape.k {
            for j in 0..<shape.j {
                for i in 0..<shape.i {
                    let label = value(
                        Double(i) / Double(shape.i - 1), Double(j) / Double(shape.j - 1),
                        Double(k) / Double(shape.k - 1))
                    labels.append(label)
                    image.append(Int16(i + 2 * j + 3 * k + noise.index(below: 20)) + 100 * Int16(label))
                }
            }
        }
        let description = CaseDescription(
            key: CaseKey(dataset: dataset, name: name), subject: subject, modality: modality, officialSplit: split,
            paperSplit: split, sourceGrid: grid,
            sourceIntensities: SourceIntensities(minimum: 0, maximum: 800, mean: 100, nonFinite: 0),
            normalisation: IntensityNormalisation(clipLow: 20, clipHigh: 500, mean: 120, standardDeviation: 60)!,
            configurationDigest: configuration)
        try writer.add(
            description, image: Volume(grid: grid, voxels: image), labels: LabelMap(grid: grid, voxels: labels))
    }
}
