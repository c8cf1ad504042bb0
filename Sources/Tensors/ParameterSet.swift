import Glibc

/// All parameters of a model, with their values in one long tensor and their gradients in another.
///
/// Each parameter begins at a multiple of 16 values; the gaps hold zeros in both tensors and stay so. Optimisers, moving
/// averages and reductions between processes work on the long tensors.
public final class ParameterSet {
    /// The parameters in the order in which they were added.
    public let parameters: [Parameter]
    /// Every value, float32.
    public let values: Tensor
    /// Every gradient, float32. Meaningful after ``finishGradients()``.
    public let gradients: Tensor
    private let byName: [String: Parameter]

    /// Gives memory to `parameters`, in this order.
    ///
    /// - Precondition: names are unique, and no parameter belongs to another set.
    public init(_ parameters: [Parameter]) {
        var ranges: [Range<Int>] = []
        var end = 0
        for parameter in parameters {
            ranges.append(end..<end + parameter.count)
            end = (end + parameter.count + 15) & ~15
        }
        (values, gradients) = (Tensor(zeros: [end]), Tensor(zeros: [end]))
        self.parameters = parameters
        byName = Dictionary(parameters.map { ($0.name, $0) }) { first, _ in
            preconditionFailure("two parameters are called \(first.name)")
        }
        for (parameter, range) in zip(parameters, ranges) {
            parameter.bind(to: range, values: values, gradients: gradients)
        }
    }

    /// The parameter with a name, or `nil` when there is none.
    public subscript(name: String) -> Parameter? { byName[name] }

    /// How many values there are, without the gaps.
    public var count: Int { parameters.reduce(0) { $0 + $1.count } }

    /// Draws every parameter anew.
    public func initialize(seed: UInt64) {
        for parameter in parameters {
            parameter.value.withMutableFloats { parameter.initialization.fill($0, name: parameter.name, seed: seed) }
        }
        valuesChanged()
    }

    /// To be called after the values were changed from outside, so that packed copies are made anew.
    public func valuesChanged() {
        for parameter in parameters { parameter.version += 1 }
    }

    /// Forgets all gradients: the next ones set instead of adding.
    public func clearGradients() {
        for parameter in parameters { parameter.gradientIsSet = false }
    }

    /// Puts zeros where no gradient was written since ``clearGradients()``, so that ``gradients`` can be read as a whole.
    public func finishGradients() {
        for parameter in parameters where !parameter.gradientIsSet {
            memset(parameter.gradient.pointer, 0, parameter.gradient.byteCount)
            parameter.gradientIsSet = true
        }
    }
}

extension ParameterSet {
    /// The parts of a long tensor that belong to each parameter, by name; they share its storage.
    ///
    /// - Parameter long: ``values``, ``gradients``, or a tensor in their layout.
    public func parts(of long: Tensor) -> [String: Tensor] {
        Dictionary(uniqueKeysWithValues: parameters.map { ($0.name, part($0, of: long)) })
    }

    /// Copies each parameter's part into a long tensor.
    ///
    /// - Throws: ``SafeTensorsError`` naming the first parameter that is missing or has another shape.
    public func fill(_ long: Tensor, from parts: [String: Tensor], prefix: String = "", file: String) throws {
        for parameter in parameters {
            guard let source = parts[prefix + parameter.name] else {
                throw SafeTensorsError(
                    file: file,
                    problem:
                        "the tensor \(prefix)\(parameter.name) is missing. The file belongs to another model or is not a checkpoint."
                )
            }
            guard source.shape == parameter.shape, source.type == .float32 else {
                throw SafeTensorsError(
                    file: file,
                    problem: """
                        the tensor \(prefix)\(parameter.name) has shape \(source.shape) but the model expects \(parameter.shape). \
                        Use the configuration that the checkpoint was made with.
                        """)
            }
            part(parameter, of: long).pointer.copyMemory(from: source.pointer, byteCount: source.byteCount)
        }
        if long.pointer == values.pointer { valuesChanged() }
    }

    private func part(_ parameter: Parameter, of long: Tensor) -> Tensor {
        Tensor(
            shape: parameter.shape, type: .float32, storage: long.storage,
            offset: long.offset + parameter.range.lowerBound * 4)
    }
}
