/// Why a tensor operation cannot be done.
public enum TensorError: Error, Equatable, Sendable {
    /// Two shapes that do not fit: the operation, what each shape belongs to, and the rule.
    case shapes(operation: String, first: String, firstShape: [Int], second: String, secondShape: [Int], rule: String)
    /// One shape that the operation cannot take.
    case shape(operation: String, of: String, found: [Int], rule: String)
    case elementType(operation: String, found: ElementType, expected: ElementType)
    /// The processor lacks an instruction set that the configuration asks for.
    case unsupportedElementType(ElementType, needs: String)
    case oneDNN(operation: String, call: String, status: Int)
    case differentiation(String)
}

extension TensorError: CustomStringConvertible {
    public var description: String {
        switch self {
        case let .shapes(operation, first, firstShape, second, secondShape, rule):
            "\(operation): the \(first) has shape \(firstShape) and the \(second) \(secondShape), but \(rule)."
        case let .shape(operation, of, found, rule):
            "\(operation): the \(of) has shape \(found), but \(rule)."
        case let .elementType(operation, found, expected):
            "\(operation): expected values of type \(expected) but found \(found). Convert the tensor first."
        case let .unsupportedElementType(type, needs):
            "computing in \(type) needs a processor with \(needs), which this one lacks. Set the compute type to float32."
        case let .oneDNN(operation, call, status):
            "\(operation): oneDNN's \(call) failed with status \(status) (see dnnl_status_t). Check the shapes and the memory left."
        case let .differentiation(problem): problem
        }
    }
}
