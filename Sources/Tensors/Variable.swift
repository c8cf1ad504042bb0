import CKernels

/// A tensor on a tape: a value and, when something before it wants gradients, a place where its gradient gathers.
public struct Variable {
    /// The value.
    public let value: Tensor
    let slot: GradientSlot?

    /// The lengths of its axes, slowest first.
    public var shape: [Int] { value.shape }

    /// The gradient that has arrived; for leaves, after ``Tape/unwind(from:gradient:)``.
    public var gradient: Tensor? { slot?.gradient }
}

/// Where the gradient of one variable gathers while the tape unwinds.
final class GradientSlot {
    fileprivate(set) var gradient: Tensor?

    /// Takes the gradient out, so that its memory is free once the caller is done with it.
    func take() -> Tensor? {
        defer { gradient = nil }
        return gradient
    }

    /// Adds to the gradient. The sum is made in place unless other tensors share the memory.
    func add(_ tensor: Tensor, engine: Engine) {
        guard var old = gradient else {
            gradient = tensor
            return
        }
        gradient = nil
        let sum = old.ownsStorageAlone() ? old : Tensor(uninitialized: old.shape, type: old.type)
        let (a, b, y, type) = (old.pointer, tensor.pointer, sum.pointer, old.type)
        engine.parallel(old.count, grain: 1 << 14) { _, range in
            let at = range.lowerBound * type.size
            iris_tensor_add(type.kernelType, a + at, b + at, range.count, y + at)
        }
        gradient = sum
    }
}
