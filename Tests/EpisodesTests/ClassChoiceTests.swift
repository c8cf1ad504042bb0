import Episodes
import Testing
import VolumeStore
import Volumes

/// The classes of an episode beside its anchor, in patches that show whole volumes.
@Suite struct ClassChoiceTests {
    private func plans(_ classes: String) throws -> [EpisodePlan] {
        let configuration = try EpisodeConfiguration(
            text: """
                format: 1
                datasets: {weights: {abdomen: 1}}
                patch: {size: [48, 40, 48]}
                classes: {\(classes)}
                intensity:
                  - gaussianNoise: {probability: 1, sigma: [0.1, 0.2]}
                """, file: "classes")
        let sampler = try EpisodeSampler(
            catalogue: SyntheticStore.shared.catalogue, configuration: configuration, seed: 9)
        return try (UInt64(0)..<2000).map(sampler.plan)
    }

    /// Every subject has both kidneys, so whatever else is tried on the way the left one is taken eight times as often.
    @Test func furtherClassesFollowTheirWeights() throws {
        let seconds = try plans("perEpisode: [2, 2], weights: {kidney_left: 8, kidney_right: 1, liver: 6}").filter {
            $0.classes[0].structure == "liver"
        }.compactMap { $0.classes.dropFirst().first?.structure }
        let left = seconds.count { $0 == "kidney_left" }, right = seconds.count { $0 == "kidney_right" }
        // 8/9 of some 600, with a deviation of 0.013.
        #expect(left + right > 300)
        #expect(abs(Double(left) / Double(left + right) - 8.0 / 9) < 0.06)
    }

    /// There is a second class to be had in every episode, and a quarter of them is dropped: a deviation of 0.01.
    @Test func furtherClassesAreDroppedAsOftenAsAsked() throws {
        let plans = try plans("perEpisode: [2, 2], dropProbability: 0.25")
        let kept = Double(plans.count { $0.classes.count == 2 }) / Double(plans.count)
        #expect(abs(kept - 0.75) < 0.05)
    }

    /// Each patch has intensity changes of its own, the same ones whenever it is planned.
    @Test func patchesDoNotShareTheirNoise() throws {
        for plan in try plans("perEpisode: [1, 1]").prefix(200) {
            #expect(plan.query.intensity.count == 1)
            #expect(plan.references.allSatisfy { $0.patch.intensity != plan.query.intensity })
        }
    }
}
