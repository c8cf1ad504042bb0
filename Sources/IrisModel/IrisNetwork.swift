import Tensors

/// The IRIS model: segments in a query image what masks show in reference images, all classes in one pass.
///
/// `docs/model.md` specifies every operation. Calls belong inside `Engine.run`; images and masks come as
/// N, C, D, H, W.
public final class IrisNetwork {
    /// Every size of the network.
    public let configuration: IrisConfiguration
    /// The learnt values by name.
    public let parameters: ParameterSet
    let encoder: UNetEncoder
    let taskEncoder: TaskEncoder
    let decoder: MaskDecoder

    /// What a forward pass gives.
    public struct Output {
        /// B, K, D, H, W.
        public let logits: Variable
        /// B, K, m + 1, E.
        public let embedding: Variable
        /// Per sample and class, whether any reference shows it.
        public let present: [[Bool]]
    }

    /// Builds the network with undrawn parameters; see `ParameterSet.initialize(seed:)`.
    ///
    /// - Throws: `TensorError` when this processor cannot compute in the configured type.
    public init(_ configuration: IrisConfiguration) throws {
        try Engine.require(configuration.compute.elementType)
        self.configuration = configuration
        let scope = ParameterScope()
        encoder = UNetEncoder(scope["encoder"], configuration)
        taskEncoder = TaskEncoder(scope["task_encoder"], configuration)
        decoder = MaskDecoder(scope["decoder"], configuration)
        parameters = ParameterSet(scope.parameters)
    }

    /// Segments `query` by `references`.
    ///
    /// - Parameters:
    ///   - query: B, 1, D, H, W.
    ///   - references: B, R, 1, D', H', W'.
    ///   - masks: B, R, K, D', H', W', values in 0...1. A class whose masks are all zero is absent: its logits mean
    ///     nothing, and those of the others are the same without it.
    ///   - tape: records the operations.
    public func callAsFunction(query: Tensor, references: Tensor, masks: Tensor, on tape: Tape) throws -> Output {
        guard query.shape.count == 5, masks.shape.count == 6, masks.shape[0] == query.shape[0] else {
            throw TensorError.shapes(
                operation: "IRIS network", first: "query", firstShape: query.shape, second: "masks",
                secondShape: masks.shape,
                rule: "they must be B, 1, D, H, W and B, R, K, D, H, W with the same B")
        }
        let task = try embedding(references: references, masks: masks, on: tape)
        let logits = try logits(query: query, embedding: task.embedding, present: task.present, on: tape)
        return Output(logits: logits, embedding: task.embedding, present: task.present)
    }

    /// The task embeddings that references and masks amount to: B, K, m + 1, E, and whether each class is present.
    ///
    /// Several references give the mean of their embeddings, each class over the references that show it.
    public func embedding(references: Tensor, masks: Tensor, on tape: Tape) throws -> (
        embedding: Variable, present: [[Bool]]
    ) {
        guard references.shape.count == 6, masks.shape.count == 6, references.shape[2] == 1,
            references.shape[0..<2] == masks.shape[0..<2], references.shape[3...] == masks.shape[3...]
        else {
            throw TensorError.shapes(
                operation: "task encoder", first: "references", firstShape: references.shape, second: "masks",
                secondShape: masks.shape, rule: "they must be B, R, 1, D, H, W and B, R, K, D, H, W")
        }
        let images = try images(
            references.reshaped([references.shape[0] * references.shape[1]] + references.shape[2...]), tape)
        let deepest = try tape.convert(encoder.deepest(images, tape), to: .float32)
        return try taskEncoder(deepest, masks: masks, tape)
    }

    /// Segments `query`, B, 1, D, H, W, by embeddings B, K, m + 1, E: logits B, K, D, H, W.
    public func logits(query: Tensor, embedding: Variable, present: [[Bool]], on tape: Tape) throws -> Variable {
        guard query.shape.count == 5, embedding.shape.count == 4, embedding.shape[0] == query.shape[0],
            embedding.shape[2] == configuration.tokensPerClass, embedding.shape[3] == configuration.embedding,
            present.count == embedding.shape[0], present.allSatisfy({ $0.count == embedding.shape[1] })
        else {
            throw TensorError.shapes(
                operation: "mask decoder", first: "query", firstShape: query.shape, second: "embedding",
                secondShape: embedding.shape,
                rule: """
                    they must be B, 1, D, H, W and B, K, \(configuration.tokensPerClass), \(configuration.embedding) with a flag \
                    per sample and class
                    """)
        }
        return try decode(encode(query: query, on: tape), embedding: embedding, present: present, on: tape)
    }

    /// The features of a query per level, for decoding it several times.
    public func encode(query: Tensor, on tape: Tape) throws -> [Variable] { try encoder(images(query, tape), tape) }

    /// Segments an encoded query.
    public func decode(_ features: [Variable], embedding: Variable, present: [[Bool]], on tape: Tape) throws -> Variable
    {
        try decoder(features, embedding: embedding, present: present, tape)
    }

    /// Images N, 1, D, H, W as channels-last input of the encoder, in the type that convolutions compute in.
    private func images(_ tensor: Tensor, _ tape: Tape) throws -> Variable {
        let multiple = configuration.patchMultiple
        guard tensor.shape.count == 5, tensor.shape[1] == 1,
            tensor.shape[2...].allSatisfy({ $0 > 0 && $0 % multiple == 0 })
        else {
            throw TensorError.shape(
                operation: "encoder", of: "image", found: tensor.shape,
                rule: "it must be N, 1, D, H, W with D, H and W multiples of \(multiple)")
        }
        // With one channel the two layouts are the same numbers in the same order.
        let last = try tensor.reshaped([tensor.shape[0]] + tensor.shape[2...] + [1])
        return try tape.convert(tape.constant(last), to: configuration.compute.elementType)
    }
}
