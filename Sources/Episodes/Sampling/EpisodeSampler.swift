import Digests
import RandomNumbers
import VolumeStore
import Volumes

/// Draws the plans of episodes. A plan is a pure function of the store's content, the configuration, the seed and the
/// index: equal for any number of workers and shards, after a resume, and as cheap for the millionth index as for the first.
///
/// What a plan promises: references and query show different subjects of one dataset and modality group, and every
/// reference patch shows each class of the episode with at least `classes.minimumVoxels` voxels after augmentation.
public final class EpisodeSampler: Sendable {
    /// The content of the store that is drawn from.
    public let catalogue: StoreCatalogue
    /// What is drawn, and how.
    public let configuration: EpisodeConfiguration
    /// Decides every draw, together with the index.
    public let seed: UInt64
    /// SHA-256 of the configuration's canonical JSON.
    public let configurationDigest: SHA256Digest
    /// Classes and cases that no episode can use in some role.
    public var unreachable: [UnreachableClass] { table.unreachable }
    let table: SamplingTable
    private let presenceCases: PreparedCaseCache

    /// - Throws: ``EpisodeError`` when the configuration names what the store lacks, or nothing can be drawn.
    public init(catalogue: StoreCatalogue, configuration: EpisodeConfiguration, seed: UInt64) throws(EpisodeError) {
        (self.catalogue, self.configuration, self.seed) = (catalogue, configuration, seed)
        configurationDigest = configuration.digest
        table = try SamplingTable(catalogue, configuration)
        presenceCases = PreparedCaseCache(catalogue, limit: 256)
    }

    /// How often each class is meant to be the anchor of an episode. The probabilities add up to 1.
    public var frequencies: [ClassFrequency] {
        zip(table.units, table.choice.probabilities).map { unit, probability in
            ClassFrequency(
                dataset: catalogue.datasets[unit.dataset].name, group: unit.group, value: unit.value,
                structure: unit.structure, probability: probability)
        }
    }

    /// The plan of an episode.
    ///
    /// - Throws: ``EpisodeError/noReferencePatch(dataset:structure:minimumVoxels:tried:)``, or `StoreError` when the store
    ///   changed meanwhile.
    public func plan(_ index: UInt64) throws -> EpisodePlan {
        var generator = Philox(seed: seed, purpose: "episode", index)
        let unit = table.units[table.choice.draw(using: &generator)]
        let dataset = catalogue.datasets[unit.dataset]
        let query = drawQuery(unit, using: &generator)
        let queryModality = catalogue.modalities[catalogue.modality(of: query.case)]
        let shots = generator.index(below: configuration.shots.count) + configuration.shots.lowerBound
        let classCount =
            generator.index(below: configuration.classes.perEpisode.count) + configuration.classes.perEpisode.lowerBound
        let common = commonFlips(queryModality, using: &generator)

        var references: [ReferenceDraft] = []
        var taken = [query.subject]
        for number in 0..<shots {
            guard
                let reference = try drawReference(unit, number: number, index: index, excluding: taken, common: common)
            else { break }
            references.append(reference)
            taken.append(reference.subject)
        }
        let classes = try chooseClasses(unit, count: classCount, index: index, references: references)
        let queryPatch = try planQuery(unit, query, index: index, common: common, classes: classes)
        return EpisodePlan(
            store: catalogue.digest.hexadecimal, configuration: configurationDigest.hexadecimal, seed: seed,
            index: index,
            dataset: dataset.name, modality: queryModality, classes: classes.map { plannedClass($0, unit.dataset) },
            isNegative: query.isNegative,
            references: references.enumerated().map { number, draft in
                PlannedReference(
                    subject: catalogue.subjectName(Int(draft.subject)),
                    patch: finished(draft.patch, classes: classes),
                    maskChanges: maskChanges(index: index, number: number, classes: classes.count))
            },
            query: queryPatch)
    }

    // MARK: Query

    private struct QueryCase {
        let subject: Int32
        let `case`: Int
        let isNegative: Bool
    }

    private func drawQuery(_ unit: SamplingTable.Unit, using generator: inout Philox) -> QueryCase {
        // A class with one reference subject keeps it for the reference.
        let kept = unit.references.subjects.count == 1 ? unit.references.subjects : []
        let wantsNegative = generator.uniform() < configuration.query.negatives
        if wantsNegative, let found = unit.negatives?.draw(excluding: kept, using: &generator) {
            return QueryCase(subject: found.subject, case: Int(found.case), isNegative: true)
        }
        // The table admits only units for which this succeeds.
        let found = unit.queries.draw(excluding: kept, using: &generator)!
        return QueryCase(subject: found.subject, case: Int(found.case), isNegative: false)
    }

