import Configuration
import Datasets
import FoundationEssentials
import TestData
import Testing

@Suite struct ManifestTests {
    private static let text = """
        name: mine
        title: My data
        version: "1"
        licence: none
        citation: none
        source: {homepage: a, record: b, size: c, access: d}
        layout: {adapter: lits, expected: volumes}
        modality: {constant: CT}
        intensity: {CT: HU}
        classes:
          - {value: 2, name: left kidney, structure: left-kidney}
          - {value: 1, name: right kidney, structure: right-kidney}
        cropContext: {x: 1, y: 2, z: 3}
        splits:
          paper: splits/mine.json

        """

    private func read(_ text: String, split: String = #"{"train": ["a", "b"], "test": ["c"]}"#) throws -> Manifest {
        try Manifest(text: text, file: "m.yaml", structures: library.structures) { _ in split }
    }

    @Test func values() throws {
        let manifest = try read(Self.text)
        #expect(manifest.classes.map(\.value) == [1, 2] && manifest.classes.map(\.pairedValue) == [2, 1])
        #expect(manifest.paperSplit?["c"] == .test && manifest.paperSplit?["d"] == nil)
        #expect(manifest.labelGeometry == .own && manifest.probabilityRule == nil && manifest.knownDefects.isEmpty)
    }

    @Test(
        "Complaints name line, key and the nearest valid name",
        arguments: [
            ("title:", "titel:", "m.yaml:1: the key title is missing. Is titel meant to be it?"),
            (
                "left-kidney", "left-kidny",
                #"m.yaml:11: classes[0].structure: "left-kidny" is not in structures.yaml. Did you mean left-kidney?"#
            ),
            ("value: 2", "value: 1", "m.yaml:12: classes[1]: the value 1 or the structure right-kidney stands twice."),
            (
                "value: 2", "value: 256",
                "m.yaml:11: classes[0].value: expected a whole number from 1 to 255 but found 256."
            ),
            (
                "adapter: lits", "adapter: list",
                #"m.yaml:7: layout.adapter: expected one of amos22, bcv, lits, kits19, mnms, brain-aging, msd, nnunet but found "list". Did you mean lits?"#
            ),
            (
                "{constant: CT}", "{constant: CT, from: dataset.json}",
                "m.yaml:8: modality: expected exactly one of constant, byNumber, from."
            ),
            (
                "{constant: CT}", "{byNumber: [{first: 1, last: 5, modality: CT}, {first: 5, last: 6, modality: MR}]}",
                "m.yaml:8: modality.byNumber[1]: the range 5 to 6 overlaps one before it."
            ),
            (
                "splits/mine.json", "../mine.json",
                #"m.yaml:15: splits.paper: expected a path below the manifest's folder but found "../mine.json". Leave out ".." and the leading slash."#
            ),
            (
                "splits/mine.json", "/etc/passwd",
                #"m.yaml:15: splits.paper: expected a path below the manifest's folder but found "/etc/passwd". Leave out ".." and the leading slash."#
            ),
            (
                "name: mine", "name: ../mine",
                #"m.yaml:1: name: expected lower-case letters, digits and single hyphens but found "../mine"."#
            ),
            (
                "cropContext: {x: 1, y: 2, z: 3}",
                "cropContext: {x: 1, y: 2, z: 3}\nlabelRules: [{drop: [3], reason: r}]",
                "m.yaml:14: labelRules[0].drop[0]: no class has the value 3."
            ),
            (
                "cropContext: {x: 1, y: 2, z: 3}",
                "cropContext: {x: 1, y: 2, z: 3}\nknownDefects: [{cases: [a], code: truncated-gzp, note: n, remedy: r}]",
                #"m.yaml:14: knownDefects[0].code: "truncated-gzp" is no code of the audit (iris audit --codes). Did you mean truncated-gzip?"#
            ),
            (
                "licence: none", "licence: none\npublished: 2022-13",
                #"m.yaml:5: published: expected a year or a date such as 2022-10-28 but found "2022-13"."#
            ),
            ("z: 3}", "z: 3, margin: 4}", "m.yaml:13: cropContext.margin: unknown key. Known here: x, y, z."),
        ]) func complaints(good: String, bad: String, complaint: String)
    {
        let error = #expect(throws: ConfigurationError.self) {
            try read(Self.text.replacingOccurrences(of: good, with: bad))
        }
        #expect(error?.description == complaint)
    }

    @Test("An id in two parts of a split is refused in the list's own file") func repeatedID() {
        let error = #expect(throws: ConfigurationError.self) {
            try read(Self.text, split: #"{"train": ["a"], "val": ["a"]}"#)
        }
        #expect(error?.description == "splits/mine.json:1: a stands twice. A case belongs to one part only.")
    }

    @Test("Names and files") func finding() throws {
        let error = #expect(throws: ManifestError.self) { try library.manifest("amos") }
        #expect(error?.description == "amos: no such dataset in \(library.folder.path). Did you mean amos22?")
        // The beginning of one name counts for more than a few letters in common with another (lits).
        let short = #expect(throws: ManifestError.self) { try library.manifest("KiTS") }
        #expect(short?.description == "KiTS: no such dataset in \(library.folder.path). Did you mean kits19?")
        #expect(
            try library.names() == [
                "amos22", "bcv", "brain-aging", "kits19", "lits", "mnms", "msd", "msd-hippocampus", "nnunet",
            ])
        let folder = try TemporaryFolder().write(["m.yaml"], Self.text).write(["splits/mine.json"], #"{"val": ["v"]}"#)
        #expect(try library.manifest(folder.url.appending(path: "m.yaml").path).paperSplit?["v"] == .val)
        #expect(throws: ManifestError.self) { try library.manifest("./absent.yaml") }
    }

    @Test("A list of ids that is a link out of the manifest's folder is refused") func linkedList() throws {
        let folder = try TemporaryFolder().write(["inner/m.yaml"], Self.text).write(["mine.json"], #"{"val": ["v"]}"#)
        let splits = folder.url.appending(path: "inner/splits")
        try FileManager.default.createDirectory(at: splits, withIntermediateDirectories: true)
        let list = splits.appending(path: "mine.json"), manifest = folder.url.appending(path: "inner/m.yaml").path
        try FileManager.default.createSymbolicLink(atPath: list.path, withDestinationPath: "../../mine.json")
        let error = #expect(throws: ManifestError.self) { try library.manifest(manifest) }
        #expect(
            try #require(error).description.hasPrefix(
                "\(list.path): expected a file below the manifest's folder but found a link to /"))
        // A link that stays inside is a file like any other.
        try FileManager.default.removeItem(at: list)
        try FileManager.default.moveItem(
            at: folder.url.appending(path: "mine.json"), to: folder.url.appending(path: "inner/list.json"))
        try FileManager.default.createSymbolicLink(atPath: list.path, withDestinationPath: "../list.json")
        #expect(try library.manifest(manifest).paperSplit?["v"] == .val)
    }
}
