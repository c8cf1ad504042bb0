import CKernels

/// The operations of a forward pass, written down so that gradients can be computed by walking back.
///
/// Each operation is a method that returns a ``Variable`` and, when the tape records and an input wants gradients, notes
/// how to pass the gradient on. A note keeps the tensors it needs; unwinding drops each note as soon as it is done, so
/// activations and gradients are freed on the way. All calls belong inside ``Engine/run(_:)``.
public final class Tape {
    let engine: Engine
    /// Whether operations are noted at all. Without it, tensors are freed as soon as the forward pass drops them.
    public let isRecording: Bool
    /// Whether gradients by parameters are computed. Without it only leaves get gradients, as in-context tuning wants.
    public let trainsParameters: Bool
    private var notes: [() throws -> Void] = []

    public init(recording: Bool = true, trainsParameters: Bool = true, engine: Engine = .shared) {
        (self.isRecording, self.trainsParameters, self.engine) = (recording, trainsParameters, engine)
    }

    /// Data that wants no gradient.
    public func constant(_ tensor: Tensor) -> Variable { Variable(value: tensor, slot: nil) }

    /// Data whose gradient is wanted; read it from ``Variable/gradient`` after unwinding.
    public func leaf(_ tensor: Tensor) -> Variable { Variable(value: tensor, slot: isRecording ? GradientSlot() : nil) }

    /// Computes all gradients of the sum of `variable` weighted by `gradient`, which is one for a single value.
    ///
    /// The tape is empty afterwards. Gradients by parameters are set or added as ``ParameterSet/clearGradients()`` says.
    public func unwind(from variable: Variable, gradient: Tensor? = nil) throws {
        guard isRecording else {
            throw TensorError.differentiation("the tape was not recording, so it cannot be unwound.")
        }
        guard let slot = variable.slot else {
            throw TensorError.differentiation("the variable to unwind from depends on no parameter and no leaf.")
        }
        let seed = gradient ?? Tensor(repeating: 1, shape: variable.shape)
        guard seed.shape == variable.shape else {
            throw TensorError.shapes(
                operation: "unwind", first: "gradient", firstShape: seed.shape, second: "variable",
                secondShape: variable.shape, rule: "they must be equal")
        }
        slot.add(seed, engine: engine)
        while let note = notes.popLast() { try note() }
    }

    /// Wraps the result of an operation. `note` gets the gradient of the result; it is called at most once, and only if a
    /// gradient arrives. `wanted` says whether any input or parameter wants a gradient.
    func record(_ value: Tensor, wanted: Bool, note: @escaping (Tensor) throws -> Void) -> Variable {
        guard isRecording, wanted else { return Variable(value: value, slot: nil) }
        let slot = GradientSlot()
        notes.append {
            guard let gradient = slot.take() else { return }
            try note(gradient)
        }
        return Variable(value: value, slot: slot)
    }

    /// Notes the backward pass of an operation with several results.
    func record(_ note: @escaping () throws -> Void) { notes.append(note) }

    func requireType(_ type: ElementType, of tensor: Tensor, _ operation: String) throws {
        guard tensor.type == type else {
            throw TensorError.elementType(operation: operation, found: tensor.type, expected: type)
        }
    }
}
