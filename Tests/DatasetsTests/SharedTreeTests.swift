import Datasets
import FoundationEssentials
import TestData
import Testing

/// Every tree of the shared data, with the counts that its README states.
@Suite(.enabled(if: SharedData.isPresent, "\(SharedData.absence)")) struct SharedTreeTests {
    struct Expectation {
        let name, folder: String
        let cases, subjects, labelled: Int
        let splits: [Split: Int]
    }

    @Test(
        "Cases, subjects, labels and official parts",
        arguments: [
            Expectation(
                name: "amos22", folder: "amos22", cases: 7, subjects: 7, labelled: 7, splits: [.train: 5, .val: 2]),
            Expectation(name: "bcv", folder: "bcv", cases: 4, subjects: 4, labelled: 4, splits: [.train: 4]),
            Expectation(name: "lits", folder: "lits", cases: 4, subjects: 4, labelled: 4, splits: [.train: 4]),
            Expectation(name: "kits19", folder: "kits19", cases: 6, subjects: 6, labelled: 6, splits: [.train: 6]),
            Expectation(
                name: "mnms", folder: "mnms", cases: 8, subjects: 4, labelled: 8,
                splits: [.train: 4, .val: 2, .test: 2]),
            Expectation(
                name: "brain-aging", folder: "brain_structure", cases: 8, subjects: 8, labelled: 8,
                splits: [.train: 4, .val: 2, .test: 2]),
            Expectation(
                name: "msd", folder: "Task04_Hippocampus", cases: 186, subjects: 186, labelled: 180,
                splits: [.train: 180, .test: 6]),
        ]) func counts(_ expected: Expectation) throws
    {
        let found = try listing(expected.name, SharedData.url(expected.folder))
        #expect(found.problems.isEmpty, "\(found.problems)")
        #expect(found.cases.count == expected.cases)
        #expect(Set(found.cases.map(\.id)).count == expected.cases)
        #expect(Set(found.cases.map(\.subject)).count == expected.subjects)
        #expect(found.cases.count { $0.label != nil } == expected.labelled)
        #expect(Dictionary(grouping: found.cases, by: { $0.officialSplit! }).mapValues(\.count) == expected.splits)
        for file in found.cases.flatMap(\.files) { #expect(FileManager.default.fileExists(atPath: file.path)) }
    }

    @Test("BCV pairs by number, and knows the paper's split") func bcv() throws {
        let found = try listing("bcv", SharedData.url("bcv"))
        #expect(
            found.cases.map { $0.files.map(\.lastPathComponent) }
                == ["0001", "0002", "0003", "0005"].map { ["img\($0).nii.gz", "label\($0).nii.gz"] })
        #expect(found.cases.allSatisfy { $0.paperSplit == .train && $0.ignoresLabelHeader && $0.modality == .ct })
    }

    @Test("LiTS sorts by number and corrects volume 28 alone") func lits() throws {
        let found = try listing("lits", SharedData.url("lits"))
        #expect(found.cases.map(\.id) == ["volume-0", "volume-1", "volume-2", "volume-28"])
        #expect(found.cases.map(\.paperSplit) == [.val, .test, .train, .test])
        #expect(found.cases.map { $0.spacingCorrection?.corrected.k } == [nil, nil, nil, 1.7])
    }

    @Test("M&Ms takes the frames of the table, counted from 0") func mnms() throws {
        let found = try listing("mnms", SharedData.url("mnms"))
        let frames = found.cases.map { "\($0.id) \($0.image.frame!)" }
        #expect(
            frames == [
                "A0S9V9_ED 2", "A0S9V9_ES 6", "B3D2F1_ED 1", "B3D2F1_ES 4", "C7G4K0_ED 2", "C7G4K0_ES 6", "E5H8M2_ED 2",
                "E5H8M2_ES 5",
            ])
        #expect(found.cases[0].notes == ["Vendor Siemens, centre 1."])
    }

    @Test("Without the table, the labelled frames are found and the fuller ventricle is end diastole")
    func framesByLabel() throws {
        let folder = try TemporaryFolder()
        for part in ["Training", "Validation", "Testing"] {
            try FileManager.default.createSymbolicLink(
                at: folder.url.appending(path: part), withDestinationURL: SharedData.url("mnms/\(part)"))
        }
        let withTable = try listing("mnms", SharedData.url("mnms")), without = try listing("mnms", folder.url)
        #expect(
            without.cases.map { "\($0.id) \($0.image.frame!)" } == withTable.cases.map { "\($0.id) \($0.image.frame!)" }
        )
        #expect(without.problems.map(\.code) == [.unreadableMetadata])
    }

    @Test("The hippocampus is named after its folder and maps to canonical structures") func hippocampus() throws {
        let found = try listing("msd", SharedData.url("Task04_Hippocampus"))
        #expect(
            found.dataset == "task04-hippocampus"
                && found.cases.allSatisfy { $0.dataset == found.dataset && $0.modality == .mr })
        #expect(
            found.classes == [
                ManifestClass(value: 1, name: "Anterior", structure: "anterior-hippocampus"),
                ManifestClass(value: 2, name: "Posterior", structure: "posterior-hippocampus"),
            ])
    }

    @Test("Brain Aging joins four files") func brain() throws {
        let found = try listing("brain-aging", SharedData.url("brain_structure"))
        #expect(
            found.cases.map(\.id).sorted() == [
                "dlbs_0001", "dlbs_0002", "dlbs_0007", "ixi_0004", "ixi_0006", "ixi_0008", "sald_0003", "sald_0005",
            ])
        #expect(found.cases.allSatisfy { $0.files.count == 4 })
    }

    @Test("Faults of the hippocampus copy that its lists and folders show") func hippocampusDirty() throws {
        let found = try listing("msd", SharedData.url("hippocampus-dirty"))
        #expect(
            found.problemLines == [
                "count-mismatch - dataset.json", "missing-image hippocampus_281 hippocampus_281.nii.gz",
                "missing-image hippocampus_400 hippocampus_400.nii.gz",
                "missing-label hippocampus_118 hippocampus_118.nii.gz",
                "unlisted-file hippocampus_223 hippocampus_223.nii.gz",
            ])
        // 14 entries, three of them without a file, and the forgotten pair.
        #expect(found.cases.count == 12)
        #expect(found.dataset == "hippocampus-dirty")
    }
}
