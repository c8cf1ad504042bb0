import Configuration
import FoundationEssentials
import Volumes

/// Reads the parts of a manifest. Each function takes the value under one key.
enum ManifestReader {
    /// A name that is safe as a folder name: lower-case letters, digits and hyphens.
    static func name(_ value: YAMLValue) throws(ConfigurationError) -> String {
        let name = try value.string()
        guard isPlainName(name) else {
            throw value.error("expected lower-case letters, digits and single hyphens but found \"\(name)\".")
        }
        return name
    }

    /// Whether a name has only lower-case letters, digits and hyphens, and starts and ends with neither hyphen.
    static func isPlainName(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.allSatisfy { (97...122).contains($0) || (48...57).contains($0) || $0 == 45 }
            && !name.hasPrefix("-") && !name.hasSuffix("-")
    }

    /// A year, or a date such as 2022-10-28.
    static func date(_ value: YAMLValue) throws(ConfigurationError) -> String {
        let text = try value.string()
        let parts = text.split(separator: "-", omittingEmptySubsequences: false).map(String.init)
        let limits = [1900...9999, 1...12, 1...31], widths = [4, 2, 2]
        let isDate =
            (1...3).contains(parts.count)
            && parts.indices.allSatisfy { n in
                parts[n].utf8.count == widths[n] && Int(parts[n]).map(limits[n].contains) == true
            }
        guard isDate else {
            throw value.error("expected a year or a date such as 2022-10-28 but found \"\(text)\".")
        }
        return text
    }

    static func source(_ value: YAMLValue) throws(ConfigurationError) -> ManifestSource {
        try value.mapping { (keys) throws(ConfigurationError) in
            ManifestSource(
                homepage: try keys.required("homepage").string(), record: try keys.required("record").string(),
                size: try keys.required("size").string(), access: try keys.required("access").string())
        }
    }

    static func layout(_ value: YAMLValue) throws(ConfigurationError) -> ManifestLayout {
        try value.mapping { (keys) throws(ConfigurationError) in
            ManifestLayout(
                adapter: try keys.required("adapter").choice(), expected: try keys.required("expected").string(),
                variants: try keys.strings("variants"), refused: try keys.strings("refused"))
        }
    }

    static func modality(_ value: YAMLValue) throws(ConfigurationError) -> ModalityRule {
        try value.mapping { (keys) throws(ConfigurationError) in
            let constant = keys.optional("constant"), ranges = keys.optional("byNumber"), own = keys.optional("from")
            switch (constant, ranges, own) {
            case (let constant?, nil, nil): return .constant(try constant.choice())
            case (nil, let ranges?, nil): return .byNumber(try self.ranges(ranges))
            case (nil, nil, let own?):
                guard try own.string() == "dataset.json" else { throw own.error("expected dataset.json.") }
                return .datasetJSON
            default: throw value.error("expected exactly one of constant, byNumber, from.")
            }
        }
    }

    private static func ranges(_ value: YAMLValue) throws(ConfigurationError) -> [(
        range: ClosedRange<Int>, modality: Modality
    )] {
        var result: [(range: ClosedRange<Int>, modality: Modality)] = []
        for item in try value.list() {
            let (range, modality) = try item.mapping { (keys) throws(ConfigurationError) in
                let first = try keys.required("first").int(in: 0...9_999_999)
                return (
                    first...(try keys.required("last").int(in: first...9_999_999)),
                    try keys.required("modality").choice(Modality.self)
                )
            }
            guard !result.contains(where: { $0.range.overlaps(range) }) else {
                throw item.error("the range \(range.lowerBound) to \(range.upperBound) overlaps one before it.")
            }
            result.append((range, modality))
        }
        return result
    }

    static func intensity(_ value: YAMLValue) throws(ConfigurationError) -> [Modality: String] {
        var result: [Modality: String] = [:]
        for (key, unit) in try value.pairs() {
            guard let modality = Modality(rawValue: key) else {
                throw unit.error("expected one of \(Modality.allCases.map(\.rawValue).joined(separator: ", ")).")
            }
            result[modality] = try unit.string()
        }
        return result
    }

    static func classes(_ value: YAMLValue, structures: StructureCatalogue) throws(ConfigurationError)
        -> [ManifestClass]
    {
        if let text = try? value.string() {
            guard text == "dataset.json" else { throw value.error("expected a list of classes, or dataset.json.") }
            return []
        }
        var result: [ManifestClass] = []
        for item in try value.list() {
            let one = try item.mapping { (keys) throws(ConfigurationError) in
                let value = try keys.required("value").int(in: 1...255)
                let name = try keys.required("name").string()
                let structure = try keys.required("structure")
                let id = try structure.string()
                guard let known = structures[id] else {
                    let hint = nearestName(to: id, among: structures.ids).map { " Did you mean \($0)?" } ?? ""
                    throw structure.error("\"\(id)\" is not in structures.yaml.\(hint)")
                }
                return ManifestClass(
                    value: value, name: name, structure: id, side: known.side,
                    mayBeAbsent: try keys.optional("mayBeAbsent")?.bool() ?? false)
            }
            guard !result.contains(where: { $0.value == one.value || $0.structure == one.structure }) else {
                throw item.error("the value \(one.value) or the structure \(one.structure) stands twice.")
            }
            result.append(one)
        }
        guard !result.isEmpty else { throw value.error("expected at least one class.") }
        return structures.paired(result.sorted { $0.value < $1.value })
    }

