import VolumeStore
import WorkerThreads

/// Checks that the episodes of a sampler keep their promises and come as often as declared.
public struct EpisodeCheck: Sendable, Codable {
    /// A promise that an episode broke.
    public struct Violation: Hashable, Sendable, Codable {
        /// The episode's index.
        public let index: UInt64
        /// What should hold, in words.
        public let promise: String
    }

    /// A class and how often it was the anchor of an episode.
    public struct Row: Hashable, Sendable, Codable {
        /// The dataset's name.
        public let dataset: String
        /// The canonical structure of the class.
        public let structure: String
        /// The label value in the dataset.
        public let value: UInt8
        /// The number of the modality group.
        public let group: Int
        /// How many episodes the weights let expect.
        public let expected: Double
        /// How many episodes had it as anchor.
        public let found: Int
    }

    /// How many episodes were planned.
    public let episodes: Int
    /// Episodes that were rendered and whose masks were counted.
    public let rendered: Int
    /// Episodes that broke a promise.
    public let violations: [Violation]
    /// Frequencies by class and modality group.
    public let classes: [Row]
    /// Over all classes, and over datasets.
    public let classFrequencies, datasetFrequencies: ChiSquaredTest
    /// References with whose mask a flip exchanged sides, negatives, episodes with several classes.
    public let flipped, negatives, severalClasses: Int
    /// Pairs of class and case that cannot be drawn, with the reason.
    public let unreachable: [UnreachableClass]

    /// Whether no promise was broken and the frequencies are such as chance gives in all but one of a million checks.
    public var isClean: Bool {
        violations.isEmpty && classFrequencies.pValue > 1e-6 && datasetFrequencies.pValue > 1e-6
    }

    /// Draws the episodes 0..<count and renders some of them.
    ///
    /// - Parameters:
    ///   - sampler: what is checked.
    ///   - count: the number of episodes.
    ///   - rendering: how many are rendered, evenly spread.
    ///   - workers: threads that plan and render.
    ///   - progress: told the number of episodes after each part.
    /// - Throws: what planning or rendering throws: a plan that cannot be drawn is no plan.
    public init(
        of sampler: EpisodeSampler, count: Int, rendering: Int, workers: Int = availableCores,
        progress: @Sendable (Int) -> Void = { _ in }
    ) async throws {
        let renderer = EpisodeRenderer(catalogue: sampler.catalogue)
        let part = 500, step = rendering > 0 ? max(1, count / rendering) : Int.max
        let parts = stride(from: 0, to: count, by: part).map { $0..<min(count, $0 + part) }
        let known = Dictionary(
            uniqueKeysWithValues: sampler.frequencies.enumerated().map { (Key($0.element), $0.offset) })
        var counts = [Int](repeating: 0, count: known.count)
        var violations: [Violation] = []
        var rendered = 0, flipped = 0, negatives = 0, severalClasses = 0
        try await mapConcurrently(
            parts, jobs: workers,
            transform: { range in
                var tally = Tally()
                for index in range {
                    let plan = try sampler.plan(UInt64(index))
                    tally.add(plan, sampler)
                    if index % step == 0 {
                        try tally.render(plan, renderer, sampler.configuration.classes.minimumVoxels)
                    }
                }
                return tally
            },
            receive: { range, tally in
                for (key, count) in tally.anchors {
                    if let place = known[key] { counts[place] += count }
                }
                violations += tally.violations
                rendered += tally.rendered
                flipped += tally.flipped
                negatives += tally.negatives
                severalClasses += tally.severalClasses
                progress(range.count)
            })
        (episodes, self.rendered, self.violations) = (count, rendered, violations)
        (self.flipped, self.negatives, self.severalClasses) = (flipped, negatives, severalClasses)
        classes = zip(sampler.frequencies, counts).map {
            Row(
                dataset: $0.dataset, structure: $0.structure, value: $0.value, group: $0.group,
                expected: $0.probability * Double(count), found: $1)
        }
        classFrequencies = ChiSquaredTest(
            zip(counts, sampler.frequencies).map { (found: $0, probability: $1.probability) })
        var datasets: [String: (found: Int, probability: Double)] = [:]
        for (count, frequency) in zip(counts, sampler.frequencies) {
            let sum = datasets[frequency.dataset] ?? (0, 0)
            datasets[frequency.dataset] = (sum.found + count, sum.probability + frequency.probability)
        }
        datasetFrequencies = ChiSquaredTest(datasets.sorted { $0.key < $1.key }.map(\.value))
        unreachable = sampler.unreachable
    }

    /// What a plan should keep and does not, in words.
    package static func brokenPromises(of plan: EpisodePlan, _ sampler: EpisodeSampler) -> [String] {
        let catalogue = sampler.catalogue
        let patches = plan.references.map(\.patch) + [plan.query]
        let cases = patches.compactMap { catalogue.index(of: $0.source) }
        guard cases.count == patches.count, !plan.references.isEmpty else {
            return ["every patch has a case and there is a reference"]
        }
        var broken: [String] = []
        if Set(cases.map(catalogue.subject)).count != cases.count { broken.append("subjects differ") }
        if Set(cases.map(catalogue.dataset)).count != 1 { broken.append("one dataset") }
        if Set(cases.map { sampler.table.groups[catalogue.modality(of: $0)] }).count != 1 {
            broken.append("one modality group")
        }
        let values = plan.classes.map(\.value)
        if Set(values).count != values.count || values.isEmpty
            || values.count > sampler.configuration.classes.perEpisode.upperBound
        {
            broken.append("classes differ and are no more than asked for")
        }
        if patches.contains(where: { $0.maskValues != values }) { broken.append("masks follow the classes") }
        return broken
    }

    fileprivate struct Key: Hashable {
        let dataset: String
        let group: Int
        let value: UInt8
    }

    private struct Tally: Sendable {
        var anchors: [Key: Int] = [:]
        var violations: [Violation] = []
        var rendered = 0, flipped = 0, negatives = 0, severalClasses = 0

        mutating func add(_ plan: EpisodePlan, _ sampler: EpisodeSampler) {
            violations += EpisodeCheck.brokenPromises(of: plan, sampler).map {
                Violation(index: plan.index, promise: $0)
            }
            guard let value = plan.classes.first?.value, let query = sampler.catalogue.index(of: plan.query.source)
            else {
                return
            }
            let group = sampler.table.groups[sampler.catalogue.modality(of: query)]
            anchors[Key(dataset: plan.dataset, group: group, value: value), default: 0] += 1
            flipped += plan.references.count { !$0.patch.labelSwaps.isEmpty }
            negatives += plan.isNegative ? 1 : 0
            severalClasses += plan.classes.count > 1 ? 1 : 0
        }

        mutating func render(_ plan: EpisodePlan, _ renderer: EpisodeRenderer, _ minimum: Int) throws {
            let episode = try renderer.render(plan), voxels = episode.shape.count
            for number in plan.references.indices {
                episode.withReferenceMasks(number) { masks in
                    for (place, item) in plan.classes.enumerated() {
                        var count = 0
                        for voxel in place * voxels..<(place + 1) * voxels { count += Int(masks[voxel]) }
                        if count < minimum {
                            violations.append(
                                Violation(
                                    index: plan.index,
                                    promise:
                                        "\(item.structure) has \(minimum) voxels in reference \(number), found \(count)"
                                ))
                        }
                    }
                }
            }
            rendered += 1
        }
    }
}

extension EpisodeCheck.Key {
    fileprivate init(_ frequency: ClassFrequency) {
        self.init(dataset: frequency.dataset, group: frequency.group, value: frequency.value)
    }
}
