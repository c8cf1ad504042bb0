import Configuration
import FoundationEssentials
import Volumes

extension EpisodeConfiguration {
    /// Reads a YAML file; see `configs/episodes`. Settings that are absent keep their defaults, unknown keys are refused.
    ///
    /// - Throws: ``ConfigurationError`` that names file, line and key.
    public init(contentsOf file: URL) throws(ConfigurationError) {
        guard let text = try? String(contentsOf: file, encoding: .utf8) else {
            throw ConfigurationError(
                file: file.path, line: nil, path: "",
                problem: "cannot be read as text. Name an episode configuration such as configs/episodes/paper.yaml.")
        }
        try self.init(text: text, file: file.path)
    }

    /// Reads YAML text, naming `file` in complaints.
    public init(text: String, file: String) throws(ConfigurationError) {
        let document = try YAMLValue(text: text, file: file)
        self = try document.mapping { (top) throws(ConfigurationError) in
            let version = try top.required("format")
            guard try version.int() == Self.format else {
                throw version.error(
                    "expected format \(Self.format) but found \(try version.int()). Update the program or the file.")
            }
            var result = EpisodeConfiguration()
            result.datasets = try top.optional("datasets", DatasetMixture.init) ?? result.datasets
            result.classes = try top.optional("classes", ClassSelection.init) ?? result.classes
            result.modalityGroups = try top.optional("modalityGroups", Self.groups) ?? result.modalityGroups
            result.split = try top.optional("split", SplitSelection.init) ?? result.split
            result.shots =
                try top.optional("shots") { (v) throws(ConfigurationError) in try v.wholeRange(in: 1...64) }
                ?? result.shots
            result.patch = try top.optional("patch", PatchSettings.init) ?? result.patch
            result.query = try top.optional("query", QuerySettings.init) ?? result.query
            result.maskPerturbation = try top.optional("maskPerturbation", MaskPerturbation.init)
            result.spatial = try top.optional("spatial", SpatialAugmentation.init) ?? result.spatial
            result.intensity = try top.optional("intensity", Self.steps) ?? result.intensity
            result.modalities = try top.optional("modalities", Self.modalities) ?? result.modalities
            return result
        }
    }