    static func labelRules(_ value: YAMLValue?, classes: [ManifestClass]) throws(ConfigurationError) -> [LabelRule] {
        var result: [LabelRule] = []
        for item in try value?.list() ?? [] {
            result.append(
                try item.mapping { (keys) throws(ConfigurationError) in
                    var values: [Int] = []
                    for item in try keys.required("drop").list() {
                        let dropped = try item.int(in: 1...255)
                        guard classes.contains(where: { $0.value == dropped }) else {
                            throw item.error("no class has the value \(dropped).")
                        }
                        values.append(dropped)
                    }
                    return LabelRule(
                        values: values, modality: try keys.optional("modality")?.choice(),
                        reason: try keys.required("reason").string())
                })
        }
        return result
    }

    static func counts(_ value: YAMLValue?) throws(ConfigurationError) -> [ExpectedCount] {
        var result: [ExpectedCount] = []
        for item in try value?.list() ?? [] {
            result.append(
                try item.mapping { (keys) throws(ConfigurationError) in
                    let cases = try keys.required("cases").int(in: 0...1_000_000)
                    return ExpectedCount(
                        split: try keys.required("split").choice(), modality: try keys.required("modality").choice(),
                        cases: cases,
                        labelled: try keys.required("labelled").int(in: 0...cases))
                })
        }
        return result
    }

    static func defects(_ value: YAMLValue?) throws(ConfigurationError) -> [KnownDefect] {
        var result: [KnownDefect] = []
        for item in try value?.list() ?? [] {
            result += try item.mapping { (keys) throws(ConfigurationError) in
                let code = try keys.optional("code").map { (value) throws(ConfigurationError) in
                    try findingCode(value)
                }
                let note = try keys.required("note").string(), remedy = try keys.required("remedy").string()
                let cases = try keys.required("cases")
                let ids = try cases.strings()
                guard !ids.isEmpty else { throw cases.error("expected at least one case.") }
                return ids.map { KnownDefect(caseID: $0, code: code, note: note, remedy: remedy) }
            }
        }
        return result
    }

    /// A code of the audit's catalogue: a known defect under any other would never acknowledge anything.
    private static func findingCode(_ value: YAMLValue) throws(ConfigurationError) -> String {
        let code = try value.string()
        guard FindingCode(rawValue: code) != nil else {
            let hint = nearestName(to: code, among: FindingCode.allCases.map(\.rawValue)).map { " Did you mean \($0)?" }
            throw value.error("\"\(code)\" is no code of the audit (iris audit --codes).\(hint ?? "")")
        }
        return code
    }

    static func cropContext(_ value: YAMLValue) throws(ConfigurationError) -> CropContext? {
        if let text = try? value.string() {
            guard text == "whole" else { throw value.error("expected whole, or x, y and z in voxels.") }
            return nil
        }
        return try value.mapping { (keys) throws(ConfigurationError) in
            CropContext(
                x: try keys.required("x").int(in: 0...1000), y: try keys.required("y").int(in: 0...1000),
                z: try keys.required("z").int(in: 0...1000))
        }
    }

    /// Case id to correction. One entry states the faulty spacing once for many cases.
    static func corrections(_ value: YAMLValue?) throws(ConfigurationError) -> [String: SpacingCorrection] {
        var result: [String: SpacingCorrection] = [:]
        for item in try value?.list() ?? [] {
            try item.mapping { (keys) throws(ConfigurationError) in
                let faulty = try spacing(keys.required("faulty")), reason = try keys.required("reason").string()
                for (id, value) in try keys.required("corrected").pairs() {
                    guard result[id] == nil else { throw value.error("\(id) is corrected twice.") }
                    result[id] = SpacingCorrection(faulty: faulty, corrected: try spacing(value), reason: reason)
                }
            }
        }
        return result
    }

    private static func spacing(_ value: YAMLValue) throws(ConfigurationError) -> Spacing {
        let items = try value.list()
        guard items.count == 3 else {
            throw value.error("expected three spacings in mm along i, j, k but found \(items.count).")
        }
        do {
            return try Spacing(
                items[0].double(in: 1e-3...100), items[1].double(in: 1e-3...100), items[2].double(in: 1e-3...100))
        } catch let error as ConfigurationError {
            throw error
        } catch {
            throw value.error("\(error)")
        }
    }
}
