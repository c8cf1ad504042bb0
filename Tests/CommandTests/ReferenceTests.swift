import FoundationEssentials
import Testing

/// `iris reference`, and that the files in docs/reference are what it prints.
@Suite struct ReferenceTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    @Test("docs/reference is what the program prints", arguments: ["configuration", "commands"])
    func filesAreCurrent(name: String) throws {
        let run = try IrisCommand(["reference", name])
        #expect(run.status == 0, "\(run.errors)")
        let file = try String(
            contentsOf: Self.root.appending(path: "docs/reference/\(name).md"), encoding: .utf8)
        #expect(run.output == file, "docs/reference/\(name).md is out of date. Renew it with make reference.")
    }

    /// The keys that a file may have, against those that the files of the repository do have, found without YAML: words
    /// before a colon at the beginning of a line, of files whose top level has no other such words.
    @Test(
        "Keys of the shipped files are documented",
        arguments: [("prepare", "iris"), ("episodes", "hermes"), ("model", "paper"), ("train", "paper")])
    func shippedKeys(kind: String, name: String) throws {
        let text = try String(
            contentsOf: Self.root.appending(path: "configs/\(kind)/\(name).yaml"), encoding: .utf8)
        let keys = text.split(separator: "\n").filter { $0.first?.isLetter == true }
            .compactMap { $0.split(separator: ":").first.map(String.init) }
        #expect(keys.count >= 4)
        let files: [Described] = try IrisCommand(["reference", "configuration", kind, "--json"]).json()
        #expect(files.count == 1)
        let documented = Set(files.flatMap(\.settings).map(\.key))
        #expect(documented.isSuperset(of: keys), "\(Set(keys).subtracting(documented))")
        for setting in files.flatMap(\.settings) { setting.expectMeanings(in: kind) }
    }

    @Test("An unknown kind is refused with the known ones") func unknownKind() throws {
        let run = try IrisCommand(["reference", "configuration", "episode"])
        #expect(run.status == 2 && run.output.isEmpty)
        for kind in ["prepare", "episodes", "model", "train", "manifest", "structures"] {
            #expect(run.errors.contains("- \(kind)\n"), "\(run.errors)")
        }
    }

    struct Described: Decodable { let settings: [Setting] }

    struct Setting: Decodable {
        let key, values, meaning: String
        let settings: [Setting]

        /// Everybody is told what a key means and what may stand there.
        func expectMeanings(in path: String) {
            #expect(!values.isEmpty && meaning.hasSuffix("."), "\(path).\(key)")
            settings.forEach { $0.expectMeanings(in: "\(path).\(key)") }
        }
    }
}
