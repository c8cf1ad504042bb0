import Tensors
import VolumeStore
import Volumes

extension Predictor {
    /// Encodes a reference: the embeddings of those of `classes` that it shows.
    ///
    /// The windows are chosen by the reference's own labels, see `ReferenceWindows`; a class that needs several gets the
    /// mean of their embeddings, weighted by its voxels in each.
    ///
    /// - Parameters:
    ///   - reference: an image with its labels.
    ///   - classes: those wanted.
    ///   - describingImage: whether the whole image is described too, for ``Strategy/imageRetrieval``.
    public func encode(_ reference: Reference, classes: [TaskClass], describingImage: Bool = false) throws
        -> EncodedReference
    {
        try Engine.shared.run {
            let embeddings = try embeddings(of: reference, classes: classes)
            work.references += 1
            return EncodedReference(
                name: reference.image.name, embeddings: embeddings,
                descriptor: describingImage ? try describe(reference.image) : nil)
        }
    }

    /// The embeddings of those of `classes` that the labels of `reference` show.
    func embeddings(
        of reference: Reference, classes: [TaskClass],
        counting counter: WritableKeyPath<Work, Int> = \.referenceWindows
    ) throws -> TaskEmbeddings {
        let windows = reference.windows(of: classes, patch: record.patch)
        let names = Dictionary(uniqueKeysWithValues: classes.map { ($0.value, $0) })
        var parts: [(TaskEmbeddings, (UInt8) -> Double)] = []
        for window in windows {
            let image = try reference.image.window(at: window.origin, shape: record.patch, padding: record.padding)
            let masks = reference.masks(of: window.values, at: window.origin, shape: record.patch)
            let voxels = record.patch.count
            let counts = masks.withFloats { masks in
                window.values.indices.map { place in
                    Double(masks[place * voxels..<(place + 1) * voxels].reduce(0, +))
                }
            }
            work[keyPath: counter] += 1
            let result = try network.embedding(
                references: image.reshaped([1] + image.shape), masks: masks,
                on: Tape(recording: false)
            ).embedding.value
            guard result.isFinite else { throw InferenceError.notFinite(name: reference.image.name) }
            let weights = Dictionary(uniqueKeysWithValues: zip(window.values, counts))
            parts.append(
                (
                    TaskEmbeddings(
                        classes: window.values.map { names[$0]! }, tokens: tokens, width: width, values: result.values),
                    { weights[$0] ?? 0 }
                ))
        }
        guard !parts.isEmpty else { return TaskEmbeddings(classes: [], tokens: tokens, width: width, values: []) }
        return TaskEmbeddings.weightedMean(of: parts, classes: classes)
    }

    /// The mean of the deepest features over the whole image, in windows that overlap as little as they can.
    func describe(_ image: ModelImage) throws -> [Float] {
        let windows = SlidingWindow(volume: image.grid.shape, patch: record.patch, overlap: 0)
        let channels = network.configuration.channels[network.configuration.levels - 1]
        var sums = [Double](repeating: 0, count: channels)
        for origin in windows.origins {
            let patch = try image.window(at: origin, shape: record.patch, padding: record.padding)
            work.describedWindows += 1
            let features = try network.encode(query: patch, on: Tape(recording: false)).last!.value.values
            for (place, value) in features.enumerated() { sums[place % channels] += Double(value) }
        }
        let count =
            Double(windows.origins.count * record.patch.count) / Double(cube(network.configuration.patchMultiple))
        let mean = sums.map { Float($0 / count) }
        guard mean.allSatisfy(\.isFinite) else { throw InferenceError.notFinite(name: image.name) }
        return mean
    }
}

private func cube(_ n: Int) -> Int { n * n * n }

extension Tensor {
    /// Whether every value is a number and finite.
    var isFinite: Bool { values.allSatisfy { $0.isFinite } }
}
