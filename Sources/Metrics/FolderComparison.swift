import FoundationEssentials
import NIfTI
import Volumes
import WorkerThreads

/// Compares a folder of predicted label maps with a folder of reference label maps, case by case.
///
/// Files pair by name without `.nii` or `.nii.gz`. A reference without prediction counts as an empty prediction and is
/// listed; a prediction without reference is listed. A pair whose grids differ is refused and listed, unless
/// ``resamplesPredictions`` is set.
public struct FolderComparison: Sendable {
    /// The folder of predicted label maps.
    public let predictions: URL
    /// The folder of reference label maps.
    public let references: URL
    /// The label values to compare; `nil` compares, in all cases, every value above 0 that occurs in any reference.
    public var classes: [UInt8]?
    /// In mm.
    public var tolerance = 1.0
    /// What empty masks count.
    public var policy = EmptyMaskPolicy()
    /// Whether a prediction on another grid is brought onto the reference's by nearest neighbour.
    public var resamplesPredictions = false

    public init(predictions: URL, references: URL) { (self.predictions, self.references) = (predictions, references) }

    /// What became of one case.
    public struct Case: Sendable, Codable {
        /// Whether a case could be scored, and if not why.
        public enum Status: String, Sendable, Codable {
            case compared
            /// No prediction: the metrics are those of an empty one.
            case missing
            /// The pair cannot be compared; ``problem`` says why. It has no metrics.
            case refused
        }
        /// The file's name.
        public let name: String
        /// Whether it could be scored.
        public let status: Status
        /// Why it could not; `nil` otherwise.
        public let problem: String?
        /// The scores by class.
        public let metrics: [ClassMetrics]
    }

    /// All cases, ordered by name, and their means.
    public struct Result: Sendable, Codable {
        /// The format of the present version.
        public static let currentFormat = "iris-metrics-2"

        /// What the names of the scores mean.
        public var format = currentFormat
        /// The tolerance of surface Dice in mm.
        public let tolerance: Double
        /// What empty masks count.
        public let policy: EmptyMaskPolicy
        /// The cases by name.
        public let cases: [Case]
        /// Names of predictions that have no reference.
        public let extraPredictions: [String]
        /// Means over cases.
        public let summary: MetricsSummary

        public init(
            tolerance: Double, policy: EmptyMaskPolicy, cases: [Case], extraPredictions: [String],
            summary: MetricsSummary
        ) {
            (self.tolerance, self.policy, self.cases) = (tolerance, policy, cases)
            (self.extraPredictions, self.summary) = (extraPredictions, summary)
        }
    }

    /// - Parameters:
    ///   - jobs: how many cases are compared at once.
    ///   - progress: called after each case with the number done and the number of all.
    /// - Throws: ``FolderComparisonError`` when a folder cannot be listed or holds no references.
    public func run(jobs: Int, progress: (Int, Int) -> Void = { _, _ in }) async throws -> Result {
        let references = try labelFiles(in: references), predictions = try labelFiles(in: predictions)
        guard !references.isEmpty else { throw FolderComparisonError.noReferences(self.references.path) }
        let names = references.keys.sorted()
        let classes: [UInt8]
        if let given = self.classes {
            classes = given
        } else {
            classes = try await valuesPresent(in: names.map { references[$0]! }, jobs: jobs)
        }
        var cases: [Case] = []
        // Fewer cases than workers: the rest of them take classes.
        let classJobs = max(1, jobs / names.count)
        try await mapConcurrently(names, jobs: jobs) { name in
            await compare(
                name, reference: references[name]!, prediction: predictions[name], classes: classes, jobs: classJobs)
        } receive: { _, result in
            cases.append(result)
            progress(cases.count, names.count)
        }
        return Result(
            tolerance: tolerance, policy: policy, cases: cases,
            extraPredictions: predictions.keys.filter { references[$0] == nil }.sorted(),
            summary: MetricsSummary(of: cases.map(\.metrics), classes: classes))
    }

