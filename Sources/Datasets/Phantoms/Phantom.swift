import FoundationEssentials
import RandomNumbers
import WorkerThreads

/// A made-up dataset in the official layout of a real one, quirks included, for tests, demonstrations and newcomers.
///
/// Everything follows from the seed: the same seed gives the same voxels, whatever the number of jobs. No patient is in it.
public struct Phantom: Sendable {
    /// How fine the voxels are.
    public enum Size: String, CaseIterable, Sendable {
        /// Twice the standard voxel size: an eighth of the data.
        case tiny
        /// About 1 to 3 MB a case.
        case standard
        /// Half the standard voxel size: eight times the data.
        case large
        /// A quarter of the standard voxel size, as fine as scanners make them: 64 times the data, 200 MB and more a scan of
        /// the trunk.
        case clinical

        /// What the standard voxel size is multiplied by.
        var scale: Double {
            switch self {
            case .tiny: 2
            case .standard: 1
            case .large: 0.5
            case .clinical: 0.25
            }
        }
    }

    /// The dataset whose layout is imitated.
    public let manifest: Manifest
    /// Decides every voxel.
    public let seed: UInt64
    /// The number of patients (subjects).
    public let subjects: Int
    private let layout: any PhantomLayout

    /// - Parameters:
    ///   - manifest: the dataset whose layout is imitated.
    ///   - subjects: 1 to 100; `nil` for the layout's usual number, which shows every quirk.
    ///   - seed: decides every voxel.
    ///   - size: how large the volumes are.
    public init(_ manifest: Manifest, subjects: Int? = nil, seed: UInt64 = 1, size: Size = .standard) {
        let layout = manifest.layout.adapter.phantomType
        self.manifest = manifest
        self.seed = seed
        self.subjects = max(1, min(100, subjects ?? layout.usualSubjects))
        self.layout = layout.init(manifest: manifest, subjects: self.subjects, seed: seed, scale: size.scale)
    }

    /// Writes the dataset to `folder`, which must not exist or be empty; it appears whole or not at all.
    ///
    /// - Parameters:
    ///   - folder: where the tree is made.
    ///   - jobs: patients painted at once.
    ///   - progress: called after each patient.
    /// - Throws: ``PhantomError``, `NIfTIError` when writing fails.
    public func write(to folder: URL, jobs: Int, progress: @escaping @Sendable () -> Void = {}) async throws {
        let manager = FileManager.default
        if let inside = try? manager.contentsOfDirectory(atPath: folder.path), !inside.isEmpty {
            throw PhantomError.folderNotEmpty(folder.path)
        }
        let folder = folder.standardizedFileURL
        let parent = folder.deletingLastPathComponent()
        let work = parent.appending(path: ".\(folder.lastPathComponent).part-\(UUID().uuidString)")
        try manager.createDirectory(at: work, withIntermediateDirectories: true)
        defer { try? manager.removeItem(at: work) }
        try layout.writeDescription(below: work)
        try await mapConcurrently(Array(0..<subjects), jobs: jobs) { [layout] subject in
            try layout.write(subject: subject, below: work)
        } receive: { _, _ in
            progress()
        }
        try? manager.removeItem(at: folder)
        try manager.moveItem(at: work, to: folder)
    }
}

/// Why a phantom cannot be written.
public enum PhantomError: Error, Equatable, Sendable, CustomStringConvertible {
    case folderNotEmpty(String)

    public var description: String {
        switch self {
        case .folderNotEmpty(let folder):
            "\(folder): expected a new or empty folder but found files in it. Name another one."
        }
    }
}

/// One layout's way to write made-up patients.
protocol PhantomLayout: Sendable {
    /// The number of patients that shows every quirk.
    static var usualSubjects: Int { get }

    init(manifest: Manifest, subjects: Int, seed: UInt64, scale: Double)

    /// Writes the files of one patient. Called concurrently for different patients.
    func write(subject: Int, below root: URL) throws

    /// Writes lists, tables and junk.
    func writeDescription(below root: URL) throws
}

extension LayoutName {
    var phantomType: any PhantomLayout.Type {
        switch self {
        case .amos22: AMOS22Phantom.self
        case .bcv: BCVPhantom.self
        case .lits: LiTSPhantom.self
        case .kits19: KiTS19Phantom.self
        case .mnms: MnMsPhantom.self
        case .brainAging: BrainAgingPhantom.self
        case .decathlon: DecathlonPhantom.self
        case .nnUNet: NNUNetPhantom.self
        }
    }
}
