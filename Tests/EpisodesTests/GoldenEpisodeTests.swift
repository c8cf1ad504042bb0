import CKernels
import Episodes
import FoundationEssentials
import Testing
import VolumeStore

/// Pins plans and rendered voxels: whoever changes what an index stands for must change the format of plans.
///
/// Noise and gamma round differently on each instruction set, so each has digests of its own; each is tried in a process of
/// its own, because the limit holds for a whole process. To write the file anew, after raising `EpisodePlan.format`, set
/// IRIS_WRITE_GOLDEN=1.
@Suite(.serialized) struct GoldenEpisodeTests {
    private struct Golden: Codable {
        var store: String
        var plans: [String]
        /// Digests of the plans' episodes by instruction set.
        var digests: [String: [String]]
    }

    private static let file = URL(filePath: #filePath).deletingLastPathComponent().appending(
        path: "Recorded/golden-episodes.json")

    @Test func portable() async {
        await #expect(processExitsWith: .success) { try GoldenEpisodeTests.check(IRIS_PORTABLE, "portable") }
    }

    @Test(.enabled(if: iris_instruction_set_available().rawValue >= IRIS_AVX2.rawValue, "this processor has no AVX2"))
    func avx2() async { await #expect(processExitsWith: .success) { try GoldenEpisodeTests.check(IRIS_AVX2, "avx2") } }

    @Test(
        .enabled(if: iris_instruction_set_available().rawValue >= IRIS_AVX512.rawValue, "this processor has no AVX-512")
    )
    func avx512() async {
        await #expect(processExitsWith: .success) { try GoldenEpisodeTests.check(IRIS_AVX512, "avx512") }
    }

    private static func check(_ limit: iris_instruction_set, _ name: String) throws {
        iris_limit_instruction_set(limit)
        let sampler = try EpisodeStreamTests.sampler(seed: 20_250_611)
        let plans = try (0..<6).map { try sampler.plan(UInt64($0)) }
        let renderer = EpisodeRenderer(catalogue: sampler.catalogue)
        let digests = try plans.map { try renderer.render($0).digest.hexadecimal }
        if ProcessInfo.processInfo.environment["IRIS_WRITE_GOLDEN"] != nil {
            var golden =
                (try? JSONDecoder().decode(Golden.self, from: Data(contentsOf: file)))
                ?? Golden(store: "", plans: [], digests: [:])
            if golden.plans != plans.map(\.json) { golden.digests = [:] }
            (golden.store, golden.plans) = (sampler.catalogue.digest.hexadecimal, plans.map(\.json))
            golden.digests[name] = digests
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            try encoder.encode(golden).write(to: file)
        }
        let golden = try JSONDecoder().decode(Golden.self, from: Data(contentsOf: file))
        // When this fails the store's content digest has changed, and plans with it: they carry the digest.
        #expect(sampler.catalogue.digest.hexadecimal == golden.store)
        #expect(plans.map(\.json) == golden.plans)
        #expect(digests == golden.digests[name])
    }
}
