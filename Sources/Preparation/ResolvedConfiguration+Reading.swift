import Configuration
import Datasets
import Volumes

extension ResolvedConfiguration {
    /// Reads the canonical form back, as far as it concerns any image: what it says of the dataset's own labels (their
    /// values, dropped ones, the rule for probability maps) is passed over, and every value from 1 to 255 is a label.
    ///
    /// - Parameter file: names the text in complaints.
    /// - Throws: `ConfigurationError` when a line cannot be read, or the text is of a program that prepares differently.
    init(canonicalText text: String, file: String) throws(ConfigurationError) {
        var configuration = PreparationConfiguration.iris
        var context: CropContext?
        var found: Set<String> = []
        for (number, line) in text.split(separator: "\n").enumerated() {
            let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            let words = parts.dropFirst().first?.split(separator: " ").map(String.init) ?? []
            func fail(_ expected: String) -> ConfigurationError {
                ConfigurationError(
                    file: file, line: number + 1, path: parts[0],
                    problem: "expected \(expected) but found \"\(line)\". Use the program that wrote it.")
            }
            func numbers(_ texts: some Sequence<String>, _ count: Int) throws(ConfigurationError) -> [Double] {
                let values = texts.compactMap(Double.init)
                guard values.count == count, values.allSatisfy(\.isFinite) else { throw fail("\(count) numbers") }
                return values
            }
            func choice<Choice: RawRepresentable & CaseIterable>(_ text: String?) throws(ConfigurationError) -> Choice
            where Choice.RawValue == String {
                guard let text, let value = Choice(rawValue: text) else {
                    throw fail("one of \(Choice.allCases.map(\.rawValue).joined(separator: ", "))")
                }
                return value
            }
            found.insert(parts[0])
            switch parts[0] {
            case "algorithm":
                guard words == ["\(Self.algorithmVersion)"] else { throw fail("algorithm: \(Self.algorithmVersion)") }
            case "spacing":
                let lengths = try numbers(words, 3)
                guard let spacing = try? Spacing(lengths[0], lengths[1], lengths[2]) else {
                    throw fail("three lengths")
                }
                configuration.spacing = spacing
            case "oblique": configuration.oblique = try choice(words.first)
            case "interpolation": configuration.resampling.inPlane = try choice(words.first)
            case "throughPlane":
                switch (words.first, words.count) {
                case ("same", 1): configuration.resampling.throughPlane = .sameAsInPlane
                case ("axis", 3):
                    guard let axis = ["x", "y", "z"].firstIndex(of: words[1]) else { throw fail("the axis x, y or z") }
                    configuration.resampling.throughPlane = .axis(axis, try choice(words[2]))
                case ("coarserThan", 3):
                    configuration.resampling.throughPlane = .coarseAxes(
                        try choice(words[2]), ratio: try numbers([words[1]], 1)[0])
                default: throw fail("same, axis or coarserThan")
                }
            case "crop":
                if words == ["nothing"] { continue }
                let sizes = words.dropFirst().compactMap { Int($0) }
                guard words.first == "labels", sizes.count == 3 else {
                    throw fail("nothing, or labels and three sizes")
                }
                context = CropContext(x: sizes[0], y: sizes[1], z: sizes[2])
            case let key where key.hasPrefix("window "):
                let modality: Modality = try choice(String(key.dropFirst(7)))
                let isPercentiles = words.first == "percentiles"
                let bounds = try numbers(isPercentiles ? words.dropFirst() : words[...], 2)
                configuration.windows[modality] =
                    isPercentiles
                    ? .percentiles(low: bounds[0], high: bounds[1]) : .values(low: bounds[0], high: bounds[1])
            case "stepsPerDeviation": configuration.stepsPerDeviation = try numbers(words, 1)[0]
            case "nonFinite": configuration.nonFinite = try choice(words.first)
            case "labelTolerance": configuration.labelTolerance = try numbers(words, 1)[0]
            case "largestShear": configuration.largestShear = try numbers(words, 1)[0]
            case "probabilityRule", "ignoredLabel", "labelValues": continue
            case let key where key.hasPrefix("dropped labels "): continue
            default: throw fail("a setting of a preparation")
            }
        }
        let needed = [
            "algorithm", "spacing", "oblique", "interpolation", "throughPlane", "crop", "stepsPerDeviation",
            "nonFinite", "labelTolerance", "largestShear",
        ]
        if let lacking = needed.first(where: { !found.contains($0) }) {
            throw ConfigurationError(
                file: file, line: nil, path: lacking, problem: "is missing. Use the program that wrote the text.")
        }
        configuration.crop = context.map { .labels(context: $0) } ?? .nothing
        self.init(
            configuration, cropContext: context, probabilityRule: nil,
            classes: (1...255).map { ManifestClass(value: $0, name: "\($0)", structure: "\($0)") })
    }
}
