import Tensors

/// Collects the parameters of layers under dotted names, such as `encoder.levels.0.blocks.1.conv1.weight`.
struct ParameterScope {
    private final class Registry { var parameters: [Parameter] = [] }

    private let registry: Registry
    private let prefix: String

    init() { (registry, prefix) = (Registry(), "") }
    private init(_ registry: Registry, _ prefix: String) { (self.registry, self.prefix) = (registry, prefix) }

    /// All parameters so far, in the order they were made.
    var parameters: [Parameter] { registry.parameters }

    /// The scope of a part.
    subscript(name: String) -> ParameterScope { ParameterScope(registry, prefix + name + ".") }
    subscript(name: String, index: Int) -> ParameterScope { self[name]["\(index)"] }

    func parameter(_ name: String, _ shape: [Int], _ initialization: Initialization) -> Parameter {
        let parameter = Parameter(prefix + name, shape, initialization)
        registry.parameters.append(parameter)
        return parameter
    }
}
