import Metrics
import Tensors

/// What the task encoder made of labelled references: m + 1 tokens of width E for each class.
///
/// It is all that the mask decoder needs to know of a task, so references need not be at hand any more.
public struct TaskEmbeddings: Sendable, Equatable {
    /// K classes; their values are unique.
    public let classes: [TaskClass]
    /// m + 1.
    public let tokens: Int
    /// E.
    public let width: Int
    /// K x (m + 1) x E, row by row.
    public let values: [Float]

    /// - Precondition: the values fill K x tokens x width, and no class occurs twice.
    public init(classes: [TaskClass], tokens: Int, width: Int, values: [Float]) {
        precondition(values.count == classes.count * tokens * width, "the values do not fill the embeddings")
        precondition(Set(classes.map(\.value)).count == classes.count, "a class occurs twice")
        (self.classes, self.tokens, self.width, self.values) = (classes, tokens, width, values)
    }

    /// The values of one class, (m + 1) x E; `nil` when the class is not among ``classes``.
    public func values(of value: UInt8) -> ArraySlice<Float>? {
        guard let place = classes.firstIndex(where: { $0.value == value }) else { return nil }
        let length = tokens * width
        return values[place * length..<(place + 1) * length]
    }

    /// The mean of several embeddings, each class over those that hold it. Classes that none holds are left out; the others
    /// keep the order and the names of `classes`.
    ///
    /// - Precondition: there is at least one, and all have the same tokens and width.
    public static func mean(of parts: [TaskEmbeddings], classes: [TaskClass]) -> TaskEmbeddings {
        weightedMean(of: parts.map { ($0, { _ in 1 }) }, classes: classes)
    }

    /// The mean with a weight per part and class value.
    static func weightedMean(of parts: [(embeddings: TaskEmbeddings, weight: (UInt8) -> Double)], classes: [TaskClass])
        -> TaskEmbeddings
    {
        let (tokens, width) = (parts[0].embeddings.tokens, parts[0].embeddings.width)
        var kept: [TaskClass] = [], values: [Float] = []
        for entry in classes {
            var sum = [Double](repeating: 0, count: tokens * width), total = 0.0
            for part in parts {
                precondition(
                    part.embeddings.tokens == tokens && part.embeddings.width == width, "embeddings differ in size")
                guard let own = part.embeddings.values(of: entry.value) else { continue }
                let weight = part.weight(entry.value)
                total += weight
                for (place, value) in own.enumerated() { sum[place] += weight * Double(value) }
            }
            guard total > 0 else { continue }
            kept.append(entry)
            values += sum.map { Float($0 / total) }
        }
        return TaskEmbeddings(classes: kept, tokens: tokens, width: width, values: values)
    }

    /// Each class from the first part that holds it.
    static func first(of parts: [TaskEmbeddings], classes: [TaskClass], tokens: Int, width: Int) -> TaskEmbeddings {
        let found = classes.compactMap { entry in
            parts.lazy.compactMap { $0.values(of: entry.value) }.first.map { (entry, $0) }
        }
        return TaskEmbeddings(classes: found.map(\.0), tokens: tokens, width: width, values: found.flatMap(\.1))
    }

    /// 1, K, m + 1, E.
    var tensor: Tensor { Tensor(values, shape: [1, classes.count, tokens, width]) }
}

/// A labelled image after encoding: what of it takes part in predictions.
public struct EncodedReference: Sendable, Equatable {
    /// The case or file that it was.
    public let name: String
    /// Of the classes asked for, those that it shows.
    public let embeddings: TaskEmbeddings
    /// The mean of the deepest features over the whole image, for ``Strategy/imageRetrieval``; `nil` when not asked for.
    public let descriptor: [Float]?
    /// The files that it was read from, for provenance; nothing is computed from them.
    public var sources: [FileDigest]

    public init(name: String, embeddings: TaskEmbeddings, descriptor: [Float]? = nil, sources: [FileDigest] = []) {
        (self.name, self.embeddings, self.descriptor, self.sources) = (name, embeddings, descriptor, sources)
    }
}
