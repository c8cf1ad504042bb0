import CKernels

extension Tape {
    /// `y = x W^T + b` along the last axis.
    ///
    /// - Parameters:
    ///   - x: ..., inputs; float32.
    ///   - weight: outputs, inputs.
    ///   - bias: outputs.
    public func linear(_ x: Variable, weight: Parameter, bias: Parameter? = nil) throws -> Variable {
        let name = "linear layer with \(weight.name)"
        guard let inputs = x.shape.last, weight.shape.count == 2, weight.shape[1] == inputs else {
            throw TensorError.shapes(
                operation: name, first: "input", firstShape: x.shape, second: "weight", secondShape: weight.shape,
                rule: "the last size of the input must be the second of the weight")
        }
        if let bias, bias.shape != [weight.shape[0]] {
            throw TensorError.shapes(
                operation: name, first: "bias", firstShape: bias.shape, second: "weight", secondShape: weight.shape,
                rule: "there must be one bias per output")
        }
        try requireType(.float32, of: x.value, name)
        let outputs = weight.shape[0], rows = x.value.count / max(1, inputs)
        let y = Tensor(uninitialized: x.shape.dropLast() + [outputs])
        if let bias { iris_tensor_fill_rows(bias.value.floats, rows, outputs, y.floats) }
        engine.product(
            MatrixView(pointer: x.value.floats, stride: inputs),
            MatrixView(pointer: weight.value.floats, stride: inputs, transposed: true),
            into: MatrixView(pointer: y.floats, stride: outputs), m: rows, n: outputs, k: inputs,
            keep: bias == nil ? 0 : 1)
        let trains = trainsParameters
        return record(y, wanted: trains || x.slot != nil) { [engine, x = x.value, slot = x.slot] dy in
            if trains {
                engine.product(
                    MatrixView(pointer: dy.floats, stride: outputs, transposed: true),
                    MatrixView(pointer: x.floats, stride: inputs),
                    into: MatrixView(pointer: weight.gradient.floats, stride: inputs), m: outputs, n: inputs, k: rows,
                    keep: weight.keepForNextGradient())
                if let bias { engine.addColumnSums(of: dy, rows: rows, to: bias) }
            }
            guard let slot else { return }
            let dx = Tensor(uninitialized: x.shape)
            engine.product(
                MatrixView(pointer: dy.floats, stride: outputs),
                MatrixView(pointer: weight.value.floats, stride: inputs),
                into: MatrixView(pointer: dx.floats, stride: inputs), m: rows, n: inputs, k: outputs)
            slot.add(dx, engine: engine)
        }
    }

    /// Sums of features with fixed weights, `y[n, k] = sum over v of weights[n, k, v] * features[n, v]`.
    ///
    /// - Parameters:
    ///   - features: N, V, C; float32.
    ///   - weights: N, K, V; no gradient flows into them.
    /// - Returns: N, K, C.
    public func weightedSums(of features: Variable, weights: Tensor) throws -> Variable {
        guard features.shape.count == 3, weights.shape.count == 3, weights.shape[0] == features.shape[0],
            weights.shape[2] == features.shape[1]
        else {
            throw TensorError.shapes(
                operation: "weighted sums", first: "features", firstShape: features.shape, second: "weights",
                secondShape: weights.shape, rule: "they must be N, V, C and N, K, V")
        }
        try requireType(.float32, of: features.value, "weighted sums")
        let (samples, voxels, channels, sums) = (
            features.shape[0], features.shape[1], features.shape[2], weights.shape[1]
        )
        let y = Tensor(uninitialized: [samples, sums, channels])
        for sample in 0..<samples {
            engine.product(
                MatrixView(pointer: weights.floats + sample * sums * voxels, stride: voxels),
                MatrixView(pointer: features.value.floats + sample * voxels * channels, stride: channels),
                into: MatrixView(pointer: y.floats + sample * sums * channels, stride: channels), m: sums, n: channels,
                k: voxels)
        }
        return record(y, wanted: features.slot != nil) { [engine, shape = features.shape, slot = features.slot] dy in
            let dx = Tensor(uninitialized: shape)
            for sample in 0..<samples {
                engine.product(
                    MatrixView(pointer: weights.floats + sample * sums * voxels, stride: voxels, transposed: true),
                    MatrixView(pointer: dy.floats + sample * sums * channels, stride: channels),
                    into: MatrixView(pointer: dx.floats + sample * voxels * channels, stride: channels), m: voxels,
                    n: channels,
                    k: sums)
            }
            slot?.add(dx, engine: engine)
        }
    }

