import Configuration
import Datasets
import Episodes
import IrisModel
import IrisTraining
import Preparation

/// The configuration files and their keys, from the lists that the program reads them by.
enum ConfigurationReference {
    /// A kind of configuration file.
    enum Kind: String, CaseIterable, Codable {
        case prepare, episodes, model, train, manifest, structures
    }

    /// One kind of file: what it is for, and its keys.
    struct File: Encodable {
        let kind: Kind
        let title: String
        /// Where such files lie and which command takes them, in a sentence or two.
        let use: String
        let settings: [SettingDescription]
    }

    static func files(_ kinds: [Kind]) throws -> [File] { try kinds.map(file) }

    private static func file(_ kind: Kind) throws -> File {
        switch kind {
        case .prepare:
            File(
                kind: kind, title: "Preparation",
                use: """
                    How raw cases become the volumes of a store: `configs/prepare/*.yaml`, for `iris prepare --config FILE`. \
                    Without a file the defaults hold, which are the values of the IRIS paper.
                    """,
                settings: PreparationConfiguration.settings.descriptions(defaults: .iris))
        case .episodes:
            File(
                kind: kind, title: "Episodes",
                use: """
                    What episodes are drawn from and how their patches are made: `configs/episodes/*.yaml`, for \
                    `iris episodes … --config FILE`, `iris stream --config FILE` and the key `episodes` of a training.
                    """,
                settings: EpisodeConfiguration.settings.descriptions(defaults: EpisodeConfiguration()))
        case .model:
            File(
                kind: kind, title: "Model",
                use: """
                    Every size of the network: `configs/model/*.yaml`, for `iris model … --config FILE` and the key `model` of \
                    a training. The defaults are the paper's model; docs/model.md says what each part computes.
                    """,
                settings: IrisConfiguration.settings.descriptions(defaults: IrisConfiguration()))
        case .train:
            File(
                kind: kind, title: "Training",
                use: "A training run: `configs/train/*.yaml`, for `iris train --config FILE`.",
                settings: TrainingConfiguration.settings.descriptions(defaults: .unset))
        case .manifest:
            File(
                kind: kind, title: "Manifest",
                use: """
                    What a dataset states that cannot be computed from its files: `manifests/<name>.yaml`, or a file of your \
                    own, for `iris audit FILE`, `iris prepare FILE` and `iris manifest check FILE`. From `manifests/schema.json`, \
                    which editors can check with too.
                    """,
                settings: try ManifestSchema.standard().settings())
        case .structures:
            File(
                kind: kind, title: "Structures",
                use: """
                    The names by which classes of different datasets match: `manifests/structures.yaml`, below the key \
                    `structures`, each under its id.
                    """,
                settings: StructureCatalogue.settings)
        }
    }

    static func markdown(_ files: [File]) -> String {
        let introduction = """
            # Configuration files

            Written by `iris reference configuration` from the lists that the program reads by; `make reference` renews it.
            Files are YAML. Unknown keys are refused with the nearest known one. `a.b` is the key `b` of the mapping at `a`,
            `a[].b` that of each item of the list at `a`, `a.NAME.b` that of each of the mappings at `a`, by their names.

            """
        return introduction + files.map(markdown).joined()
    }

    private static func markdown(_ file: File) -> String {
        """

        ## \(file.title)

        \(file.use)

        | key | values | default | meaning |
        |---|---|---|---|

        """ + rows(file.settings, below: "").joined()
    }

    private static func rows(_ settings: [SettingDescription], below path: String) -> [String] {
        settings.flatMap { setting in
            let key = path + setting.key
            let fallback = setting.fallback ?? "**required**"
            let values = [setting.values, setting.unit].compactMap { $0 }.joined(separator: "; ")
            let cells = ["`\(key)`", values, fallback, setting.meaning]
            let row = "| " + cells.map { $0.replacing("|", with: "\\|") }.joined(separator: " | ") + " |\n"
            let below =
                if setting.values.contains("list, each: mapping") {
                    "[]."
                } else if setting.values.hasSuffix("to mapping") {
                    ".NAME."
                } else { "." }
            return [row] + rows(setting.settings, below: key + below)
        }
    }
}
