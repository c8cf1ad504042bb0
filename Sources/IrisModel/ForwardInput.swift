import Tensors

/// The tensors that `iris model forward` reads: one query, R references with their masks.
public struct ForwardInput {
    /// 1, 1, D, H, W.
    public let query: Tensor
    /// 1, R, 1, D, H, W and 1, R, K, D, H, W.
    public let references: Tensor, masks: Tensor

    /// Takes `query`, `reference` and `mask` from a file's tensors.
    ///
    /// - Throws: `SafeTensorsError` naming the file and the tensor that is missing, misshapen or unknown.
    public init(_ file: SafeTensors, file path: String) throws {
        func tensor(_ name: String, _ shape: String, _ fits: ([Int]) -> Bool) throws -> Tensor {
            guard let tensor = file.tensors[name] else {
                throw SafeTensorsError(
                    file: path, problem: "the tensor \(name) is missing. Give it shape \(shape), float32.")
            }
            guard fits(tensor.shape) else {
                throw SafeTensorsError(
                    file: path,
                    problem: "the tensor \(name) has shape \(tensor.shape) but \(shape) is expected. Reshape it.")
            }
            return tensor
        }
        let query = try tensor("query", "[1, 1, D, H, W]") { $0.count == 5 && $0[0] == 1 && $0[1] == 1 }
        let reference = try tensor("reference", "[R, 1, D, H, W]") { $0.count == 5 && $0[0] >= 1 && $0[1] == 1 }
        let mask = try tensor("mask", "[R, K, D, H, W] with R, D, H and W those of reference") {
            $0.count == 5 && $0[1] >= 1 && $0[0] == reference.shape[0] && $0[2...] == reference.shape[2...]
        }
        if let stranger = file.tensors.keys.sorted().first(where: { !["query", "reference", "mask"].contains($0) }) {
            throw SafeTensorsError(
                file: path, problem: "the tensor \(stranger) is none of query, reference and mask. Remove it.")
        }
        self.query = query
        references = try reference.reshaped([1] + reference.shape)
        masks = try mask.reshaped([1] + mask.shape)
    }
}

extension IrisNetwork {
    /// Runs the network once: `logits` 1, K, D, H, W and `task_embedding` K, m + 1, E; with `gradients` also the gradient of
    /// the mean logit by every parameter, under its name.
    public func run(_ input: ForwardInput, gradients: Bool) throws -> SafeTensors {
        try Engine.shared.run {
            let tape = Tape(recording: gradients)
            parameters.clearGradients()
            let output = try self(query: input.query, references: input.references, masks: input.masks, on: tape)
            var tensors = [
                "logits": output.logits.value,
                "task_embedding": try output.embedding.value.reshaped(Array(output.embedding.shape.dropFirst())),
            ]
            if gradients {
                let logits = output.logits.value
                try tape.unwind(
                    from: output.logits, gradient: Tensor(repeating: 1 / Float(logits.count), shape: logits.shape))
                parameters.finishGradients()
                tensors.merge(parameters.parts(of: parameters.gradients)) { first, _ in first }
            }
            return SafeTensors(tensors: tensors)
        }
    }
}
