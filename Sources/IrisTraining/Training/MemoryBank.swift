import Tensors

/// A task embedding per class of each dataset, averaged over training: segmentation of a known class needs no reference.
///
/// Each embedding is an exponential moving average over the episodes that showed the class (paper, section 3.3).
public struct MemoryBank: Sendable {
    /// The share of an average that stays at each update.
    public let decay: Double
    /// The tokens of an embedding times their width, row by row.
    public private(set) var embeddings: [ClassKey: [Float]] = [:]
    /// How many episodes have entered each embedding.
    public private(set) var updates: [ClassKey: Int] = [:]

    public init(decay: Double) { self.decay = decay }

    /// Takes in one embedding of a class. The first ones enter as their plain mean, until that would weigh less than
    /// `1 - decay`, so that a young average is not held back by where it began.
    public mutating func update(_ key: ClassKey, with embedding: [Float]) {
        let count = updates[key, default: 0]
        updates[key] = count + 1
        guard var average = embeddings[key] else {
            embeddings[key] = embedding
            return
        }
        precondition(average.count == embedding.count, "embeddings of one bank differ in size")
        let weight = Float(max(1 - decay, 1 / Double(count + 1)))
        for index in average.indices { average[index] += weight * (embedding[index] - average[index]) }
        embeddings[key] = average
    }

    /// The bank as tensors for a checkpoint, named `bank.<dataset>/<value>`, of shape [tokens, width], and the counts.
    func tensors(tokens: Int) -> (tensors: [String: Tensor], counts: [String: String]) {
        var tensors: [String: Tensor] = [:], counts: [String: String] = [:]
        for (key, values) in embeddings {
            tensors["bank.\(key)"] = Tensor(values, shape: [tokens, values.count / tokens])
            counts["bank.\(key)"] = "\(updates[key] ?? 0)"
        }
        return (tensors, counts)
    }

    /// Reads back what ``tensors(tokens:)`` gave; other tensors are passed over.
    ///
    /// - Parameters:
    ///   - shape: tokens and width of the network's embeddings.
    ///   - path: names the file in complaints.
    /// - Throws: `SafeTensorsError` for an embedding of another shape, or one that is not finite.
    init(decay: Double, shape: [Int], in file: SafeTensors, file path: String) throws(SafeTensorsError) {
        self.decay = decay
        for (name, tensor) in file.tensors where name.hasPrefix("bank.") {
            guard let key = ClassKey(String(name.dropFirst(5))) else { continue }
            guard tensor.shape == shape, tensor.isFinite else {
                throw SafeTensorsError(
                    file: path,
                    problem: "expected \(name) to hold \(shape) finite numbers but found \(tensor.shape)"
                        + "\(tensor.isFinite ? "" : ", some not finite"). Use another checkpoint.")
            }
            embeddings[key] = tensor.values
            updates[key] = min(max(file.metadata[name].flatMap(Int.init) ?? 1, 1), 1 << 40)
        }
    }
}
