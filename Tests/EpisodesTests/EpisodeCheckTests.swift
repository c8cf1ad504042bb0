import Episodes
import FoundationEssentials
import Testing
import VolumeStore

@Suite struct EpisodeCheckTests {
    /// Quantiles from tables: the statistic that is exceeded with the given probability.
    @Test(
        "The chi-squared tail agrees with tables",
        arguments: [
            (1, 3.841, 0.05), (1, 6.635, 0.01), (5, 11.070, 0.05), (10, 29.588, 0.001), (50, 67.505, 0.05),
            (100, 140.169, 0.005),
            (2, 1.386, 0.5),
        ]) func tail(degrees: Int, statistic: Double, probability: Double)
    {
        // degrees + 1 kinds, alike: one is found d too often, another d too seldom, so the statistic is 2 d² / mean.
        let kinds = degrees + 1, mean = 1e9, d = (statistic * mean / 2).squareRoot().rounded()
        var counts = [Int](repeating: Int(mean), count: kinds)
        counts[0] += Int(d)
        counts[1] -= Int(d)
        let test = ChiSquaredTest(counts.map { (found: $0, probability: 1 / Double(kinds)) })
        #expect(test.degreesOfFreedom == degrees)
        #expect(abs(test.statistic - statistic) < 1e-3)
        #expect(abs(test.pValue - probability) < 0.01 * probability + 1e-4 * probability)
    }

    @Test func rareKindsCountTogether() {
        let test = ChiSquaredTest([(90, 0.9), (4, 0.03), (3, 0.03), (3, 0.04)])
        #expect(test.degreesOfFreedom == 1)
        #expect(abs(test.statistic) < 1e-12)
        #expect(ChiSquaredTest([(50, 1), (1, 0)]).pValue < 1e-3)
    }

    /// A sampler keeps its promises; one that is told other weights than it used is found out.
    @Test func check() async throws {
        let check = try await EpisodeCheck(of: EpisodeStreamTests.sampler(), count: 2000, rendering: 20, workers: 2)
        #expect(check.violations.isEmpty && check.isClean)
        #expect(check.rendered == 20)
        #expect(check.classes.reduce(0) { $0 + $1.found } == 2000)
        #expect(check.flipped > 50 && check.negatives > 5 && check.severalClasses > 100)
        let skewed = zip(check.classes, check.classes.indices).map {
            (found: $0.found, probability: $0.expected / 2000 + ($1 == 0 ? 0.1 : $1 == 1 ? -0.1 : 0))
        }
        #expect(ChiSquaredTest(skewed).pValue < 1e-6)

        // The same with one number changed is no longer clean, whichever it is.
        let json = String(decoding: try JSONEncoder().encode(check), as: UTF8.self)
        let changes = json.matches(of: /"pValue":[^,}]+/).map {
            json.replacingCharacters(in: $0.range, with: "\"pValue\":1e-9")
        }
        #expect(changes.count == 2)
        for text in changes + [
            json.replacing("\"violations\":[]", with: "\"violations\":[{\"index\":3,\"promise\":\"subjects differ\"}]")
        ] {
            #expect(try !JSONDecoder().decode(EpisodeCheck.self, from: Data(text.utf8)).isClean)
        }
    }

    /// Each promise broken in turn, in a plan that keeps them all.
    @Test func brokenPromisesAreNamed() throws {
        let sampler = try EpisodeSampler(
            catalogue: SyntheticStore.shared.catalogue, configuration: EpisodeSamplerTests.hard, seed: 42)
        func isSuitable(_ plan: EpisodePlan) -> Bool {
            guard plan.dataset == "abdomen", plan.modality == "CT", plan.classes.count == 2 else { return false }
            return plan.references.count == 1 && plan.query.source.name != "case_1_CT"
        }
        let plan = try #require(try (UInt64(0)..<200).map(sampler.plan).first(where: isSuitable))
        func broken(_ references: [PlannedReference]? = nil, classes: [PlannedClass]? = nil) -> [String] {
            EpisodeCheck.brokenPromises(
                of: EpisodePlan(
                    store: plan.store, configuration: plan.configuration, seed: plan.seed, index: plan.index,
                    dataset: plan.dataset, modality: plan.modality, classes: classes ?? plan.classes,
                    isNegative: plan.isNegative, references: references ?? plan.references, query: plan.query), sampler)
        }
        func reference(_ change: (inout PatchPlan) -> Void) -> [PlannedReference] {
            var patch = plan.references[0].patch
            change(&patch)
            return [PlannedReference(subject: "someone", patch: patch, maskChanges: [])]
        }
        func reference(from dataset: String, _ name: String) -> [PlannedReference] {
            reference { $0.source = CaseKey(dataset: dataset, name: name) }
        }
        #expect(broken() == [])
        #expect(broken(reference(from: "abdomen", plan.query.source.name)) == ["subjects differ"])
        #expect(broken(reference(from: "heart", "h1")) == ["one dataset"])
        #expect(broken(reference(from: "abdomen", "case_1_MR")) == ["one modality group"])
        let without = ["every patch has a case and there is a reference"]
        #expect(broken(reference(from: "abdomen", "nobody")) == without)
        #expect(broken([]) == without)
        #expect(broken(reference { $0.maskValues.reverse() }) == ["masks follow the classes"])
        let twice = [plan.classes[0], plan.classes[0]]
        #expect(broken(classes: twice).first == "classes differ and are no more than asked for")
    }
}
