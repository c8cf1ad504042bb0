import Configuration
import Episodes
import FoundationEssentials
import IrisModel
import IrisTraining
import Testing

/// The files under configs/train, with the model and the episodes that they name.
@Suite struct ShippedConfigurationTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "configs/train")

    @Test func everyTrainingConfigurationFitsItsModelAndEpisodes() throws {
        let files = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path).sorted()
        #expect(files == ["demo.yaml", "hippocampus.yaml", "paper.yaml", "small.yaml"])
        for name in files {
            let training = try TrainingConfiguration(contentsOf: Self.folder.appending(path: name))
            let episodes = try EpisodeConfiguration(contentsOf: URL(filePath: training.episodes))
            let model = try IrisConfiguration(
                YAMLValue(text: String(contentsOfFile: training.model, encoding: .utf8), file: training.model))
            let edges = episodes.patch.size.components
            for axis in 0..<3 { #expect(edges[axis] % model.patchMultiple == 0, "\(name)") }
            #expect(training.steps > training.learningRate.warmUpSteps, "\(name)")
        }
    }
}
