import Digests
import Episodes
import FoundationEssentials
import IrisModel
import Tensors
import Volumes

/// A trained model, ready to encode references and to segment images.
///
/// ```swift
/// let predictor = try Predictor(checkpoint: file)
/// let references = try cases.map { try Reference(catalogue.open($0)) }
/// let context = try predictor.context(.ensemble, classes: classes, references: references)   // once
/// let result = try predictor.segment(ModelImage(catalogue.open(query)), in: context)         // per query
/// let labels = result.labels(onto: fileGrid)
/// ```
///
/// Its calls run on the engine's thread by themselves; one predictor serves one caller at a time.
public final class Predictor {
    /// The network in use.
    public let network: IrisNetwork
    /// Patch size, padding, preparation and classes of the training.
    public let record: InferenceRecord
    /// The embeddings averaged during training; `nil` when none were kept.
    public let bank: MemoryBank?
    /// The checkpoint's file, or what stands for it in messages.
    public let file: String
    /// SHA-256 over the model's configuration and the weights in use: equal for models that predict alike.
    public let modelDigest: SHA256Digest
    /// SHA-256 of the checkpoint's file; `nil` for a network that came from none.
    public private(set) var fileDigest: SHA256Digest?
    /// The least share of a patch that neighbouring windows of a query have in common, from 0 to below 1.
    public var overlap = 0.5
    /// What has been computed so far.
    public internal(set) var work = Work()

    /// Passes through parts of the network, for cost accounting.
    public struct Work: Sendable, Hashable, Codable {
        /// References that were turned into embeddings, and the windows that this took.
        public var references = 0, referenceWindows = 0
        /// Queries that were segmented, and their windows; an encoded window serves all ensemble members.
        public var queries = 0, queryWindows = 0
        /// Windows in which objects predicted in a query were encoded, for retrieval.
        public var objectWindows = 0
        /// Passes of the decoder: windows times members.
        public var decodedWindows = 0
        /// Windows of whole images that were described for image retrieval.
        public var describedWindows = 0
        /// Windows of references that were encoded for tuning, beyond those that gave embeddings.
        public var tunedWindows = 0

        public init() {}

        /// What came after `earlier`.
        public static func - (now: Work, earlier: Work) -> Work {
            var result = Work()
            result.references = now.references - earlier.references
            result.referenceWindows = now.referenceWindows - earlier.referenceWindows
            result.queries = now.queries - earlier.queries
            result.queryWindows = now.queryWindows - earlier.queryWindows
            result.objectWindows = now.objectWindows - earlier.objectWindows
            result.decodedWindows = now.decodedWindows - earlier.decodedWindows
            result.describedWindows = now.describedWindows - earlier.describedWindows
            result.tunedWindows = now.tunedWindows - earlier.tunedWindows
            return result
        }
    }

    /// Which weights of a checkpoint are used.
    public enum Weights: String, Sendable, CaseIterable {
        /// The moving average over training, or the last ones when none was kept.
        case average
        /// Those of the last step.
        case last
    }

    /// Takes a network as it is.
    ///
    /// - Throws: ``InferenceError/checkpoint(file:problem:)`` when the patch does not suit the network.
    public init(_ network: IrisNetwork, record: InferenceRecord, bank: MemoryBank? = nil, file: String = "the model")
        throws
    {
        let patch = record.patch, multiple = network.configuration.patchMultiple
        guard [patch.i, patch.j, patch.k].allSatisfy({ $0 <= 1024 }) else {
            throw InferenceError.checkpoint(
                file: file,
                problem: """
                    expected patches of at most 1024 voxels along each axis but found \(patch.i) x \(patch.j) x \(patch.k). \
                    Use another checkpoint.
                    """)
        }
        guard [patch.i, patch.j, patch.k].allSatisfy({ $0 % multiple == 0 }) else {
            throw InferenceError.checkpoint(
                file: file,
                problem: """
                    patches of \(patch.i) x \(patch.j) x \(patch.k) voxels do not suit a network that halves them to \
                    multiples of \(multiple). Train with a patch size in such multiples.
                    """)
        }
        (self.network, self.record, self.bank, self.file) = (network, record, bank, file)
        let hasher = SHA256Hasher()
        // How it is computed is not part of what the model is.
        var sizes = network.configuration
        (sizes.compute, sizes.checkpointing) = (.float32, false)
        hasher.update(sizes.json)
        network.parameters.values.withFloats { hasher.update(UnsafeRawBufferPointer($0)) }
        modelDigest = hasher.finish()
    }

    /// Loads a checkpoint of `iris train`.
    ///
    /// - Parameters:
    ///   - url: the file.
    ///   - weights: the averaged ones or those of the last step.
    ///   - compute: the type to compute in, when not the one that the checkpoint names.
    /// - Throws: `SafeTensorsError`, `ConfigurationError`, `TensorError` or ``InferenceError``, naming the file.
    public convenience init(
        checkpoint url: URL, weights: Weights = .average, compute: IrisConfiguration.ComputeType? = nil
    ) throws {
        let data = try SafeTensors.data(of: url)
        let file = try SafeTensors(data, file: url.path)
        let record = try InferenceRecord(metadata: file.metadata, file: url.path)
        let hasAverage = file.tensors.keys.contains { $0.hasPrefix("average.") }
        let network = try Engine.shared.run {
            try IrisNetwork(
                checkpoint: file, file: url.path, prefix: weights == .average && hasAverage ? "average." : "",
                compute: compute)
        }
        let shape = [network.configuration.tokensPerClass, network.configuration.embedding]
        let bank = try MemoryBank(decay: 0, shape: shape, in: file, file: url.path)
        try self.init(network, record: record, bank: bank.embeddings.isEmpty ? nil : bank, file: url.path)
        fileDigest = data.withUnsafeBytes(SHA256Digest.init(of:))
    }

    /// m + 1 and E.
    var tokens: Int { network.configuration.tokensPerClass }
    var width: Int { network.configuration.embedding }
}
