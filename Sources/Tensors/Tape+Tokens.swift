import CKernels

extension Tape {
    /// `gain * (x - mean) / sqrt(variance + epsilon) + bias` along the last axis; the variance divides by its size.
    public func layerNorm(_ x: Variable, _ norm: LayerNorm) throws -> Variable {
        let name = "layer norm with \(norm.gain.name)"
        guard let width = x.shape.last, norm.gain.shape == [width], norm.bias.shape == [width] else {
            throw TensorError.shapes(
                operation: name, first: "input", firstShape: x.shape, second: "gain", secondShape: norm.gain.shape,
                rule: "there must be one gain and one bias per value of the last axis")
        }
        try requireType(.float32, of: x.value, name)
        let rows = x.value.count / max(1, width), input = x.value
        let y = Tensor(uninitialized: x.shape), statistics = Tensor(uninitialized: [rows, 2])
        engine.parallel(rows, grain: max(1, 8192 / width)) { _, range in
            iris_tensor_layer_norm(
                input.floats + range.lowerBound * width, norm.gain.value.floats, norm.bias.value.floats, norm.epsilon,
                range.count, width, y.floats + range.lowerBound * width, statistics.floats + range.lowerBound * 2)
        }
        let trains = trainsParameters
        return record(y, wanted: trains || x.slot != nil) { [engine, slot = x.slot] dy in
            let dx = Tensor(uninitialized: input.shape), partial = Tensor(zeros: [engine.threadCount, 2, width])
            engine.parallel(rows, grain: max(1, 8192 / width)) { part, range in
                let sums = partial.floats + part * 2 * width
                iris_tensor_layer_norm_gradient(
                    dy.floats + range.lowerBound * width, input.floats + range.lowerBound * width,
                    norm.gain.value.floats,
                    statistics.floats + range.lowerBound * 2, range.count, width, dx.floats + range.lowerBound * width,
                    sums,
                    sums + width)
            }
            if trains {
                for part in 1..<max(1, engine.threadCount) {
                    iris_tensor_add_scaled(1, partial.floats + part * 2 * width, 2 * width, partial.floats)
                }
                norm.gain.addGradient(partial.floats)
                norm.bias.addGradient(partial.floats + width)
            }
            slot?.add(dx, engine: engine)
        }
    }

    /// GELU in its tanh form: `x / 2 * (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3)))`.
    public func gelu(_ x: Variable) throws -> Variable {
        try requireType(.float32, of: x.value, "GELU")
        let input = x.value, y = Tensor(uninitialized: x.shape)
        engine.parallel(input.count, grain: 4096) { _, range in
            iris_tensor_gelu(input.floats + range.lowerBound, range.count, y.floats + range.lowerBound)
        }
        return record(y, wanted: x.slot != nil) { [engine, slot = x.slot] dy in
            let dx = Tensor(uninitialized: input.shape)
            engine.parallel(input.count, grain: 4096) { _, range in
                iris_tensor_gelu_gradient(
                    dy.floats + range.lowerBound, input.floats + range.lowerBound, range.count,
                    dx.floats + range.lowerBound)
            }
            slot?.add(dx, engine: engine)
        }
    }

    /// `a + b` for equal shapes and types.
    public func add(_ a: Variable, _ b: Variable) throws -> Variable {
        guard a.shape == b.shape else {
            throw TensorError.shapes(
                operation: "addition", first: "left side", firstShape: a.shape, second: "right side",
                secondShape: b.shape,
                rule: "they must be equal")
        }
        try requireType(a.value.type, of: b.value, "addition")
        let y = Tensor(uninitialized: a.shape, type: a.value.type), type = a.value.type
        engine.parallel(y.count, grain: 1 << 14) { _, range in
            let at = range.lowerBound * type.size
            iris_tensor_add(type.kernelType, a.value.pointer + at, b.value.pointer + at, range.count, y.pointer + at)
        }
        return record(y, wanted: a.slot != nil || b.slot != nil) { [engine, first = a.slot, second = b.slot] dy in
            first?.add(dy, engine: engine)
            second?.add(dy, engine: engine)
        }
    }

    /// The same values under another shape.
    public func reshape(_ x: Variable, _ shape: [Int]) throws -> Variable {
        let y = try x.value.reshaped(shape)
        return record(y, wanted: x.slot != nil) { [engine, old = x.shape, slot = x.slot] dy in
            slot?.add(try dy.reshaped(old), engine: engine)
        }
    }

    /// The same values, rounded to `type` when it is the narrower one.
    public func convert(_ x: Variable, to type: ElementType) throws -> Variable {
        guard x.value.type != type else { return x }
        let y = engine.converted(x.value, to: type)
        return record(y, wanted: x.slot != nil) { [engine, old = x.value.type, slot = x.slot] dy in
            slot?.add(engine.converted(dy, to: old), engine: engine)
        }
    }

    /// A parameter as a variable, repeated `count` times along a new first axis.
    public func repeated(_ parameter: Parameter, count: Int) -> Variable {
        let y = Tensor(uninitialized: [count] + parameter.shape)
        iris_tensor_fill_rows(parameter.value.floats, count, parameter.count, y.floats)
        return record(y, wanted: trainsParameters) { [engine] dy in
            engine.addColumnSums(of: dy, rows: count, to: parameter)
        }
    }