    /// The inner products of one vector per class with the features of every voxel:
    /// `y[n, k, v] = sum over p of vectors[n, k, p] * features[n, v, p] + vectors[n, k, P]`.
    ///
    /// - Parameters:
    ///   - features: N, V, P; float32.
    ///   - vectors: N, K, P + 1: the last value is the offset.
    /// - Returns: N, K, V.
    public func classMaps(features: Variable, vectors: Variable) throws -> Variable {
        guard features.shape.count == 3, vectors.shape.count == 3, vectors.shape[0] == features.shape[0],
            vectors.shape[2] == features.shape[2] + 1
        else {
            throw TensorError.shapes(
                operation: "class maps", first: "features", firstShape: features.shape, second: "vectors",
                secondShape: vectors.shape, rule: "they must be N, V, P and N, K, P + 1")
        }
        try requireType(.float32, of: features.value, "class maps")
        try requireType(.float32, of: vectors.value, "class maps")
        let (samples, voxels, width, classes) = (
            features.shape[0], features.shape[1], features.shape[2], vectors.shape[1]
        )
        let y = Tensor(uninitialized: [samples, classes, voxels])
        let input = features.value, vector = vectors.value
        engine.parallel(voxels, grain: 256) { _, range in
            for sample in 0..<samples {
                for index in 0..<classes {
                    let offset = vector.floats[(sample * classes + index) * (width + 1) + width]
                    (y.floats + (sample * classes + index) * voxels + range.lowerBound).update(
                        repeating: offset, count: range.count)
                }
                matrixProduct(
                    MatrixView(pointer: vector.floats + sample * classes * (width + 1), stride: width + 1),
                    MatrixView(
                        pointer: input.floats + (sample * voxels + range.lowerBound) * width, stride: width,
                        transposed: true),
                    into: MatrixView(pointer: y.floats + sample * classes * voxels + range.lowerBound, stride: voxels),
                    m: classes,
                    n: range.count, k: width, keep: 1)
            }
        }
        return record(y, wanted: features.slot != nil || vectors.slot != nil) {
            [engine, featureSlot = features.slot, vectorSlot = vectors.slot] dy in
            if let vectorSlot {
                // Each thread sums over its own voxels; the parts are then added in order.
                let size = samples * classes * (width + 1)
                let parts = Tensor(zeros: [engine.threadCount, size])
                engine.parallel(voxels, grain: 256) { part, range in
                    for sample in 0..<samples {
                        let to = parts.floats + part * size + sample * classes * (width + 1)
                        let from = dy.floats + sample * classes * voxels + range.lowerBound
                        matrixProduct(
                            MatrixView(pointer: from, stride: voxels),
                            MatrixView(
                                pointer: input.floats + (sample * voxels + range.lowerBound) * width, stride: width),
                            into: MatrixView(pointer: to, stride: width + 1), m: classes, n: width, k: range.count)
                        for index in 0..<classes {
                            to[index * (width + 1) + width] = Float(iris_tensor_sum(from + index * voxels, range.count))
                        }
                    }
                }
                let dvectors = Tensor(uninitialized: vector.shape)
                dvectors.floats.update(from: parts.floats, count: size)
                for part in 1..<max(1, engine.threadCount) {
                    iris_tensor_add_scaled(1, parts.floats + part * size, size, dvectors.floats)
                }
                vectorSlot.add(dvectors, engine: engine)
            }
            if let featureSlot {
                let dfeatures = Tensor(uninitialized: input.shape)
                engine.parallel(voxels, grain: 256) { _, range in
                    for sample in 0..<samples {
                        matrixProduct(
                            MatrixView(
                                pointer: dy.floats + sample * classes * voxels + range.lowerBound, stride: voxels,
                                transposed: true),
                            MatrixView(pointer: vector.floats + sample * classes * (width + 1), stride: width + 1),
                            into: MatrixView(
                                pointer: dfeatures.floats + (sample * voxels + range.lowerBound) * width, stride: width),
                            m: range.count, n: width, k: classes)
                    }
                }
                featureSlot.add(dfeatures, engine: engine)
            }
        }
    }
}

extension Engine {
    /// Adds the column sums of `x`, `rows` x the bias's count, to the gradient of `bias`.
    func addColumnSums(of x: Tensor, rows: Int, to bias: Parameter) {
        let sums = Tensor(zeros: bias.shape)
        parallel(bias.count / 16 + 1, grain: max(1, 4096 / max(1, rows))) { _, range in
            let columns = range.lowerBound * 16..<min(bias.count, range.upperBound * 16)
            guard !columns.isEmpty else { return }
            iris_tensor_column_sums(
                x.floats + columns.lowerBound, rows, bias.count, columns.count, sums.floats + columns.lowerBound)
        }
        bias.addGradient(sums.floats)
    }
}
