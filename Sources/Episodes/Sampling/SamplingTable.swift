import Configuration
import Dispatch
import Glibc
import VolumeStore

/// What can be drawn from a store under a configuration, and how often: built once, looked up in constant time.
struct SamplingTable: Sendable {
    /// A class of a dataset within a group of modalities: what an episode is drawn for.
    struct Unit: Sendable {
        /// The dataset's number in the catalogue.
        let dataset: Int
        let value: UInt8
        let structure: String
        let group: Int
        /// Cases with at least `minimumVoxels`, of the reference splits.
        let references: SubjectTable
        /// Cases that show the class, of the query splits.
        let queries: SubjectTable
        /// Cases of the query splits that lack it; `nil` unless the configuration asks for negatives and there are such.
        let negatives: SubjectTable?
    }

    let units: [Unit]
    let choice: WeightedChoice
    let unreachable: [UnreachableClass]
    /// The modality group of each modality of the catalogue.
    let groups: [Int]
    /// For each dataset, each label value's partner on the other side of the body, or the value itself.
    let mirrored: [[UInt8]]
    /// For each dataset and label value, the weight of the class; 0 for values that are no class.
    let classWeights: [[Double]]

    /// - Throws: ``EpisodeError`` when the configuration names what the store lacks, or nothing can be drawn.
    init(_ catalogue: StoreCatalogue, _ configuration: EpisodeConfiguration) throws(EpisodeError) {
        try Self.checkNames(catalogue, configuration)
        groups = Self.groups(of: catalogue.modalities, configuration.modalityGroups)
        var unreachable: [UnreachableClass] = []
        var units: [Unit] = [], weights: [Double] = []
        mirrored = catalogue.datasets.map { dataset in
            var partner = (0...255).map { UInt8($0) }
            for item in dataset.classes { if let other = item.pairedValue { partner[Int(item.value)] = other } }
            return partner
        }
        classWeights = catalogue.datasets.map { dataset in
            var weights = [Double](repeating: 0, count: 256)
            for item in dataset.classes {
                weights[Int(item.value)] =
                    configuration.classes.weights["\(dataset.name)/\(item.structure)"]
                    ?? configuration.classes.weights[item.structure] ?? 1
            }
            return weights
        }
        func weight(_ dataset: StoreCatalogue.Dataset) -> Double {
            configuration.datasets.weights.isEmpty ? 1 : configuration.datasets.weights[dataset.name] ?? 0
        }
        var wanted: [(dataset: Int, item: StoredClass)] = []
        for (number, dataset) in catalogue.datasets.enumerated() where weight(dataset) > 0 {
            for item in dataset.classes where classWeights[number][Int(item.value)] > 0 {
                wanted.append((number, item))
            }
        }
        var searched = Self.search(wanted, groups, catalogue, configuration)[...]
        for (number, dataset) in catalogue.datasets.enumerated() {
            let weight = weight(dataset)
            guard weight > 0 else { continue }
            var found: [(unit: Unit, weight: Double)] = []
            for item in dataset.classes where classWeights[number][Int(item.value)] > 0 {
                let (made, reported) = searched.removeFirst()
                unreachable += reported
                // The class is drawn first, then its group in proportion to the group's subjects.
                let subjects = made.map { Double($0.references.subjects.count) }
                let size =
                    switch configuration.classes.balance {
                    case .uniform: 1.0
                    case .subjects: subjects.reduce(0, +)
                    case .cases: made.reduce(0) { $0 + Double($1.references.cases.count) }
                    }
                let classWeight =
                    classWeights[number][Int(item.value)] * tempered(size, configuration.classes.temperature)
                let total = subjects.reduce(0, +)
                for (unit, share) in zip(made, subjects) { found.append((unit, classWeight * share / total)) }
            }
            guard !found.isEmpty else { continue }
            let size =
                switch configuration.datasets.balance {
                case .uniform: 1.0
                case .cases: Double(Set(found.flatMap { $0.unit.references.cases }).count)
                case .subjects: Double(Set(found.flatMap { $0.unit.references.subjects }).count)
                case .classes: Double(Set(found.map(\.unit.value)).count)
                }
            let datasetWeight = weight * tempered(size, configuration.datasets.temperature)
            let total = found.reduce(0) { $0 + $1.weight }
            for (unit, share) in found {
                units.append(unit)
                weights.append(datasetWeight * share / total)
            }
        }
        guard !units.isEmpty else { throw .nothingReachable(unreachable: unreachable.count) }
        (self.units, self.unreachable) = (units, unreachable)
        choice = WeightedChoice(weights)
    }

    /// The pairs of label values that a flip from left to right exchanges.
    func swaps(_ dataset: Int) -> [LabelSwap] {
        (0...255).compactMap { value in
            mirrored[dataset][value] > UInt8(value) ? LabelSwap(UInt8(value), mirrored[dataset][value]) : nil
        }
    }

    private typealias SearchedClass = (units: [Unit], unreachable: [UnreachableClass])

    /// ``units(of:dataset:groups:_:_:)`` of many classes, on all cores: large stores have millions of pairs of class and case.
    private static func search(
        _ wanted: [(dataset: Int, item: StoredClass)], _ groups: [Int], _ catalogue: StoreCatalogue,
        _ configuration: EpisodeConfiguration
    ) -> [SearchedClass] {
        [SearchedClass](unsafeUninitializedCapacity: wanted.count) { buffer, count in
            // Each turn writes its own element.
            nonisolated(unsafe) let buffer = buffer
            DispatchQueue.concurrentPerform(iterations: wanted.count) { n in
                buffer.initializeElement(
                    at: n,
                    to: units(of: wanted[n].item, dataset: wanted[n].dataset, groups: groups, catalogue, configuration))
            }
            count = wanted.count
        }
    }

