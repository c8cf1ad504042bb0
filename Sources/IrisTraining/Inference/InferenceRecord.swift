import Episodes
import FoundationEssentials
import VolumeStore
import Volumes

/// What a checkpoint remembers of the data it was trained on, so that new images can be treated alike.
///
/// `iris train` writes it as JSON under ``metadataKey`` of the checkpoint's metadata.
public struct InferenceRecord: Sendable, Hashable, Codable {
    /// The key in a checkpoint's metadata.
    public static let metadataKey = "inference"

    /// The size of training patches.
    public var patch: GridShape
    /// What patches hold outside of the image.
    public var padding: PatchPlan.Padding
    /// The datasets of the training.
    public var datasets: [Dataset]

    /// What is known of one dataset of the training.
    public struct Dataset: Sendable, Hashable, Codable {
        /// The dataset's name.
        public var name: String
        /// The canonical text of the preparation configuration; `nil` when its cases were prepared in several ways.
        public var preparation: String?
        /// The modalities of its cases.
        public var modalities: [String]
        /// Its classes.
        public var classes: [TaskClass]

        public init(name: String, preparation: String?, modalities: [String], classes: [TaskClass]) {
            (self.name, self.preparation, self.modalities, self.classes) = (name, preparation, modalities, classes)
        }
    }

    public init(patch: GridShape, padding: PatchPlan.Padding = .windowMinimum, datasets: [Dataset] = []) {
        (self.patch, self.padding, self.datasets) = (patch, padding, datasets)
    }

    /// The record of a training on `catalogue` by `episodes`.
    public init(_ catalogue: StoreCatalogue, _ episodes: EpisodeConfiguration) throws {
        self.init(patch: episodes.patch.size, padding: episodes.patch.padding)
        let chosen = episodes.datasets.weights
        for dataset in catalogue.datasets where chosen.isEmpty || chosen[dataset.name] != nil {
            let digests = try catalogue.store.configurations(of: dataset.name)
            let modalities = Set(dataset.cases.map { catalogue.modalities[catalogue.modality(of: $0)] })
            datasets.append(
                Dataset(
                    name: dataset.name,
                    preparation: digests.count == 1 ? try catalogue.store.configuration(digests[0]) : nil,
                    modalities: modalities.sorted(),
                    classes: dataset.classes.map { TaskClass(value: $0.value, name: $0.name) }))
        }
    }

    /// One line of JSON with sorted keys.
    public var json: String {
        get throws { try canonicalJSON(self) }
    }

    /// Reads what a checkpoint's metadata hold.
    ///
    /// - Throws: ``InferenceError/checkpoint(file:problem:)`` when they hold no record, or one that cannot be read.
    public init(metadata: [String: String], file: String) throws(InferenceError) {
        guard let text = metadata[Self.metadataKey] else {
            throw .checkpoint(
                file: file,
                problem: """
                    the metadata do not say how images are prepared for this model. Use a checkpoint of iris train.
                    """)
        }
        do { self = try JSONDecoder().decode(Self.self, from: Data(text.utf8)) } catch {
            throw .checkpoint(
                file: file,
                problem: "the metadata's \(Self.metadataKey) cannot be read: \(error). Use the program that wrote it.")
        }
    }
}
