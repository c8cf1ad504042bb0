import FoundationEssentials
import Glibc
import VolumeStore
import Volumes

/// What segmenting many queries with many classes costs, by how often the reference is encoded: the table of the paper's
/// efficiency comparison, on one patch per image.
///
/// The network's cost does not depend on what an image shows, so images are noise and classes are boxes.
public struct EfficiencyMeasurement {
    /// How many queries are segmented.
    public var queries = 10
    /// How many classes are asked for.
    public var classes = 15

    public init() {}

    /// How often the reference is encoded, and how many classes go into one pass.
    public enum Procedure: String, Sendable, CaseIterable, Encodable {
        /// The reference once; all classes of a query in one pass.
        case encodedOnce = "encoded once, all classes in one pass"
        /// The reference again for every query, as methods do that keep no task embedding.
        case perQuery = "encoded per query, all classes in one pass"
        /// Besides, one pass for each class, as methods do that segment one class at a time.
        case perQueryAndClass = "encoded per query and class, one class in a pass"
    }

    /// The cost of one procedure.
    public struct Row: Sendable, Encodable {
        /// How the classes were segmented.
        public let procedure: Procedure
        /// Seconds that it took.
        public let seconds: Double
        /// Windows of references that went through encoder and task encoder, and of queries that were segmented.
        public let referencePasses, queryPasses: Int
        /// The most memory that was resident while it ran, in bytes; 0 where the system does not tell.
        public let peakMemory: Int
    }

    /// Runs every procedure once, after one query that warms up; the one that holds the least memory at a time comes first,
    /// as memory that was used once stays with the process.
    public func run(_ predictor: Predictor, progress: (Procedure) -> Void = { _ in }) throws -> [Row] {
        let names = (1...classes).map { TaskClass(value: UInt8($0), name: "class \($0)") }
        let reference = try reference(predictor.record.patch)
        let images = (1...queries).map { image($0, predictor.record.patch) }
        _ = try predictor.segment(
            images[0], in: predictor.context(.oneShot, classes: [names[0]], references: [reference]))
        return try Procedure.allCases.reversed().map { procedure in
            progress(procedure)
            resetPeakMemory()
            let before = predictor.work, clock = ContinuousClock(), start = clock.now
            switch procedure {
            case .encodedOnce:
                let context = try predictor.context(.oneShot, classes: names, references: [reference])
                for image in images { _ = try predictor.segment(image, in: context).labels() }
            case .perQuery:
                for image in images {
                    let context = try predictor.context(.oneShot, classes: names, references: [reference])
                    _ = try predictor.segment(image, in: context).labels()
                }
            case .perQueryAndClass:
                for image in images {
                    for name in names {
                        let context = try predictor.context(.oneShot, classes: [name], references: [reference])
                        _ = try predictor.segment(image, in: context).labels()
                    }
                }
            }
            let work = predictor.work - before
            return Row(
                procedure: procedure, seconds: (clock.now - start) / .seconds(1),
                referencePasses: work.referenceWindows, queryPasses: work.queryWindows, peakMemory: peakMemory())
        }.reversed()
    }

    private func image(_ seed: Int, _ shape: GridShape) -> ModelImage {
        // A linear congruential generator will do for voxels that nobody looks at.
        var state = UInt32(truncatingIfNeeded: seed)
        let voxels = (0..<shape.count).map { _ in
            state = state &* 1_664_525 &+ 1_013_904_223
            return Int16(state >> 20) - 2048
        }
        let grid = Grid(shape: shape, affine: Affine(spacing: try! Spacing(1, 1, 1)))
        return ModelImage(
            name: "image \(seed)", Volume(unchecked: grid, voxels: voxels), quantisation: .identity,
            normalisation: IntensityNormalisation(clipLow: -2048, clipHigh: 2048, mean: 0, standardDeviation: 1200)!)
    }

    /// Slabs along k, one per class.
    private func reference(_ shape: GridShape) throws -> Reference {
        let plane = shape.i * shape.j
        let labels = (0..<shape.count).map { UInt8(1 + min(classes - 1, $0 / plane * classes / shape.k)) }
        let image = image(0, shape)
        return try Reference(image, labels: Volume(unchecked: image.grid, voxels: labels))
    }
}

/// Makes ``peakMemory()`` count from now on (Linux: 5 into clear_refs).
private func resetPeakMemory() {
    guard let file = fopen("/proc/self/clear_refs", "w") else { return }
    fputs("5", file)
    fclose(file)
}

/// The most memory that was resident, in bytes; 0 where the system does not tell.
private func peakMemory() -> Int {
    guard let text = try? String(contentsOf: URL(filePath: "/proc/self/status"), encoding: .utf8),
        let line = text.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM:") }),
        let kibibytes = line.split(whereSeparator: { $0 == " " || $0 == "\t" }).compactMap({ Int($0) }).first
    else { return 0 }
    return kibibytes * 1024
}