    /// Reference and prediction of a case on the reference's grid, read again; a missing prediction is empty.
    ///
    /// - Throws: what reading says, or ``FolderComparisonError/grids(file:difference:)``.
    public func labelMaps(of entry: Case) throws -> (reference: LabelMap, prediction: LabelMap) {
        guard let file = try labelFiles(in: references)[entry.name] else {
            throw FolderComparisonError.noReferences(references.path)
        }
        let reference = try NIfTIFile.read(at: file).labelMap()
        guard let prediction = try labelFiles(in: predictions)[entry.name] else {
            let empty = [UInt8](repeating: 0, count: reference.voxels.count)
            return (reference, try LabelMap(grid: reference.grid, voxels: empty))
        }
        return (reference, try onGrid(of: reference, try NIfTIFile.read(at: prediction).labelMap(), prediction))
    }

    private func compare(
        _ name: String, reference: String, prediction: String?, classes: [UInt8], jobs: Int
    ) async -> Case {
        do {
            let truth = try NIfTIFile.read(at: reference).labelMap()
            guard let prediction else {
                return Case(
                    name: name, status: .missing, problem: "no file \(name).nii or .nii.gz among the predictions",
                    metrics: try LabelMapComparison(tolerance: tolerance, policy: policy)
                        .metricsOfMissingPrediction(of: classes, reference: truth))
            }
            let found = try onGrid(of: truth, try NIfTIFile.read(at: prediction).labelMap(), prediction)
            return Case(
                name: name, status: .compared, problem: nil,
                metrics: try await LabelMapComparison.metrics(
                    of: classes, reference: truth, prediction: found, tolerance: tolerance, policy: policy, jobs: jobs))
        } catch {
            return Case(name: name, status: .refused, problem: "\(error)", metrics: [])
        }
    }

    private func onGrid(of reference: LabelMap, _ prediction: LabelMap, _ file: String) throws -> LabelMap {
        if let difference = gridDifference(prediction.grid, reference.grid) {
            guard resamplesPredictions else { throw FolderComparisonError.grids(file: file, difference: difference) }
            return prediction.nearest(on: reference.grid)
        }
        return prediction
    }

    private func valuesPresent(in files: [String], jobs: Int) async throws -> [UInt8] {
        var present: Set<UInt8> = []
        try await mapConcurrently(files, jobs: jobs) { file -> Set<UInt8> in
            // A file that cannot be read is reported when its case is compared.
            guard let labels = try? NIfTIFile.read(at: file).labelMap() else { return [] }
            var seen = [Bool](repeating: false, count: 256)
            for label in labels.voxels { seen[Int(label)] = true }
            return Set((1..<256).filter { seen[$0] }.map { UInt8($0) })
        } receive: { _, values in
            present.formUnion(values)
        }
        return present.sorted()
    }

    private func labelFiles(in folder: URL) throws -> [String: String] {
        let contents: [String]
        do {
            contents = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        } catch {
            throw FolderComparisonError.unreadable(folder.path)
        }
        var files: [String: String] = [:]
        for name in contents.sorted() where !name.hasPrefix(".") {
            for ending in [".nii.gz", ".nii"] where name.hasSuffix(ending) {
                files[String(name.dropLast(ending.count))] = folder.appending(path: name).path
                break
            }
        }
        return files
    }
}

/// Why two folders cannot be compared, or one pair of them.
public enum FolderComparisonError: Error, Equatable, Sendable, CustomStringConvertible {
    case unreadable(String)
    case noReferences(String)
    case grids(file: String, difference: String)

    public var description: String {
        switch self {
        case .unreadable(let folder):
            "\(folder): expected a folder of label maps but cannot list it. Check the path and its permissions."
        case .noReferences(let folder):
            "\(folder): expected .nii or .nii.gz label maps but found none. Name the folder that holds them."
        case .grids(let file, let difference):
            "\(file): expected the reference's grid but \(difference). Write the prediction on that grid, or ask for resampling."
        }
    }
}
