import Tensors
import Volumes

extension Predictor {
    /// The embeddings that ``Strategy/retrieval`` segments `query` by.
    ///
    /// The query is segmented by one embedding per class, its own predicted objects are encoded as a reference's would be,
    /// and each class gets the mean of the `neighbours` most similar embeddings of the pool.
    ///
    /// - Parameter features: keeps the query's features for the pass that follows.
    func retrieved(for query: ModelImage, in context: InferenceContext, features: inout FeatureCache) throws
        -> TaskEmbeddings
    {
        let first = try pass(query, by: context.embeddings, members: nil, features: &features)
        // The labels lie on the image's own grid.
        let predicted = try Reference(query, labels: first.labels())
        let own = try embeddings(
            of: predicted, classes: context.embeddings.classes, counting: \.objectWindows)
        guard !own.classes.isEmpty else { return context.embeddings }
        let rows = context.pool.flatMap { reference in reference.embeddings.classes.map { (reference, $0.value) } }
        let pool = rows.map { Array($0.0.embeddings.values(of: $0.1)!) }
        let queries = own.classes.map { Array(own.values(of: $0.value)!) }
        let similarities = try cosines(of: queries, with: pool)
        let chosen = own.classes.enumerated().map { place, entry in
            // Only embeddings of the same class stand for it.
            let candidates = rows.indices.filter { rows[$0].1 == entry.value }
            let best = nearest(candidates, to: similarities[place], context.neighbours)
            return TaskEmbeddings(
                classes: [entry], tokens: tokens, width: width, values: mean(best.map { pool[$0] }))
        }
        return TaskEmbeddings.first(
            of: chosen + [context.embeddings], classes: context.embeddings.classes, tokens: tokens, width: width)
    }

    /// The embeddings that ``Strategy/imageRetrieval`` segments `query` by.
    func retrievedByImage(for query: ModelImage, in context: InferenceContext) throws -> TaskEmbeddings {
        // The context is refused without descriptors.
        let similarities = try cosines(of: [describe(query)], with: context.pool.map { $0.descriptor! })[0]
        let order = nearest(Array(context.pool.indices), to: similarities, context.pool.count)
        let near = order.prefix(context.neighbours).map { context.pool[$0].embeddings }
        let mean = TaskEmbeddings.mean(of: near, classes: context.embeddings.classes)
        let rest = order.dropFirst(context.neighbours).map { context.pool[$0].embeddings }
        return TaskEmbeddings.first(
            of: [mean] + rest, classes: context.embeddings.classes, tokens: tokens, width: width)
    }

    /// The cosine of the angle between each of `queries` and each of `pool`, by one matrix product.
    private func cosines(of queries: [[Float]], with pool: [[Float]]) throws -> [[Float]] {
        let length = queries[0].count
        let tape = Tape(recording: false)
        let features = Tensor(pool.flatMap(unit), shape: [1, pool.count, length])
        // A class map is a product with a vector, and an offset that is 0 here.
        let vectors = Tensor(queries.flatMap { unit($0) + [0] }, shape: [1, queries.count, length + 1])
        let products = try tape.classMaps(features: tape.constant(features), vectors: tape.constant(vectors)).value
            .values
        return queries.indices.map { Array(products[$0 * pool.count..<($0 + 1) * pool.count]) }
    }
}

/// The `count` places of greatest similarity, greatest first; of equal ones the first.
private func nearest(_ places: [Int], to similarities: [Float], _ count: Int) -> [Int] {
    Array(places.sorted { (similarities[$0], $1) > (similarities[$1], $0) }.prefix(count))
}

private func unit(_ vector: [Float]) -> [Float] {
    let length = vector.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
    return length > 0 ? vector.map { Float(Double($0) / length) } : vector
}

private func mean(_ vectors: [[Float]]) -> [Float] {
    vectors[0].indices.map { place in
        Float(vectors.reduce(0) { $0 + Double($1[place]) } / Double(vectors.count))
    }
}