    private static func groups(_ value: YAMLValue) throws(ConfigurationError) -> [[String]] {
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

    fileprivate static func steps(_ value: YAMLValue) throws(ConfigurationError) -> [IntensityAugmentation] {
        var steps: [IntensityAugmentation] = []
        for item in try value.list() { steps.append(try IntensityAugmentation(item)) }
        return steps
    }

    private static func modalities(_ value: YAMLValue) throws(ConfigurationError) -> [String: ModalityAugmentation] {
        var result: [String: ModalityAugmentation] = [:]
        for (name, settings) in try value.pairs() {
            result[name] = try settings.mapping { (mapping) throws(ConfigurationError) in
                var augmentation = ModalityAugmentation()
                augmentation.spatial = try mapping.optional("spatial", SpatialAugmentation.init)
                augmentation.intensity = try mapping.optional("intensity", steps)
                return augmentation
            }
        }
        return result
    }
}

extension EpisodeConfiguration.DatasetMixture {
    fileprivate init(_ value: YAMLValue) throws(ConfigurationError) {
        self = try value.mapping { (settings) throws(ConfigurationError) in
            var result = Self()
            result.weights = try settings.optional("weights", readWeights) ?? [:]
            result.balance = try settings.choice("balance", default: result.balance)
            result.temperature = try settings.number("temperature", in: 0.1...1000, default: result.temperature)
            return result
        }
    }
}

extension EpisodeConfiguration.ClassSelection {
    fileprivate init(_ value: YAMLValue) throws(ConfigurationError) {
        self = try value.mapping { (settings) throws(ConfigurationError) in
            var result = Self()
            result.perEpisode =
                try settings.optional("perEpisode") { (v) throws(ConfigurationError) in
                    try v.wholeRange(in: 1...255)
                } ?? result.perEpisode
            result.weights = try settings.optional("weights", readWeights) ?? [:]
            result.balance = try settings.choice("balance", default: result.balance)
            result.temperature = try settings.number("temperature", in: 0.1...1000, default: result.temperature)
            result.dropProbability = try settings.number("dropProbability", in: 0...1, default: result.dropProbability)
            result.minimumVoxels = try settings.wholeNumber(
                "minimumVoxels", in: 1...1_000_000, default: result.minimumVoxels)
            return result
        }
    }
}

/// Reads a mapping of names to relative frequencies.
private func readWeights(_ value: YAMLValue) throws(ConfigurationError) -> [String: Double] {
    var weights: [String: Double] = [:]
    for (name, weight) in try value.pairs() { weights[name] = try weight.double(in: 0...1e9) }
    return weights
}

extension EpisodeConfiguration.SplitSelection {
    fileprivate init(_ value: YAMLValue) throws(ConfigurationError) {
        self = try value.mapping { (settings) throws(ConfigurationError) in
            var result = Self()
            result.list = try settings.choice("list", default: result.list)
            if let use = settings.optional("use") {
                result.reference = try readParts(use)
                result.query = result.reference
            }
            result.reference = try settings.optional("reference", readParts) ?? result.reference
            result.query = try settings.optional("query", readParts) ?? result.query
            return result
        }
    }
}

/// Reads a list of split names, in the order of declaration.
private func readParts(_ value: YAMLValue) throws(ConfigurationError) -> [EpisodeConfiguration.SplitSelection.Part] {
    var found: Set<EpisodeConfiguration.SplitSelection.Part> = []
    for item in try value.list() { found.insert(try item.choice()) }
    guard !found.isEmpty else {
        throw value.error("expected at least one of train, validation, test, none but the list is empty.")
    }
    return EpisodeConfiguration.SplitSelection.Part.allCases.filter(found.contains)
}

extension EpisodeConfiguration.PatchSettings {
    fileprivate init(_ value: YAMLValue) throws(ConfigurationError) {
        self = try value.mapping { (settings) throws(ConfigurationError) in
            var result = Self()
            result.size = try settings.optional("size", readShape) ?? result.size
            result.padding = try settings.optional("padding", readPadding) ?? result.padding
            result.keepInside = try settings.flag("keepInside", default: result.keepInside)
            result.centreJitter = try settings.number("centreJitter", in: 0...1, default: result.centreJitter)
            return result
        }
    }
}

private func readShape(_ value: YAMLValue) throws(ConfigurationError) -> GridShape {
    var sizes: [Int] = []
    for item in try value.list() { sizes.append(try item.int(in: 8...512)) }
    guard sizes.count == 3, let shape = try? GridShape(sizes[0], sizes[1], sizes[2]) else {
        throw value.error("expected three sizes along i, j and k but found \(sizes.count).")
    }
    return shape
}

private func readPadding(_ value: YAMLValue) throws(ConfigurationError) -> PatchPlan.Padding {
    if (try? value.string()) == "windowMinimum" { return .windowMinimum }
    guard let number = try? value.double(in: -1000...1000) else {
        throw value.error("expected windowMinimum or a number in normalised units from -1000 to 1000.")
    }
    return .constant(value: number)
}

extension EpisodeConfiguration.QuerySettings {
    fileprivate init(_ value: YAMLValue) throws(ConfigurationError) {
        self = try value.mapping { (settings) throws(ConfigurationError) in
            var result = Self()
            result.classCentred = try settings.number("classCentred", in: 0...1, default: result.classCentred)
            result.negatives = try settings.number("negatives", in: 0...1, default: result.negatives)
            return result
        }
    }
}

extension EpisodeConfiguration.MaskPerturbation {
    fileprivate init(_ value: YAMLValue) throws(ConfigurationError) {
        self = try value.mapping { (settings) throws(ConfigurationError) in
            Self(
                probability: try settings.probability(), radius: try settings.required("radius").int(in: 0...8),
                shift: try settings.wholeNumber("shift", in: 0...16, default: 0))
        }
    }
}