    /// The units of one class, one for each modality group in which it is reachable, and what is not.
    private static func units(
        of item: StoredClass, dataset: Int, groups: [Int], _ catalogue: StoreCatalogue,
        _ configuration: EpisodeConfiguration
    ) -> SearchedClass {
        var unreachable: [UnreachableClass] = []
        let list = configuration.split.list.splitList
        let referenceParts = Set(configuration.split.reference.map(\.split)),
            queryParts = Set(configuration.split.query.map(\.split))
        let name = catalogue.datasets[dataset].name, count = (groups.max() ?? 0) + 1
        var references = [[(Int32, Int32)]](repeating: [], count: count), queries = references
        var isPresent = false
        func voxels(_ number: Int32) -> Int { catalogue.presence(of: item.value, in: Int(number))?.voxels ?? 0 }
        func report(_ number: Int32?, _ reason: UnreachableClass.Reason) {
            unreachable.append(
                UnreachableClass(
                    dataset: name, caseName: number.map { catalogue.name(of: Int($0)) }, value: item.value,
                    structure: item.structure,
                    voxels: number.map(voxels) ?? 0, reason: reason))
        }
        for number in catalogue.cases(dataset: dataset, holding: item.value) {
            let split = catalogue.split(of: Int(number), in: list)
            let isReference = referenceParts.contains(split), isQuery = queryParts.contains(split)
            guard isReference || isQuery, let presence = catalogue.presence(of: item.value, in: Int(number)) else {
                continue
            }
            let group = groups[catalogue.modality(of: Int(number))], subject = Int32(catalogue.subject(of: Int(number)))
            isPresent = true
            if isQuery { queries[group].append((subject, number)) }
            guard isReference else { continue }
            if presence.voxels >= configuration.classes.minimumVoxels {
                references[group].append((subject, number))
            } else {
                report(number, .tooFewVoxels)
            }
        }
        if !isPresent { report(nil, .absent) }
        let units: [Unit] = (0..<count).compactMap { group in
            let referenceTable = SubjectTable(references[group])
            // Often both are the same cases; then they share their memory.
            let isSame = referenceParts == queryParts && references[group].count == queries[group].count
            let queryTable = isSame ? referenceTable : SubjectTable(queries[group])
            let isReachable =
                switch referenceTable.subjects.count {
                case 0: false
                case 1: queryTable.subjects.contains { $0 != referenceTable.subjects[0] }
                default: !queryTable.subjects.isEmpty
                }
            guard isReachable else {
                let stranded = Set(referenceTable.cases).union(queryTable.cases)
                for number in stranded.sorted() where voxels(number) >= configuration.classes.minimumVoxels {
                    report(number, .noOtherSubject)
                }
                return nil
            }
            return Unit(
                dataset: dataset, value: item.value, structure: item.structure, group: group,
                references: referenceTable,
                queries: queryTable,
                negatives: configuration.query.negatives > 0
                    ? negatives(of: item.value, dataset: dataset, group: group, groups, catalogue) {
                        queryParts.contains(catalogue.split(of: $0, in: list))
                    }
                    : nil)
        }
        return (units, unreachable)
    }

    /// The labelled cases of a group that lack a class.
    private static func negatives(
        of value: UInt8, dataset: Int, group: Int, _ groups: [Int], _ catalogue: StoreCatalogue, isQuery: (Int) -> Bool
    ) -> SubjectTable? {
        let cases = catalogue.datasets[dataset].cases.filter {
            catalogue.isLabelled($0) && isQuery($0) && groups[catalogue.modality(of: $0)] == group
                && catalogue.presence(of: value, in: $0) == nil
        }
        return cases.isEmpty ? nil : SubjectTable(cases.map { (Int32(catalogue.subject(of: $0)), Int32($0)) })
    }

    /// The group of each modality of the store. Modalities that no group lists are groups of their own.
    private static func groups(of modalities: [String], _ declared: [[String]]) -> [Int] {
        var next = declared.count
        return modalities.map { modality in
            if let group = declared.firstIndex(where: { $0.contains(modality) }) { return group }
            defer { next += 1 }
            return next
        }
    }

    private static func checkNames(_ catalogue: StoreCatalogue, _ configuration: EpisodeConfiguration)
        throws(EpisodeError)
    {
        let datasets = catalogue.datasets.map(\.name)
        for name in configuration.datasets.weights.keys.sorted() where !datasets.contains(name) {
            throw .unknownName(
                setting: "datasets.weights", name: name, suggestion: nearestName(to: name, among: datasets))
        }
        let structures = catalogue.datasets.flatMap { dataset in
            dataset.classes.flatMap { [$0.structure, "\(dataset.name)/\($0.structure)"] }
        }
        let known = Set(structures)
        for name in configuration.classes.weights.keys.sorted() where !known.contains(name) {
            throw .unknownName(
                setting: "classes.weights", name: name, suggestion: nearestName(to: name, among: structures))
        }
    }
}

/// size^(1/temperature), without the power where none is needed.
private func tempered(_ size: Double, _ temperature: Double) -> Double {
    size == 1 || temperature == 1 ? size : pow(size, 1 / temperature)
}

extension EpisodeConfiguration.SplitSelection.List {
    var splitList: SplitList {
        switch self {
        case .official: .official
        case .paper: .paper
        }
    }
}

extension EpisodeConfiguration.SplitSelection.Part {
    var split: CaseSplit {
        switch self {
        case .train: .train
        case .validation: .validation
        case .test: .test
        case .none: .none
        }
    }
}
