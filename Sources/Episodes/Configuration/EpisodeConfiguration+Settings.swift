import Configuration
import Volumes

extension EpisodeConfiguration {
    /// The settings of an episode configuration file.
    public static let settings = SettingTable<EpisodeConfiguration>([
        .format(format),
        Setting(
            "datasets", \.datasets, .mapping(DatasetMixture.settings, defaults: DatasetMixture()),
            "Which datasets, and how often."),
        Setting(
            "classes", \.classes, .mapping(ClassSelection.settings, defaults: ClassSelection()),
            "Which classes, how often, and how many in an episode."),
        Setting(
            "modalityGroups", \.modalityGroups, groups,
            "Modalities that may meet in one episode; a modality that no group lists is a group of its own."),
        Setting(
            "split", \.split, .mapping(SplitSelection.settings, defaults: SplitSelection()),
            "Which parts of the datasets give references and queries."),
        Setting("shots", \.shots, .wholeRange(in: 1...64), "The number of references, drawn uniformly."),
        Setting(
            "patch", \.patch, .mapping(PatchSettings.settings, defaults: PatchSettings()),
            "Size and place of patches."),
        Setting(
            "query", \.query, .mapping(QuerySettings.settings, defaults: QuerySettings()),
            "How the query differs from the references."),
        Setting(
            "maskPerturbation", \.maskPerturbation,
            .mapping(MaskPerturbation.settings, defaults: MaskPerturbation(probability: 1, radius: 0, shift: 0)),
            "Errors of a careless annotator, applied to reference masks only."),
        Setting(
            "spatial", \.spatial, .mapping(SpatialAugmentation.settings, defaults: SpatialAugmentation()),
            "How patches are turned, stretched, moved, bent and flipped. Each step happens with its probability."),
        Setting("intensity", \.intensity, .list(of: IntensityAugmentation.kind), intensityMeaning),
        Setting(
            "modalities", \.modalities, perModality,
            "Augmentation that replaces the common one for some modalities, by the modality's name."),
    ])

    private static let intensityMeaning = """
        Changes of intensities in the order in which they are applied; each happens with its probability. Units are \
        normalised: 0 is the case's mean, 1 its standard deviation.
        """

    private static let groups = SettingKind<[[String]]>(
        "list of lists of modalities, such as [[CT], [MR, PET]]", write: { _ in "[]" }
    ) { (value) throws(ConfigurationError) in
        var groups: [[String]] = [], seen: Set<String> = []
        for item in try value.list() {
            let names = try item.strings()
            for name in names where !seen.insert(name).inserted {
                throw item.error("the modality \(name) stands in two groups. Keep it in one.")
            }
            groups.append(names)
        }
        return groups
    }

    private static let perModality = SettingKind<[String: ModalityAugmentation]>(
        "mapping of modality to mapping",
        settings: ModalityAugmentation.settings.descriptions(defaults: ModalityAugmentation()), write: { _ in "{}" }
    ) { (value) throws(ConfigurationError) in
        var result: [String: ModalityAugmentation] = [:]
        for (name, settings) in try value.pairs() {
            result[name] = try ModalityAugmentation.settings.read(settings, into: ModalityAugmentation())
        }
        return result
    }

    /// Relative frequencies by name.
    fileprivate static let weights = SettingKind<[String: Double]>(
        "mapping of name to number from 0 to 1e9", write: { _ in "{}" }
    ) { (value) throws(ConfigurationError) in
        var weights: [String: Double] = [:]
        for (name, weight) in try value.pairs() { weights[name] = try weight.double(in: 0...1e9) }
        return weights
    }
}

extension EpisodeConfiguration.DatasetMixture {
    fileprivate static let settings = SettingTable<Self>([
        Setting(
            "weights", \.weights, EpisodeConfiguration.weights,
            "Relative frequencies; only these datasets are used. Every dataset of the store, alike, when empty."),
        Setting("balance", \.balance, .choice, "A size of a dataset that multiplies its weight."),
        Setting(
            "temperature", \.temperature, .number(in: 0.1...1000),
            "The size enters as size^(1/temperature): 1 in proportion, large values nearly alike."),
    ])
}

extension EpisodeConfiguration.ClassSelection {
    fileprivate static let settings = SettingTable<Self>([
        Setting(
            "perEpisode", \.perEpisode, .wholeRange(in: 1...255),
            """
            The number of classes of an episode, drawn uniformly. The first, the anchor, is drawn by weight; the others are \
            drawn from those that every reference patch shows, so there may be fewer.
            """),
        Setting(
            "weights", \.weights, EpisodeConfiguration.weights,
            """
            Relative frequencies by structure (`liver`) or by dataset and structure (`amos22/liver`); 1 when absent, 0 \
            excludes.
            """),
        Setting("balance", \.balance, .choice, "A size of a class that multiplies its weight within its dataset."),
        Setting("temperature", \.temperature, .number(in: 0.1...1000), "As that of datasets."),
        Setting(
            "dropProbability", \.dropProbability, .number(in: 0...1),
            "The probability that a class other than the anchor is dropped again."),
        Setting(
            "minimumVoxels", \.minimumVoxels, .wholeNumber(in: 1...1_000_000), unit: "voxels",
            "The fewest voxels that each class of an episode has in every reference patch."),
    ])
}

