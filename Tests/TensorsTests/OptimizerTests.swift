import Glibc
import RandomNumbers
import Tensors
import Testing

@Suite struct OptimizerTests {
    /// The published update rules in double precision, for two parameters of which the second is a vector.
    @Test(arguments: Optimizer.Method.allCases) func againstTheFormula(method: Optimizer.Method) {
        let shapes = [[5, 7], [33]], steps = 4, rate = 0.01, decay = 0.1, scale = 0.5
        var generator = Philox(key: 1)
        let start = shapes.map { shape in (0..<shape.reduce(1, *)).map { _ in Double(Float(generator.normal())) } }
        let gradients = (0..<steps).map { _ in
            shapes.map { shape in (0..<shape.reduce(1, *)).map { _ in Double(Float(generator.normal())) } }
        }
        let found = Engine.shared.run {
            let parameters = shapes.enumerated().map { Parameter("p\($0.offset)", $0.element, .constant(0)) }
            let set = ParameterSet(parameters)
            for (parameter, values) in zip(parameters, start) {
                parameter.value.withMutableFloats { for i in $0.indices { $0[i] = Float(values[i]) } }
            }
            let optimizer = Optimizer(set, settings: .init(method: method, epsilon: 1e-6, weightDecay: Float(decay)))
            for step in gradients {
                set.finishGradients()
                for (parameter, values) in zip(parameters, step) {
                    parameter.gradient.withMutableFloats { for i in $0.indices { $0[i] = Float(values[i]) } }
                }
                optimizer.step(rate: Float(rate), gradientScale: Float(scale))
            }
            return parameters.map(\.value.values)
        }
        for (index, shape) in shapes.enumerated() {
            var w = start[index], m = [Double](repeating: 0, count: w.count), v = m
            let shrink = shape.count > 1 ? decay : 0
            for t in 1...steps {
                for i in w.indices {
                    let g = scale * gradients[t - 1][index][i]
                    m[i] = 0.9 * m[i] + 0.1 * g
                    v[i] = 0.999 * v[i] + 0.001 * g * g
                }
                let u = w.indices.map { i in
                    (m[i] / (1 - pow(0.9, Double(t)))) / (sqrt(v[i] / (1 - pow(0.999, Double(t)))) + 1e-6) + shrink
                        * w[i]
                }
                func norm(_ x: [Double]) -> Double { sqrt(x.reduce(0) { $0 + $1 * $1 }) }
                let trust = method == .lamb ? norm(w) / norm(u) : 1
                for i in w.indices { w[i] -= rate * trust * u[i] }
            }
            for i in w.indices { #expect(abs(Double(found[index][i]) - w[i]) < 2e-6 * max(1, abs(w[i]))) }
        }
    }

    @Test func gradientNormCountsEveryParameterOnce() {
        let norm = Engine.shared.run {
            let a = Parameter("a", [3, 1], .constant(0)), b = Parameter("b", [2], .constant(0))
            let set = ParameterSet([a, b])
            set.finishGradients()
            a.gradient.withMutableFloats { ($0[0], $0[1], $0[2]) = (1, 2, 2) }
            b.gradient.withMutableFloats { ($0[0], $0[1]) = (4, 0) }
            return set.gradientNorm()
        }
        #expect(norm == 5)
    }

    /// The first updates use (1 + n) / (10 + n): after one of them the average lies 9/10 of the way to the new value.
    @Test func weightAverage() {
        let (average, swapped, back) = Engine.shared.run {
            let w = Parameter("w", [2], .constant(1)), set = ParameterSet([w])
            set.initialize(seed: 1)
            let average = WeightAverage(of: set, decay: 0.999)
            w.value.withMutableFloats { ($0[0], $0[1]) = (2, 11) }
            average.update(from: set)
            let values = Array(average.values.values.prefix(2))
            average.swap(with: set)
            let swapped = w.value.values
            average.swap(with: set)
            return (values, swapped, w.value.values)
        }
        #expect(zip(average, [1.9, 10]).allSatisfy { abs($0 - $1) < 1e-6 })
        #expect(swapped == average)
        #expect(back == [2, 11])
    }
}
