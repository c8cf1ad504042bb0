import Tensors

/// All that a strategy needs besides the query: made once, used for any number of queries.
public struct InferenceContext: Sendable {
    /// How task embeddings are found.
    public let strategy: Strategy
    /// The classes asked for of which an embedding is known, in the order asked.
    public let classes: [TaskClass]
    /// Those asked for that no reference shows; they are never predicted.
    public let missing: [TaskClass]
    /// What queries are segmented by; for the retrievals, what stands in where nothing is retrieved.
    public let embeddings: TaskEmbeddings
    /// The encoded references.
    public let pool: [EncodedReference]
    /// k of the retrievals.
    public let neighbours: Int
    /// How the embeddings were tuned, if this context tuned them.
    public let tuning: TuningResult.Summary?
}

extension Predictor {
    /// Encodes references, and makes of them what `strategy` needs.
    ///
    /// Labels of queries have no part in this, nor in ``segment(_:in:uncertainty:)``.
    ///
    /// - Parameters:
    ///   - strategy: how queries will be segmented.
    ///   - classes: those to segment; classes that no reference shows end in ``InferenceContext/missing``.
    ///   - references: in order of preference; none for ``Strategy/memoryBank``.
    ///   - dataset: whose classes the memory bank is asked for.
    ///   - settings: the strategies' constants.
    /// - Throws: ``InferenceError``, or an error of the network.
    public func context(
        _ strategy: Strategy, classes: [TaskClass], references: [Reference], dataset: String = "",
        settings: StrategySettings = StrategySettings()
    ) throws -> InferenceContext {
        let encoded = try references.map {
            try encode($0, classes: classes, describingImage: strategy == .imageRetrieval)
        }
        return try context(
            strategy, classes: classes, encoded: encoded, references: references, dataset: dataset, settings: settings)
    }

    /// The same from references that were encoded before; several strategies may share one encoding.
    ///
    /// - Parameters:
    ///   - strategy: how queries will be segmented.
    ///   - classes: those to segment.
    ///   - encoded: with descriptors when the strategy is ``Strategy/imageRetrieval``.
    ///   - references: the voxels of `encoded`, in the same order; only ``Strategy/tuned`` looks at them. Without,
    ///     `encoded` is taken to be tuned already.
    ///   - dataset: whose classes the memory bank is asked for.
    ///   - settings: the strategies' constants.
    public func context(
        _ strategy: Strategy, classes: [TaskClass], encoded: [EncodedReference], references: [Reference] = [],
        dataset: String = "", settings: StrategySettings = StrategySettings()
    ) throws -> InferenceContext {
        precondition(settings.neighbours >= 1, "a retrieval averages at least one embedding")
        let embeddings: TaskEmbeddings
        var tuning: TuningResult.Summary?
        let parts = encoded.map(\.embeddings)
        guard !strategy.needsReferences || !encoded.isEmpty else {
            throw InferenceError.noReference(strategy: strategy)
        }
        switch strategy {
        case .oneShot, .retrieval, .imageRetrieval:
            embeddings = TaskEmbeddings.first(of: parts, classes: classes, tokens: tokens, width: width)
        case .ensemble: embeddings = TaskEmbeddings.mean(of: parts, classes: classes)
        case .memoryBank: embeddings = try remembered(classes, dataset: dataset)
        case .tuned where references.isEmpty: embeddings = TaskEmbeddings.mean(of: parts, classes: classes)
        case .tuned:
            let result = try tune(references, encoded: encoded, classes: classes, settings: settings.tuning)
            (embeddings, tuning) = (result.embeddings, result.summary)
        }
        guard !embeddings.classes.isEmpty else {
            let shown = Set(parts.flatMap { $0.classes.map(\.value) } + references.flatMap(\.values))
            throw InferenceError.nothingToSegment(asked: classes, shown: shown.sorted())
        }
        if strategy == .imageRetrieval, let plain = encoded.first(where: { $0.descriptor == nil }) {
            throw InferenceError.noDescriptor(name: plain.name)
        }
        return InferenceContext(
            strategy: strategy, classes: embeddings.classes,
            missing: classes.filter { !embeddings.classes.contains($0) }, embeddings: embeddings,
            pool: encoded, neighbours: settings.neighbours, tuning: tuning)
    }

    /// Segments a query: the one entry point for every strategy.
    ///
    /// - Parameters:
    ///   - query: the image, prepared for the model.
    ///   - context: what `context` made of the references.
    ///   - uncertainty: whether ``Segmentation/uncertainty`` is computed, which costs a pass of the decoder for every
    ///     reference. Its members are the references' own embeddings; strategies without references have one member.
    public func segment(_ query: ModelImage, in context: InferenceContext, uncertainty: Bool = false) throws
        -> Segmentation
    {
        try Engine.shared.run {
            var features = FeatureCache(bytes: context.strategy == .retrieval ? 1 << 30 : 0)
            let embeddings =
                switch context.strategy {
                case .oneShot, .ensemble, .memoryBank, .tuned: context.embeddings
                case .retrieval: try retrieved(for: query, in: context, features: &features)
                case .imageRetrieval: try retrievedByImage(for: query, in: context)
                }
            let members: [TaskEmbeddings] =
                context.strategy.needsReferences && context.strategy != .tuned ? context.pool.map(\.embeddings) : []
            work.queries += 1
            return try pass(query, by: embeddings, members: uncertainty ? members : nil, features: &features)
        }
    }

    /// The memory bank's embeddings of the classes it knows.
    private func remembered(_ classes: [TaskClass], dataset: String) throws(InferenceError) -> TaskEmbeddings {
        guard let bank else { throw .noMemoryBank(file: file) }
        let found = classes.compactMap { entry in
            bank.embeddings[ClassKey(dataset: dataset, value: entry.value)].map { (entry, $0) }
        }
        guard !found.isEmpty else {
            let known = bank.embeddings.keys.sorted().map(\.description)
            throw .notInBank(asked: classes, dataset: dataset, known: known)
        }
        return TaskEmbeddings(
            classes: found.map(\.0), tokens: tokens, width: width, values: found.flatMap(\.1))
    }
}
