/// Why episodes cannot be drawn or rendered.
public enum EpisodeError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The configuration names something that the store does not have.
    case unknownName(setting: String, name: String, suggestion: String?)
    /// No class of the store can make an episode.
    case nothingReachable(unreachable: Int)
    /// No patch of any case that was tried shows the anchor class with enough voxels.
    case noReferencePatch(dataset: String, structure: String, minimumVoxels: Int, tried: Int)
    /// A plan names a case that the store does not have.
    case unknownCase(String)
    /// A plan does not fit the memory that it is rendered into, or contradicts itself.
    case doesNotFit(what: String, limit: Int, found: Int)
    /// The system gives no memory for episodes.
    case noMemory(bytes: Int, reason: String)
    /// Every buffer of a stream is held by its consumer.
    case allBuffersHeld(Int)

    public var description: String {
        switch self {
        case .unknownName(let setting, let name, let suggestion):
            "\(setting): the store has no \"\(name)\". \(suggestion.map { "Did you mean \($0)?" } ?? "List what it has with iris store ls.")"
        case .nothingReachable(let unreachable):
            """
            expected at least one class that two subjects of one dataset and modality group show, but found none \
            (\(unreachable) pairs of class and case are unreachable). Widen the configuration's datasets, classes or split, \
            or prepare more cases.
            """
        case .noReferencePatch(let dataset, let structure, let minimumVoxels, let tried):
            """
            \(dataset)/\(structure): expected a patch with at least \(minimumVoxels) voxels of the class but found none in \
            \(tried) cases. Lower classes.minimumVoxels, enlarge patch.size, or give the class the weight 0.
            """
        case .unknownCase(let name):
            "\(name): a plan names this case but the store does not have it. Point --store at the store of the plan."
        case .doesNotFit(let what, let limit, let found):
            "expected no more than \(limit) \(what) but the plan has \(found). Use the configuration that the plan was made with."
        case .noMemory(let bytes, let reason):
            "cannot take \(bytes) bytes for episodes: \(reason). Lower the buffer, the batch or patch.size."
        case .allBuffersHeld(let count):
            """
            all \(count) buffers of the stream are held by its consumer, so no episode can be rendered. Release episodes \
            before asking for more, copy what must stay, or raise the number of buffers.
            """
        }
    }
}

/// A class of a case that no episode can use in some role, and why.
public struct UnreachableClass: Hashable, Sendable, Codable {
    /// Why a class cannot be drawn from a case.
    public enum Reason: String, Sendable, Codable {
        /// The case has fewer voxels of the class than `classes.minimumVoxels`, so it is never a reference for it.
        case tooFewVoxels
        /// No other subject of the dataset and modality group shows the class, so there is no pair of reference and query.
        case noOtherSubject
        /// No case of the chosen splits shows the class.
        case absent
    }

    /// The dataset's name.
    public let dataset: String
    /// `nil` when no case shows the class.
    public let caseName: String?
    /// The label value in the dataset.
    public let value: UInt8
    /// The canonical structure of the class.
    public let structure: String
    /// Voxels of the class in the case.
    public let voxels: Int
    /// Why it is unreachable.
    public let reason: Reason
}
