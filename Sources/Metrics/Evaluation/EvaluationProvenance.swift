/// The chain that a result hangs on, each link by its digest (SHA-256, hexadecimal).
public struct EvaluationProvenance: Sendable, Codable, Equatable {
    /// The program that evaluated.
    public var program: String
    /// The checkpoint's file.
    public var checkpoint: FileDigest
    /// Of the weights and sizes in use; equal for models that predict alike.
    public var model: String
    /// What the checkpoint says that it was trained with.
    public var training: Training
    /// The reference sets and queries.
    public var ledger: FileDigest
    /// The store that queries and references came from.
    public var store: Store
    /// The cases that took part, as queries or references.
    public var cases: [Case]

    public init(
        program: String, checkpoint: FileDigest, model: String, training: Training, ledger: FileDigest, store: Store,
        cases: [Case]
    ) {
        (self.program, self.checkpoint, self.model, self.training) = (program, checkpoint, model, training)
        (self.ledger, self.store, self.cases) = (ledger, store, cases)
    }

    /// The run that made the checkpoint.
    public struct Training: Sendable, Codable, Equatable {
        /// `run.json` of the run's folder; `nil` when there was none beside the checkpoint.
        public var run: FileDigest?
        /// The digest of the training configuration's text.
        public var configuration: String?
        /// The digests of the episode configuration and of the store that it was trained on.
        public var episodes, store: String?

        public init(run: FileDigest?, configuration: String?, episodes: String?, store: String?) {
            (self.run, self.configuration, self.episodes, self.store) = (run, configuration, episodes, store)
        }
    }

    /// The store that queries and references came from.
    public struct Store: Sendable, Codable, Equatable {
        /// The folder when the result was made.
        public var folder: String
        /// The digest of its catalogue.
        public var digest: String
        /// The digests of the preparation configurations, by dataset.
        public var preparations: [String: [String]]

        public init(folder: String, digest: String, preparations: [String: [String]]) {
            (self.folder, self.digest, self.preparations) = (folder, digest, preparations)
        }
    }

    /// A prepared case and the files that it was made from.
    public struct Case: Sendable, Codable, Equatable {
        /// The case's dataset and name.
        public var dataset, name: String
        /// Of the prepared files.
        public var image: String
        /// The digest of the label's file; `nil` without labels.
        public var label: String?
        /// The source files below the dataset's folder.
        public var sources: [FileDigest]

        public init(dataset: String, name: String, image: String, label: String?, sources: [FileDigest]) {
            (self.dataset, self.name, self.image, self.label, self.sources) = (dataset, name, image, label, sources)
        }
    }
}