    /// Concatenation along the second axis of N, A, C and N, B, C.
    public func concatenate(_ a: Variable, _ b: Variable) throws -> Variable {
        guard a.shape.count == 3, b.shape.count == 3, a.shape[0] == b.shape[0], a.shape[2] == b.shape[2] else {
            throw TensorError.shapes(
                operation: "concatenation", first: "first part", firstShape: a.shape, second: "second part",
                secondShape: b.shape, rule: "they must be N, A, C and N, B, C")
        }
        try requireType(.float32, of: a.value, "concatenation")
        try requireType(.float32, of: b.value, "concatenation")
        let samples = a.shape[0], first = a.shape[1] * a.shape[2], second = b.shape[1] * b.shape[2]
        let y = Tensor(uninitialized: [samples, a.shape[1] + b.shape[1], a.shape[2]])
        iris_tensor_copy_runs(IRIS_TENSOR_FLOAT32, a.value.pointer, first, y.pointer, first + second, first, samples)
        iris_tensor_copy_runs(
            IRIS_TENSOR_FLOAT32, b.value.pointer, second, y.floats + first, first + second, second, samples)
        return record(y, wanted: a.slot != nil || b.slot != nil) {
            [engine, aShape = a.shape, bShape = b.shape, aSlot = a.slot, bSlot = b.slot] dy in
            if let aSlot {
                let da = Tensor(uninitialized: aShape)
                iris_tensor_copy_runs(
                    IRIS_TENSOR_FLOAT32, dy.pointer, first + second, da.pointer, first, first, samples)
                aSlot.add(da, engine: engine)
            }
            if let bSlot {
                let db = Tensor(uninitialized: bShape)
                iris_tensor_copy_runs(
                    IRIS_TENSOR_FLOAT32, dy.floats + first, first + second, db.pointer, second, second, samples)
                bSlot.add(db, engine: engine)
            }
        }
    }

    /// The part from `range` of the first axis. Gradients arrive as zeros outside the range.
    public func slice(_ x: Variable, _ range: Range<Int>) -> Variable {
        let y = x.value.slice(range)
        return record(y, wanted: x.slot != nil) { [engine, shape = x.shape, slot = x.slot] dy in
            let dx = Tensor(zeros: shape, type: dy.type)
            let row = dy.byteCount / max(1, range.count)
            (dx.pointer + range.lowerBound * row).copyMemory(from: dy.pointer, byteCount: dy.byteCount)
            slot?.add(dx, engine: engine)
        }
    }

    /// Weighted sums along the second axis: `y[n, i] = sum over r of weights[n, r, k(i)] * x[n, r, i]`, where i counts the
    /// values of the remaining axes K, ... and k(i) is their first index.
    ///
    /// - Parameters:
    ///   - x: N, R, K, ...; float32.
    ///   - weights: N, R, K; no gradient flows into them.
    /// - Returns: N, K, ...
    public func weightedSum(_ x: Variable, weights: Tensor) throws -> Variable {
        guard x.shape.count >= 3, weights.shape == Array(x.shape[0..<3]) else {
            throw TensorError.shapes(
                operation: "weighted sum", first: "input", firstShape: x.shape, second: "weights",
                secondShape: weights.shape,
                rule: "the weights must have the first three sizes of the input")
        }
        try requireType(.float32, of: x.value, "weighted sum")
        let (samples, terms, groups) = (x.shape[0], x.shape[1], x.shape[2]), input = x.value
        let length = x.shape.dropFirst(3).reduce(1, *)
        let y = Tensor(zeros: [samples] + x.shape.dropFirst(2))
        for index in 0..<samples * terms * groups {
            let sample = index / (terms * groups), group = index % groups
            iris_tensor_add_scaled(
                weights.floats[index], input.floats + index * length, length,
                y.floats + (sample * groups + group) * length)
        }
        return record(y, wanted: x.slot != nil) { [engine, slot = x.slot] dy in
            let dx = Tensor(uninitialized: input.shape)
            for index in 0..<samples * terms * groups {
                let sample = index / (terms * groups), group = index % groups
                iris_tensor_scale(
                    weights.floats[index], dy.floats + (sample * groups + group) * length, length,
                    dx.floats + index * length)
            }
            slot?.add(dx, engine: engine)
        }
    }
}

extension Engine {
    /// A copy in another element type.
    func converted(_ x: Tensor, to type: ElementType) -> Tensor {
        let y = Tensor(uninitialized: x.shape, type: type)
        parallel(x.count, grain: 1 << 14) { _, range in
            let from = x.pointer + range.lowerBound * x.type.size, to = y.pointer + range.lowerBound * type.size
            switch (x.type, type) {
            case (.float32, .bfloat16):
                iris_tensor_to_bfloat16(from.assumingMemoryBound(to: Float.self), range.count, to)
            case (.bfloat16, .float32):
                iris_tensor_from_bfloat16(from, range.count, to.assumingMemoryBound(to: Float.self))
            default: to.copyMemory(from: from, byteCount: range.count * type.size)
            }
        }
        return y
    }
}