    private func planQuery(
        _ unit: SamplingTable.Unit, _ query: QueryCase, index: UInt64, common: Flips?, classes: [UInt8]
    ) throws -> PatchPlan {
        var generator = Philox(seed: seed, purpose: "query", index)
        let isCentred = generator.uniform() < configuration.query.classCentred
        let spatial = configuration.spatial(for: catalogue.modalities[catalogue.modality(of: query.case)])
        var flips = common ?? drawFlips(spatial.flips, using: &generator)
        var value = sourceValue(of: unit.value, unit.dataset, flips: flips, common: common)
        if !query.isNegative, catalogue.presence(of: value, in: query.case) == nil {
            // Flipped, the class would be its partner on the other side, which this case lacks.
            (flips.i, value) = (false, unit.value)
        }
        let centre: SIMD3<Double>
        if isCentred, !query.isNegative {
            let positions = try catalogue.positions(case: query.case, value: value)
            let voxel = positions[generator.index(below: positions.count)]
            centre = PatchPlacement(configuration.patch, source: catalogue.grid(of: query.case))
                .centre(near: voxel, jitter: configuration.patch.centreJitter, using: &generator)
        } else {
            centre = PatchPlacement(configuration.patch, source: catalogue.grid(of: query.case)).centreAnywhere(
                using: &generator)
        }
        let draft = drawPatch(
            case: query.case, dataset: unit.dataset, centre: centre, flips: flips, swaps: common == nil, strength: 1,
            intensityKey: (index, UInt64.max), using: &generator)
        return finished(draft, classes: classes)
    }

    // MARK: References

    /// A reference whose classes are not yet chosen.
    private struct ReferenceDraft {
        let subject: Int32
        let `case`: Int
        let patch: PatchPlan
        let proof: PresenceProof
        let flips: Flips
    }

    /// How much of the spatial augmentation each try keeps.
    private static let strengths = [1, 1, 1, 0.5, 0.25, 0, 0, 0, 0]
    private static let casesTried = 4

    /// - Returns: `nil` when no subject is left.
    private func drawReference(
        _ unit: SamplingTable.Unit, number: Int, index: UInt64, excluding taken: [Int32], common: Flips?
    ) throws -> ReferenceDraft? {
        for caseTry in 0..<Self.casesTried {
            var generator = Philox(seed: seed, purpose: "reference case", index, UInt64(number), UInt64(caseTry))
            guard let found = unit.references.draw(excluding: taken, using: &generator) else { return nil }
            let number64 = UInt64(number), caseNumber = Int(found.case)
            let spatial = configuration.spatial(for: catalogue.modalities[catalogue.modality(of: caseNumber)])
            for (attempt, strength) in Self.strengths.enumerated() {
                var generator = Philox(
                    seed: seed, purpose: "reference", index, number64, UInt64(caseTry), UInt64(attempt))
                var flips = common ?? drawFlips(spatial.flips, using: &generator)
                var value = sourceValue(of: unit.value, unit.dataset, flips: flips, common: common)
                if value != unit.value,
                    (catalogue.presence(of: value, in: caseNumber)?.voxels ?? 0) < configuration.classes.minimumVoxels
                {
                    (flips.i, value) = (false, unit.value)
                }
                let positions = try catalogue.positions(case: caseNumber, value: value)
                let voxel = positions[generator.index(below: positions.count)]
                let centre = PatchPlacement(configuration.patch, source: catalogue.grid(of: caseNumber))
                    .centre(near: voxel, jitter: configuration.patch.centreJitter * strength, using: &generator)
                let patch = drawPatch(
                    case: caseNumber, dataset: unit.dataset, centre: centre, flips: flips, swaps: common == nil,
                    strength: strength, intensityKey: (index, number64), using: &generator)
                let proof = PresenceProof(
                    map: patch.map, elastic: patch.elastic, shape: patch.shape, source: catalogue.shape(of: caseNumber))
                let draft = ReferenceDraft(
                    subject: found.subject, case: caseNumber, patch: patch, proof: proof, flips: flips)
                if try shows(value, draft, effort: strength > 0 ? .neighbours : .exhaustive) { return draft }
            }
        }
        throw EpisodeError.noReferencePatch(
            dataset: catalogue.datasets[unit.dataset].name, structure: unit.structure,
            minimumVoxels: configuration.classes.minimumVoxels, tried: Self.casesTried)
    }

    /// Whether a reference patch shows a label value of its source often enough.
    private func shows(_ value: UInt8, _ draft: ReferenceDraft, effort: PresenceProof.Effort) throws -> Bool {
        let needed = configuration.classes.minimumVoxels
        guard let presence = catalogue.presence(of: value, in: draft.case), presence.voxels > 0 else { return false }
        return try draft.proof.shows(
            value, presence: presence, positions: catalogue.positions(case: draft.case, value: value), atLeast: needed,
            effort: effort,
            labels: {
                // The catalogue knows classes only of labelled cases.
                try presenceCases.open(draft.case).labels!
            })
    }

    // MARK: Classes

