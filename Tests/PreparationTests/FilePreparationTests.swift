import Configuration
import Datasets
import FoundationEssentials
import NIfTI
import Preparation
import Testing
import VolumeStore
import Volumes

@Suite struct FilePreparationTests {
    private static let configurations = [
        "crop: {context: {x: 3, y: 4, z: 5}}",
        """
        spacing: [1, 1.25, 2]
        oblique: resample
        interpolation: linear
        throughPlane: {axis: z, interpolation: nearest}
        crop: {to: nothing}
        windows:
          CT: {lowPercentile: 1, highPercentile: 97.5}
          MR: {low: -3, high: 1e4}
        stepsPerDeviation: 500
        nonFinite: replace
        geometry: {labelTolerance: 0.25, largestShear: 0.01}
        """,
        "throughPlane: {coarserThan: 2.5, interpolation: linear}",
    ]

    /// A store's case and the same files prepared by the text that the store keeps: the same voxels, bit for bit.
    @Test(arguments: configurations) func filesBecomeWhatTheStoreHolds(configuration: String) async throws {
        let tree = try SmallAMOS()
        try tree.add(1, orientation: "LPS")
        let (summary, store) = try await tree.prepared(by: configuration)
        #expect(summary.prepared == 1)
        let text = try #require(try store.configuration(summary.configurationDigest))
        let preparation = try FilePreparation(canonicalText: text, file: "text")
        let images = try FileManager.default.contentsOfDirectory(atPath: tree.folder.path + "/imagesTr")
        let name = try #require(images.first)
        let file = try preparation.prepare(
            image: tree.folder.appending(path: "imagesTr/\(name)"),
            labels: tree.folder.appending(path: "labelsTr/\(name)"), modality: .ct)
        let opened = try store.catalogue().open(0)
        #expect(file.image.grid == opened.grid)
        #expect(file.image.voxels == Array(opened.image.buffer))
        #expect(file.labels?.voxels == opened.labels.map { Array($0.buffer) })
        #expect(file.quantisation == opened.quantisation && file.normalisation == opened.normalisation)
        #expect(file.fileGrid == (try SmallAMOS.grid("LPS")) && file.sourceGrid == file.fileGrid)
        #expect(file.sources.map(\.role) == [.image, .label] && file.name == name.dropLast(7))
        #expect(Set(file.image.voxels).count > 50)
        // Without labels the image is kept whole.
        let whole = try preparation.prepare(
            image: tree.folder.appending(path: "imagesTr/\(name)"), labels: nil, modality: .ct)
        #expect(whole.labels == nil && whole.image.grid.shape.count >= file.image.grid.shape.count)
        #expect(whole.image.grid.shape.i == Int((30 * 2 / file.image.grid.spacing.i).rounded(.toNearestOrEven)))
    }

    private static func text(_ replaced: String, by line: String) -> String {
        """
        algorithm: 1
        spacing: 1.5 1.5 1.5
        oblique: keep
        interpolation: cubic
        throughPlane: same
        crop: nothing
        window CT: -991.0 500.0
        stepsPerDeviation: 1000.0
        nonFinite: refuse
        labelTolerance: 0.1
        largestShear: 0.05

        """.split(separator: "\n").map { $0.hasPrefix(replaced) ? line : String($0) }.joined(separator: "\n")
    }

    @Test(
        arguments: [
            ("algorithm", "algorithm: 2", 1, "expected algorithm: 1 but found \"algorithm: 2\""),
            ("spacing", "spacing: 1 0 1", 2, "expected three lengths but found \"spacing: 1 0 1\""),
            ("oblique", "oblique: tilt", 3, "expected one of keep, resample but found \"oblique: tilt\""),
            (
                "crop", "crop: labels 1 2", 6,
                "expected nothing, or labels and three sizes but found \"crop: labels 1 2\""
            ),
            ("window", "window CT: 1", 7, "expected 2 numbers but found \"window CT: 1\""),
            ("nonFinite", "colour: red", 9, "expected a setting of a preparation but found \"colour: red\""),
        ] as [(String, String, Int, String)])
    func textsOfOtherProgramsAreRefused(key: String, line: String, number: Int, problem: String) throws {
        #expect(
            throws: ConfigurationError(
                file: "text", line: number, path: String(line.prefix { $0 != ":" }),
                problem: problem + ". Use the program that wrote it.")
        ) { try FilePreparation(canonicalText: Self.text(key, by: line), file: "text") }
    }

    @Test func aTextThatLacksASettingIsRefused() throws {
        #expect(
            throws: ConfigurationError(
                file: "text", line: nil, path: "oblique", problem: "is missing. Use the program that wrote the text.")
        ) { try FilePreparation(canonicalText: Self.text("oblique", by: ""), file: "text") }
    }
}
