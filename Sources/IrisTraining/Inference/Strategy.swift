/// How labelled examples become the embeddings that a query is segmented by.
public enum Strategy: String, Sendable, CaseIterable, Codable {
    /// Each class from one reference: the first that shows it.
    case oneShot = "one-shot"
    /// Each class by the mean of its embeddings over all references that show it.
    case ensemble
    /// The averages kept during training; no reference at all.
    case memoryBank = "memory-bank"
    /// A first pass as in ``oneShot``; then the query's own predicted objects are encoded, and each class gets the mean of
    /// the k embeddings of the pool that are most similar to its own (cosine). A class of which the first pass predicts
    /// nothing keeps the first pass's embedding.
    case retrieval
    /// Each class by the mean over the references that show it among the k whose whole images are most similar to the
    /// query's (cosine of the mean deepest features); a class that none of the k shows takes the next most similar one.
    case imageRetrieval = "image-retrieval"
    /// Embeddings optimised on the references, starting from ``ensemble``.
    case tuned

    /// Whether references (or their embeddings) are needed.
    public var needsReferences: Bool { self != .memoryBank }
}

/// The numbers that strategies leave open.
public struct StrategySettings: Sendable, Hashable, Codable {
    /// k of the retrievals.
    public var neighbours = 3
    /// How embeddings are tuned, for the strategy that does.
    public var tuning = TuningSettings()

    public init() {}
}
