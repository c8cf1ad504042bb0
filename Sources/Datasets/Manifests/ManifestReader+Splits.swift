import Configuration

extension ManifestReader {
    /// The official and the paper's split, unread.
    static func splits(_ value: YAMLValue?) throws(ConfigurationError) -> (official: YAMLValue?, paper: YAMLValue?) {
        guard let value else { return (nil, nil) }
        return try value.mapping { (keys) throws(ConfigurationError) in
            (keys.optional("official"), keys.optional("paper"))
        }
    }

    /// Lists of ids that stand in the manifest, or in a JSON file that it names.
    static func splitLists(_ value: YAMLValue, text: (String) throws -> String) throws -> SplitLists {
        guard let path = try? value.string() else { return try splitLists(value) }
        guard SafePath(path) != nil else {
            throw value.error(
                "expected a path below the manifest's folder but found \"\(path)\". Leave out \"..\" and the leading slash."
            )
        }
        // JSON is YAML, so a list's complaints name their line as well.
        return try splitLists(YAMLValue(text: text(path), file: path))
    }

    private static func splitLists(_ value: YAMLValue) throws(ConfigurationError) -> SplitLists {
        var ids: [Split: [String]] = [:]
        try value.mapping { (keys) throws(ConfigurationError) in
            for split in Split.allCases { ids[split] = try keys.strings(split.rawValue) }
        }
        guard let lists = SplitLists(ids) else {
            throw value.error(
                "\(SplitLists.firstRepeatedID(in: ids) ?? "") stands twice. A case belongs to one part only.")
        }
        return lists
    }
}

extension ProbabilityLabelRule {
    /// Reads `{rule: largest-positive}`, `{rule: threshold, threshold: 0.5}` or `{rule: remainder}`.
    public init(_ value: YAMLValue) throws(ConfigurationError) {
        self = try value.mapping { (keys) throws(ConfigurationError) in
            switch try keys.required("rule").choice(Name.self) {
            case .largestPositive: .largestPositive
            case .remainder: .remainder
            case .threshold: .threshold(Float(try keys.required("threshold").double(in: 0...1)))
            }
        }
    }

    private enum Name: String, CaseIterable {
        case largestPositive = "largest-positive"
        case threshold, remainder
    }
}
