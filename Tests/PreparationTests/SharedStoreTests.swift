import Datasets
import FoundationEssentials
import Preparation
import TestData
import Testing
import VolumeStore

/// Every tree of the shared data in one store, against label voxels that nibabel and numpy counted
/// (`Recorded/record_labels.py`).
@Suite(.enabled(if: SharedData.isPresent, "\(SharedData.absence)")) struct SharedStoreTests {
    /// Voxels by dataset, case and label value.
    typealias Counts = [String: [String: [String: Int]]]

    private static let trees = [
        ("amos22", "amos22"), ("bcv", "bcv"), ("lits", "lits"), ("kits19", "kits19"), ("mnms", "mnms"),
        ("brain-aging", "brain_structure"), ("msd", "Task04_Hippocampus"),
    ]

    @Test("Cases, subjects, classes and the voxels of every class") func everyTree() async throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Recorded/labels.json")
        let expected = try JSONDecoder().decode(Counts.self, from: Data(contentsOf: file))
        let folder = try TemporaryFolder()
        let store = try VolumeStore.open(at: folder.url.appending(path: "store"), mode: .write)
        var options = PreparationOptions()
        options.jobs = 2
        for (name, tree) in Self.trees {
            let summary = try await DatasetPreparation(
                manifest: try Manifest.load(name), source: SharedData.url(tree),
                configuration: .iris, options: options, program: "test"
            ).run(into: store)
            #expect(!summary.hasFailures && summary.quarantined.isEmpty, "\(name)")
        }
        var found: Counts = [:], subjects: [String: Set<String>] = [:]
        for one in try store.cases() {
            guard case .prepared(let record) = one.status else { continue }
            let voxels = record.classes.map { ("\($0.value)", $0.voxels) }
            found[one.key.dataset, default: [:]][one.key.name] = Dictionary(uniqueKeysWithValues: voxels)
            subjects[one.key.dataset, default: []].insert(one.subject)
        }
        #expect(
            subjects.mapValues(\.count) == [
                "amos22": 7, "bcv": 4, "lits": 4, "kits19": 6, "mnms": 4, "brain-aging": 8, "task04-hippocampus": 180,
            ])
        #expect(found.mapValues { Set($0.keys) } == expected.mapValues { Set($0.keys) })
        for (dataset, cases) in expected {
            for (name, classes) in cases {
                let mine = found[dataset]?[name] ?? [:]
                // In M&Ms some samples of 1.5 mm lie halfway between voxels of 2.4 mm, where the last bit of the affine decides.
                if dataset == "mnms" {
                    #expect(Set(mine.keys) == Set(classes.keys), "\(name)")
                    for (value, voxels) in classes {
                        #expect(abs(mine[value, default: 0] - voxels) * 50 <= voxels, "\(name) class \(value)")
                    }
                } else {
                    #expect(mine == classes, "\(dataset) \(name)")
                }
            }
        }
    }
}
