import Digests
import VolumeStore

/// What became of the cases of a dataset. Every case of the listing is in exactly one of the counts.
public struct PreparationSummary: Sendable {
    /// A case that is not in the store.
    public struct Refused: Hashable, Sendable {
        /// The case's name.
        public let name: String
        /// The finding's code.
        public let code: String
        /// Why it was set aside, in words.
        public let reason: String
    }

    /// The dataset's name.
    public let dataset: String
    /// Cases of the source: usable, unusable and unlabelled ones.
    public internal(set) var listed = 0
    public internal(set) var prepared = 0
    /// Done by an earlier run, with the same source and configuration.
    public internal(set) var unchanged = 0
    /// In the order of the source.
    public internal(set) var quarantined: [Refused] = []
    /// Images without labels that were not asked for.
    public internal(set) var leftOut = 0
    /// Cases of other shards.
    public internal(set) var elsewhere = 0
    /// Cases that the store holds and the source no longer has. They stay as they are.
    public internal(set) var onlyInStore: [String] = []
    /// Problems of the tree that belong to no case.
    public internal(set) var treeProblems: [String] = []
    /// Repairs and other remarks on prepared cases: case, code, sentence.
    public internal(set) var remarks: [Refused] = []
    /// Source voxels of the cases prepared by this run.
    public internal(set) var sourceVoxels = 0
    public internal(set) var seconds = 0.0
    /// The digest of the resolved configuration.
    public let configurationDigest: SHA256Digest

    init(dataset: String, configurationDigest: SHA256Digest) {
        (self.dataset, self.configurationDigest) = (dataset, configurationDigest)
    }

    /// Whether anything of the source could not be used.
    public var hasFailures: Bool { !quarantined.isEmpty || !treeProblems.isEmpty }
}