extension EpisodeConfiguration.SplitSelection {
    fileprivate static let settings = SettingTable<Self>([
        Setting("list", \.list, .choice, "Whose split: the dataset's own, or the paper's."),
        Setting("use", parts, "Parts for references and queries alike.", fallback: { _ in "as below" }) {
            value, root, _ in (root.reference, root.query) = (value, value)
        },
        Setting("reference", \.reference, parts, "Parts that references come from; stands above `use`."),
        Setting("query", \.query, parts, "Parts that queries come from; stands above `use`."),
    ])

    private static let parts = SettingKind<[Part]>(
        "list of `train`, `validation`, `test`, `none` (cases that the list does not name)",
        write: { "[\($0.map(\.rawValue).joined(separator: ", "))]" }
    ) { (value) throws(ConfigurationError) in
        var found: Set<Part> = []
        for item in try value.list() { found.insert(try item.choice()) }
        guard !found.isEmpty else {
            throw value.error("expected at least one of train, validation, test, none but the list is empty.")
        }
        return Part.allCases.filter(found.contains)
    }
}

extension EpisodeConfiguration.PatchSettings {
    fileprivate static let settings = SettingTable<Self>([
        Setting("size", \.size, shape, unit: "voxels", "The size along i, j and k."),
        Setting(
            "padding", \.padding, padding,
            "What lies beyond the volume: the lower end of the case's window, or a value in normalised units."),
        Setting(
            "keepInside", \.keepInside, .flag,
            "Whether a patch is moved so that it leaves the volume as little as possible, before augmentation."),
        Setting(
            "centreJitter", \.centreJitter, .number(in: 0...1),
            "How far a class-centred patch may be moved off the class, as a fraction of its half size."),
    ])

    private static let shape = SettingKind<GridShape>(
        "[i, j, k], whole numbers from 8 to 512", write: { "[\($0.i), \($0.j), \($0.k)]" }
    ) { (value) throws(ConfigurationError) in
        var sizes: [Int] = []
        for item in try value.list() { sizes.append(try item.int(in: 8...512)) }
        guard sizes.count == 3, let shape = try? GridShape(sizes[0], sizes[1], sizes[2]) else {
            throw value.error("expected three sizes along i, j and k but found \(sizes.count).")
        }
        return shape
    }

    private static let padding = SettingKind<PatchPlan.Padding>(
        "`windowMinimum`, or a number from -1000 to 1000", write: { _ in "windowMinimum" }
    ) { (value) throws(ConfigurationError) in
        if (try? value.string()) == "windowMinimum" { return .windowMinimum }
        guard let number = try? value.double(in: -1000...1000) else {
            throw value.error("expected windowMinimum or a number in normalised units from -1000 to 1000.")
        }
        return .constant(value: number)
    }
}

extension EpisodeConfiguration.QuerySettings {
    fileprivate static let settings = SettingTable<Self>([
        Setting(
            "classCentred", \.classCentred, .number(in: 0...1),
            "The probability that the query patch is centred on the anchor class; else it lies anywhere."),
        Setting(
            "negatives", \.negatives, .number(in: 0...1),
            "The probability that the query's case lacks the anchor class, where there is such a case."),
    ])
}

extension EpisodeConfiguration.MaskPerturbation {
    fileprivate static let settings = SettingTable<Self>([
        .probability(\.probability),
        Setting(
            required: "radius", \.radius, .wholeNumber(in: 0...8), unit: "voxels",
            "The largest number of voxels that a mask grows or shrinks by."),
        Setting(
            "shift", \.shift, .wholeNumber(in: 0...16), unit: "voxels", "The largest shift along each axis."),
    ])
}

extension EpisodeConfiguration.ModalityAugmentation {
    fileprivate static let settings = SettingTable<Self>([
        Setting(
            "spatial", \.spatial, absent: "as for all",
            SettingKind("mapping, as `spatial` above", write: { _ in "" }) { (value) throws(ConfigurationError) in
                try SpatialAugmentation.settings.read(value, into: SpatialAugmentation())
            }, "Replaces `spatial`."),
        Setting(
            "intensity", \.intensity, absent: "as for all",
            SettingKind("list, as `intensity` above", write: { _ in "" }) { (value) throws(ConfigurationError) in
                try SettingKind.list(of: IntensityAugmentation.kind).read(value)
            }, "Replaces `intensity`."),
    ])
}
