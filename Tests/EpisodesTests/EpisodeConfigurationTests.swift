import Configuration
import Episodes
import FoundationEssentials
import Testing
import Volumes

@Suite struct EpisodeConfigurationTests {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
        .appending(path: "configs/episodes")

    @Test("Every preset can be read", arguments: ["paper", "hermes", "nnunet", "none"]) func presets(name: String)
        throws
    {
        let configuration = try EpisodeConfiguration(contentsOf: Self.folder.appending(path: "\(name).yaml"))
        #expect(configuration.patch.size == (try GridShape(128, 128, 128)))
        #expect(configuration.intensity.isEmpty == (name == "none"))
    }

    @Test func nothingAugmentsByDefault() throws {
        #expect(
            try EpisodeConfiguration(contentsOf: Self.folder.appending(path: "none.yaml")) == EpisodeConfiguration())
    }

    /// The ranges that the IRIS paper states.
    @Test func paperRanges() throws {
        let paper = try EpisodeConfiguration(contentsOf: Self.folder.appending(path: "paper.yaml"))
        #expect(paper.spatial.rotation?.range == AxisRanges(-10, 10))
        #expect(paper.spatial.scale?.range == NumberRange(0.9, 1.1))
        #expect(paper.intensity(for: "MR").contains { if case .ricianNoise = $0.step { true } else { false } })
        #expect(paper.intensity(for: "CT") == paper.intensity)
        #expect(paper.spatial(for: "MR") == paper.spatial)
    }

    @Test(
        "Faults are refused with line and key",
        arguments: [
            ("format: 1\nshotz: 2\n", "test.yaml:2: shotz: unknown key. Did you mean shots?"),
            ("format: 2\n", "test.yaml:1: format: expected format 1 but found 2. Update the program or the file."),
            ("shots: 1\n", "test.yaml:1: the key format is missing."),
            (
                "format: 1\nshots: [3, 2]\n",
                "test.yaml:2: shots: expected the lower end first but found 3 before 2. Exchange the two."
            ),
            (
                "format: 1\nspatial:\n  scale: {factor: [0, 1]}\n",
                "test.yaml:3: spatial.scale.factor[0]: expected a number from 0.1 to 10.0 but found 0.0."
            ),
            (
                "format: 1\nintensity:\n  - gama: {exponent: [1, 2]}\n",
                "test.yaml:3: intensity[0].gama: unknown intensity step. Did you mean gamma?"
            ),
            (
                "format: 1\nsplit: {use: [train, tset]}\n",
                "test.yaml:2: split.use[1]: expected one of train, validation, test, none but found \"tset\". Did you mean test?"
            ),
            (
                "format: 1\npatch: {size: [64, 64]}\n",
                "test.yaml:2: patch.size: expected three sizes along i, j and k but found 2."
            ),
            (
                "format: 1\nmodalityGroups: [[CT], [MR, CT]]\n",
                "test.yaml:2: modalityGroups[1]: the modality CT stands in two groups. Keep it in one."
            ),
        ]) func faults(text: String, complaint: String)
    {
        do {
            _ = try EpisodeConfiguration(text: text, file: "test.yaml")
            Issue.record("accepted \(text)")
        } catch {
            #expect(error.description == complaint)
        }
    }

    /// The digest covers every setting, and does not depend on the order of keys in the file.
    @Test func digest() throws {
        let a = try EpisodeConfiguration(text: "format: 1\nshots: 2\nquery: {negatives: 0.5}\n", file: "a")
        let b = try EpisodeConfiguration(text: "query: {negatives: 0.5}\nformat: 1\nshots: [2, 2]\n", file: "b")
        let c = try EpisodeConfiguration(text: "query: {negatives: 0.25}\nformat: 1\nshots: 2\n", file: "c")
        #expect(a.digest == b.digest)
        #expect(a.digest != c.digest)
        let back = try JSONDecoder().decode(Holder.self, from: Data(a.canonicalJSON.utf8))
        #expect(back.configuration == a)
    }

    private struct Holder: Decodable { let configuration: EpisodeConfiguration }
}
