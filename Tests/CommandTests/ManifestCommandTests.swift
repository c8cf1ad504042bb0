import FoundationEssentials
import TestData
import Testing

/// `iris manifest` and `iris phantom` as their users see them.
@Suite struct ManifestCommandTests {
    private struct Check: Decodable {
        let name: String
        let classes: Int?
        let paperSplit: [Int]?
        let error: String?
    }

    private struct Shown: Decodable {
        struct Class: Decodable {
            let value: Int
            let structure: String
            let droppedIn: [String]
        }
        let name: String
        let classes: [Class]
        let cropContext: [String: Int]
    }

    private struct Made: Decodable {
        let dataset: String
        let subjects, cases, labelled: Int
    }

    @Test func everyManifestChecks() throws {
        let run = try IrisCommand(["manifest", "check", "--json"])
        let found: [Check] = try run.json()
        #expect(run.status == 0 && found.count == 9 && found.allSatisfy { $0.error == nil })
        #expect(found.first { $0.name == "amos22" }?.paperSplit == [233, 7, 120])
    }

    @Test func aFaultyManifestIsAFindingWithItsLine() throws {
        let folder = try TemporaryFolder(), file = folder.url.appending(path: "mine.yaml")
        try Data("name: mine\ntitel: Mine\n".utf8).write(to: file)
        let run = try IrisCommand(["manifest", "check", file.path])
        #expect(run.status == 1)
        #expect(run.errors == "error: \(file.path):1: the key title is missing. Is titel meant to be it?\n")
    }

    @Test func showTellsTheLabelTable() throws {
        let run = try IrisCommand(["manifest", "show", "amos22", "--json"])
        let found: Shown = try run.json()
        #expect(found.classes.count == 15 && found.cropContext == ["x": 30, "y": 30, "z": 10])
        #expect(
            found.classes.filter { $0.droppedIn == ["MR"] }.map(\.structure) == ["urinary-bladder", "prostate-uterus"])
        let text = try IrisCommand(["manifest", "show", "amos22"])
        #expect(text.status == 0 && text.output.contains("paper split: 233 train, 7 val, 120 test\n"))
        let wrong = try IrisCommand(["manifest", "show", "litz"])
        #expect(wrong.status == 2 && wrong.errors.hasSuffix("Did you mean lits?\n"))
    }

    @Test func aPhantomIsMadeDescribedAndNotOverwritten() throws {
        let folder = try TemporaryFolder(), data = folder.path("msd")
        let run = try IrisCommand(["phantom", "msd", "--output", data, "--cases", "4", "--size", "tiny", "--json"])
        let made: Made = try run.json()
        #expect(run.status == 0 && made.dataset == "msd" && made.subjects == 4 && made.cases == 4 && made.labelled == 3)

        let file = folder.url.appending(path: "croissant.json")
        let export = try IrisCommand(["manifest", "export", "msd", "--source", data, "--croissant", file.path])
        #expect(export.status == 0 && export.output == "\(file.path): task04-hippocampus, 4 cases, 7 files\n")
        let text = try String(contentsOf: file, encoding: .utf8)
        #expect(text.contains(#""conformsTo" : "http://mlcommons.org/croissant/1.0""#))

        let again = try IrisCommand(["phantom", "msd", "--output", data])
        #expect(again.status == 2 && again.errors.contains("expected a new or empty folder but found files in it"))
        let wrong = try IrisCommand(["phantom", "msd", "--output", data, "--cases", "0"])
        #expect(wrong.status == 2 && wrong.errors.contains("--cases: expected 1 to 100 but found 0."))
    }

    @Test func anExportOfABrokenTreeSaysSo() throws {
        let folder = try TemporaryFolder()
        for path in ["volume-0.nii", "segmentation-0.nii", "volume-1.nii"] {
            try Data("x".utf8).write(to: folder.url.appending(path: path))
        }
        let run = try IrisCommand(
            ["manifest", "export", "lits", "--source", folder.url.path, "--croissant", folder.path("croissant.json")])
        #expect(run.status == 1 && run.output.hasSuffix("lits, 1 cases, 2 files\n"))
        #expect(run.errors.contains("segmentation-1.nii: expected the label of"))
    }
}
