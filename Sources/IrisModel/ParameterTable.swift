import Tensors

/// The parts of a network with the number of their parameters.
public struct ParameterTable: Sendable, Encodable {
    /// One part of the network.
    public struct Row: Sendable, Encodable {
        /// The common beginning of the parameters' names.
        public let part: String
        /// How many tensors, and how many values in them.
        public let tensors: Int, values: Int
    }

    /// The parts in the order of the network.
    public let rows: [Row]
    /// The number of learnt values of the whole network.
    public let values: Int

    /// - Parameters:
    ///   - network: whose parameters are counted.
    ///   - depth: how many dotted words of a name make a part.
    public init(_ network: IrisNetwork, depth: Int = 3) {
        var order: [String] = [], counts: [String: (Int, Int)] = [:]
        for parameter in network.parameters.parameters {
            let words = parameter.name.split(separator: ".")
            let part = words.dropLast().prefix(depth).joined(separator: ".")
            if counts[part] == nil { order.append(part) }
            counts[part, default: (0, 0)].0 += 1
            counts[part, default: (0, 0)].1 += parameter.count
        }
        rows = order.map { Row(part: $0, tensors: counts[$0]!.0, values: counts[$0]!.1) }
        values = network.parameters.count
    }
}
