import RandomNumbers
import Tensors
import Testing

/// Values on a row-major grid in double precision, for naive loops.
struct Grid {
    let shape: [Int]
    var values: [Double]

    init(_ shape: [Int], _ values: [Double]) { (self.shape, self.values) = (shape, values) }
    init(zeros shape: [Int]) { self.init(shape, [Double](repeating: 0, count: shape.reduce(1, *))) }

    func index(_ place: [Int]) -> Int { zip(shape, place).reduce(0) { $0 * $1.0 + $1.1 } }

    subscript(place: Int...) -> Double {
        get { values[index(place)] }
        set { values[index(place)] = newValue }
    }

    /// The value, or 0 outside.
    func padded(_ place: Int...) -> Double {
        zip(shape, place).allSatisfy { $1 >= 0 && $1 < $0 } ? values[index(place)] : 0
    }
}

/// An operation of the library beside a naive one, and how far apart they are.
struct GradientCheck {
    enum Input {
        case variable([Int])
        case parameter([Int])

        var shape: [Int] {
            switch self {
            case .variable(let shape), .parameter(let shape): shape
            }
        }
    }

    /// The largest difference of an output value, and of a gradient, relative to the largest of its kind.
    let outputError: Double, gradientError: Double

    /// Runs `operation` on normal random inputs and walks back from a random weighting of its output. The gradients are
    /// compared with central differences of `naive`, which works in double precision: at random places of each input, and
    /// along a random direction through all of them.
    init(
        _ inputs: [Input], seed: UInt64 = 1, type: ElementType = .float32,
        operation: @escaping (Tape, [Variable], [Parameter]) throws -> Variable, naive: ([Grid]) -> Grid
    ) throws {
        var generator = Philox(seed: seed, purpose: "gradient check")
        func draw(_ shape: [Int]) -> Grid {
            Grid(shape, (0..<shape.reduce(1, *)).map { _ in Double(Float(generator.normal())) })
        }
        var grids = inputs.map { draw($0.shape) }
        let expected = naive(grids)
        let weights = draw(expected.shape)
        let (output, gradients) = try Self.run(inputs, grids, weights, type, operation)
        precondition(output.count == expected.values.count, "\(output.count) values for \(expected.shape)")
        let scale = expected.values.reduce(1e-30) { max($0, abs($1)) }
        outputError = zip(output, expected.values).reduce(0) { max($0, abs(Double($1.0) - $1.1)) } / scale
        var worst = 0.0
        func weighted() -> Double { zip(naive(grids).values, weights.values).reduce(0) { $0 + $1.0 * $1.1 } }
        let step = 1e-5
        for input in grids.indices {
            let values = grids[input].values, found = gradients[input]
            let largest = found.reduce(1e-30) { max($0, abs(Double($1))) }
            for _ in 0..<min(6, values.count) {
                let place = generator.index(below: values.count)
                grids[input].values[place] = values[place] + step
                let above = weighted()
                grids[input].values[place] = values[place] - step
                let slope = (above - weighted()) / (2 * step)
                grids[input].values = values
                worst = max(worst, abs(slope - Double(found[place])) / largest)
            }
            // All places at once, along a random direction.
            let direction = draw([values.count]).values
            let predicted = zip(found, direction).reduce(0) { $0 + Double($1.0) * $1.1 }
            let size = zip(found, direction).reduce(1e-30) { $0 + abs(Double($1.0) * $1.1) }
            grids[input].values = zip(values, direction).map { $0 + step * $1 }
            let above = weighted()
            grids[input].values = zip(values, direction).map { $0 - step * $1 }
            let slope = (above - weighted()) / (2 * step)
            grids[input].values = values
            worst = max(worst, abs(slope - predicted) / size)
        }
        gradientError = worst
    }

    private static func run(
        _ inputs: [Input], _ grids: [Grid], _ weights: Grid, _ type: ElementType,
        _ operation: (Tape, [Variable], [Parameter]) throws -> Variable
    ) throws -> ([Float], [[Float]]) {
        try Engine.shared.run {
            let tape = Tape()
            var variables: [Variable] = [], leaves: [Variable?] = [], parameters: [Parameter] = []
            for (index, input) in inputs.enumerated() {
                switch input {
                case .variable(let shape):
                    let leaf = tape.leaf(Tensor(grids[index].values.map(Float.init), shape: shape))
                    variables.append(try tape.convert(leaf, to: type))
                    leaves.append(leaf)
                case .parameter(let shape):
                    parameters.append(Parameter("p\(index)", shape, .constant(0)))
                    leaves.append(nil)
                }
            }
            let set = ParameterSet(parameters)
            for (index, input) in inputs.enumerated() {
                guard case .parameter = input, let parameter = set["p\(index)"] else { continue }
                parameter.value.withMutableFloats { place in
                    for i in place.indices { place[i] = Float(grids[index].values[i]) }
                }
            }
            let output = try tape.convert(operation(tape, variables, parameters), to: .float32)
            try tape.unwind(from: output, gradient: Tensor(weights.values.map(Float.init), shape: output.shape))
            set.finishGradients()
            let gradients = inputs.indices.map { leaves[$0]?.gradient?.values ?? set["p\($0)"]?.gradient.values ?? [] }
            return (output.value.values, gradients)
        }
    }
}
