import CKernels
import Glibc

/// A tensor that training changes, with its gradient.
///
/// It gets memory when it joins a ``ParameterSet``, which keeps the values and the gradients of all parameters of a model
/// side by side in two long tensors.
public final class Parameter {
    /// The name in checkpoints.
    public let name: String
    /// The lengths of its axes, slowest first.
    public let shape: [Int]
    /// How the parameter begins.
    public let initialization: Initialization
    /// The place in the long tensors of the set, in values.
    public private(set) var range = 0..<0
    /// The values and the gradient; views into ``ParameterSet/values`` and ``ParameterSet/gradients``.
    public private(set) var value = Tensor(uninitialized: [0])
    public private(set) var gradient = Tensor(uninitialized: [0])
    /// Whether this step has written the gradient; the first write of a step sets it, further ones add to it.
    package internal(set) var gradientIsSet = false
    /// Grows with every change of the values, so that copies in other layouts know when they are old.
    var version = 0
    var packed: [PackedWeights.Purpose: PackedWeights] = [:]

    public init(_ name: String, _ shape: [Int], _ initialization: Initialization) {
        (self.name, self.shape, self.initialization) = (name, shape, initialization)
    }

    func bind(to range: Range<Int>, values: Tensor, gradients: Tensor) {
        precondition(self.range.isEmpty, "\(name) already belongs to a parameter set")
        self.range = range
        value = Tensor(
            shape: shape, type: .float32, storage: values.storage, offset: values.offset + range.lowerBound * 4)
        gradient = Tensor(
            shape: shape, type: .float32, storage: gradients.storage, offset: gradients.offset + range.lowerBound * 4)
    }

    /// The number of values.
    public var count: Int { shape.reduce(1, *) }

    /// 1 when a gradient must be added to what stands there, else 0; marks it as written.
    func keepForNextGradient() -> Float {
        defer { gradientIsSet = true }
        return gradientIsSet ? 1 : 0
    }
}

extension Parameter {
    /// Sets or adds a gradient that lies in `values`.
    func addGradient(_ values: UnsafePointer<Float>) {
        if keepForNextGradient() == 0 {
            memcpy(gradient.pointer, values, gradient.byteCount)
        } else {
            iris_tensor_add_scaled(1, values, count, gradient.floats)
        }
    }
}

/// Convolution weights in the layout that one primitive reads.
struct PackedWeights {
    struct Purpose: Hashable {
        let key: ConvolutionPlan.Key
        let isForward: Bool
    }
    var version: Int
    let storage: TensorStorage
}
