import Episodes
import TestData
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

    /// Six subjects were scanned by CT and two by MR: three quarters of a class's episodes are of CT.
    @Test func modalitiesFollowTheirSubjects() throws {
        let folder = try TemporaryFolder()
        let writer = StoreWriter(try VolumeStore.open(at: folder.url, mode: .write))
        let configuration = try writer.register(configuration: "small")
        try writer.register(
            StoredDataset(name: "d", classes: [StoredClass(value: 1, name: "organ", structure: "organ")]))
        let grid = Grid(shape: try GridShape(10, 10, 10), affine: Affine(spacing: try Spacing(1, 1, 1)))
        for subject in 0..<8 {
            let description = CaseDescription(
                key: CaseKey(dataset: "d", name: "c\(subject)"), subject: "s\(subject)",
                modality: subject < 6 ? "CT" : "MR", officialSplit: .train, paperSplit: .train, sourceGrid: grid,
                sourceIntensities: SourceIntensities(minimum: 0, maximum: 999, mean: 500, nonFinite: 0),
                normalisation: IntensityNormalisation(clipLow: 0, clipHigh: 999, mean: 500, standardDeviation: 300)!,
                configurationDigest: configuration)
            try writer.add(
                description, image: Volume(grid: grid, voxels: (0..<1000).map { Int16($0) }),
                labels: LabelMap(grid: grid, voxels: (0..<1000).map { $0 < 100 ? 1 : 0 }))
        }
        let sampler = try EpisodeSampler(
            catalogue: VolumeStore.open(at: folder.url, mode: .read).catalogue(),
            configuration: EpisodeConfiguration(
                text: "format: 1\npatch: {size: [16, 16, 16]}\nclasses: {minimumVoxels: 8}\n", file: "small"), seed: 1)
        #expect(sampler.frequencies.map(\.probability).sorted() == [0.25, 0.75])
        let computed = try (UInt64(0)..<400).map(sampler.plan).count { $0.modality == "CT" }
        // 300 with a deviation of 8.7.
        #expect((255...345).contains(computed))
    }
}