    /// The anchor, then classes that every reference shows, in an order drawn by weight; some dropped again.
    private func chooseClasses(_ unit: SamplingTable.Unit, count: Int, index: UInt64, references: [ReferenceDraft])
        throws -> [UInt8]
    {
        var chosen = [unit.value]
        guard count > 1 else { return chosen }
        var generator = Philox(seed: seed, purpose: "classes", index)
        var candidates = catalogue.datasets[unit.dataset].classes.map(\.value).filter {
            $0 != unit.value && table.classWeights[unit.dataset][Int($0)] > 0
        }
        while chosen.count < count, !candidates.isEmpty {
            var rest = generator.uniform() * candidates.reduce(0) { $0 + table.classWeights[unit.dataset][Int($1)] }
            var place = 0
            while place < candidates.count - 1 {
                rest -= table.classWeights[unit.dataset][Int(candidates[place])]
                if rest < 0 { break }
                place += 1
            }
            let candidate = candidates.remove(at: place)
            let isShown = try references.allSatisfy { draft in
                let value = draft.patch.labelSwaps.isEmpty ? candidate : table.mirrored[unit.dataset][Int(candidate)]
                return try shows(value, draft, effort: .sample)
            }
            if isShown { chosen.append(candidate) }
        }
        guard configuration.classes.dropProbability > 0 else { return chosen }
        return [unit.value]
            + chosen.dropFirst().filter { _ in generator.uniform() >= configuration.classes.dropProbability }
    }

    private func plannedClass(_ value: UInt8, _ dataset: Int) -> PlannedClass {
        PlannedClass(
            value: value, structure: catalogue.datasets[dataset].classes.first { $0.value == value }?.structure ?? "")
    }

    // MARK: Patches

    /// The flips that all patches of an episode share, when the query's modality asks for it.
    private func commonFlips(_ modality: String, using generator: inout Philox) -> Flips? {
        guard let flips = configuration.spatial(for: modality).flips, flips.laterality == .together else { return nil }
        return drawFlips(flips, using: &generator)
    }

    private func drawFlips(_ flips: SpatialAugmentation.FlipProbabilities?, using generator: inout Philox) -> Flips {
        guard let flips else { return Flips() }
        return Flips(
            i: generator.uniform() < flips.i, j: generator.uniform() < flips.j, k: generator.uniform() < flips.k)
    }

    /// The label value in the source that becomes `value` in the patch.
    private func sourceValue(of value: UInt8, _ dataset: Int, flips: Flips, common: Flips?) -> UInt8 {
        flips.i && common == nil ? table.mirrored[dataset][Int(value)] : value
    }

    private func drawPatch(
        case number: Int, dataset: Int, centre: SIMD3<Double>, flips: Flips, swaps: Bool, strength: Double,
        intensityKey: (UInt64, UInt64), using generator: inout Philox
    ) -> PatchPlan {
        let modality = catalogue.modalities[catalogue.modality(of: number)]
        let normalisation = catalogue.normalisation(of: number)
        let drawn = configuration.spatial(for: modality).draw(
            centre: centre, flips: flips, strength: strength, shape: configuration.patch.size,
            spacing: catalogue.spacing(of: number), using: &generator)
        var plan = PatchPlan(source: catalogue.key(of: number), shape: configuration.patch.size, map: drawn.map)
        plan.elastic = drawn.elastic
        plan.padding = configuration.patch.padding
        plan.flips = flips
        if flips.i, swaps { plan.labelSwaps = table.swaps(dataset) }
        plan.intensity = configuration.intensity(for: modality).enumerated().compactMap { place, augmentation in
            var generator = Philox(seed: seed, purpose: "intensity", intensityKey.0, intensityKey.1, UInt64(place))
            return augmentation.draw(
                shape: configuration.patch.size, floor: normalisation.normalised(normalisation.clipLow),
                using: &generator)
        }
        return plan
    }

    private func finished(_ patch: PatchPlan, classes: [UInt8]) -> PatchPlan {
        var patch = patch
        patch.maskValues = classes
        return patch
    }

    // MARK: Annotator's errors

    private func maskChanges(index: UInt64, number: Int, classes: Int) -> [MaskChange] {
        guard let perturbation = configuration.maskPerturbation else { return [] }
        return (0..<classes).compactMap { mask in
            var generator = Philox(seed: seed, purpose: "mask", index, UInt64(number), UInt64(mask))
            return perturbation.draw(mask: mask, keepAtLeast: configuration.classes.minimumVoxels, using: &generator)
        }
    }
}

/// How often a class of a dataset and modality group is meant to be the anchor of an episode.
public struct ClassFrequency: Hashable, Sendable {
    /// The dataset's name.
    public let dataset: String
    /// The number of the modality group: first those of the configuration, then one for each other modality.
    public let group: Int
    /// The label value in the dataset.
    public let value: UInt8
    /// The canonical structure of the class.
    public let structure: String
    /// How often an episode has it as anchor, 0 to 1.
    public let probability: Double
}
