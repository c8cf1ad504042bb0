import Glibc
import IrisModel
import Tensors
import Volumes

extension Predictor {
    /// Segments an image by task embeddings, all classes in one pass.
    ///
    /// The image is covered by windows (``SlidingWindow``) whose probabilities are averaged with Gaussian weights. Each
    /// window is encoded once, however many members there are.
    ///
    /// - Parameters:
    ///   - image: prepared for the model.
    ///   - embeddings: those that decide the labels.
    ///   - members: embeddings by which the image is segmented too, for ``Segmentation/uncertainty`` alone; the labels
    ///     do not depend on them. `nil` for no uncertainty; with none it is that of `embeddings`.
    public func segment(_ image: ModelImage, by embeddings: TaskEmbeddings, members: [TaskEmbeddings]? = nil) throws
        -> Segmentation
    {
        var forgotten = FeatureCache(bytes: 0)
        return try Engine.shared.run {
            work.queries += 1
            return try pass(image, by: embeddings, members: members, features: &forgotten)
        }
    }

    /// A pass over an image whose features may be known already.
    func pass(
        _ image: ModelImage, by embeddings: TaskEmbeddings, members: [TaskEmbeddings]?, features: inout FeatureCache
    ) throws -> Segmentation {
        let shape = image.grid.shape
        let windows = SlidingWindow(volume: shape, patch: record.patch, overlap: overlap)
        let members = members?.filter { !$0.classes.isEmpty }
        var own = WindowBlend(embeddings.classes, windows)
        // Not made when nobody asks: it takes as much memory as the result.
        var others = members.map { WindowBlend($0.isEmpty ? [] : embeddings.classes, windows) }
        for origin in windows.origins {
            let window = try features.features(FeatureCache.Key(image: 0, origin: origin)) {
                let patch = try image.window(at: origin, shape: record.patch, padding: record.padding)
                work.queryWindows += 1
                return try network.encode(query: patch, on: Tape(recording: false))
            }
            if !embeddings.classes.isEmpty {
                own.add(try decode(window, embeddings, image.name), of: embeddings.classes, at: origin)
            }
            for member in members ?? [] {
                others?.add(try decode(window, member, image.name), of: member.classes, at: origin)
            }
        }
        let probabilities = own.takeMeans()
        let uncertainty = members.map { members in
            Self.entropy(members.isEmpty ? probabilities : others!.takeMeans(), count: shape.count)
        }
        return Segmentation(
            grid: image.grid, classes: embeddings.classes, probabilities: probabilities, uncertainty: uncertainty)
    }

    /// The logits of one window, K, D, H, W.
    private func decode(_ features: [Variable], _ embeddings: TaskEmbeddings, _ name: String) throws -> Tensor {
        let tape = Tape(recording: false)
        work.decodedWindows += 1
        let logits = try network.decode(
            features, embedding: tape.constant(embeddings.tensor),
            present: [[Bool](repeating: true, count: embeddings.classes.count)], on: tape
        ).value
        guard logits.withFloats({ $0.allSatisfy { $0.isFinite } }) else { throw InferenceError.notFinite(name: name) }
        return logits
    }

    /// Per voxel, the greatest binary entropy of the classes' probabilities, in bits.
    private static func entropy(_ probabilities: [[Float]], count: Int) -> [Float] {
        var result = [Float](repeating: 0, count: count)
        result.withUnsafeMutableBufferPointer { result in
            for own in probabilities {
                own.withUnsafeBufferPointer { own in
                    for voxel in 0..<count {
                        // The nearer to one half, the greater.
                        result[voxel] = max(result[voxel], min(own[voxel], 1 - own[voxel]))
                    }
                }
            }
            for voxel in 0..<count {
                let p = result[voxel], q = 1 - p
                result[voxel] = p > 0 ? -(p * log2(p) + q * log2(q)) : 0
            }
        }
        return result
    }
}
