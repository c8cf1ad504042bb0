extension Engine {
    func plan(_ key: ConvolutionPlan.Key) throws -> ConvolutionPlan {
        if let plan = convolutionPlans[key] { return plan }
        let plan = try withThreads(key.threads(of: threadCount)) { try ConvolutionPlan(key, engine: self) }
        convolutionPlans[key] = plan
        return plan
    }
}

extension Engine {
    /// Runs a convolution's primitive and adds it to ``convolutionWork``.
    fileprivate func counting(_ key: ConvolutionPlan.Key, _ body: () throws -> Void) rethrows {
        let clock = ContinuousClock(), start = clock.now
        try body()
        convolutionWork.operations += key.operations
        convolutionWork.seconds += (clock.now - start) / .seconds(1)
    }
}

extension Tape {
    /// A 3D convolution (cross-correlation, as in every deep-learning library) of a channels-last volume with zero
    /// padding of half the kernel.
    ///
    /// - Parameters:
    ///   - x: N, D, H, W, C.
    ///   - weight: float32, output channels, C, k, k, k with k 1 or 3.
    ///   - bias: output channels.
    ///   - stride: 1 or 2, the same along each axis.
    /// - Returns: N, D', H', W', output channels with D' = (D + 2 (k / 2) - k) / stride + 1, and so on.
    public func convolution(_ x: Variable, weight: Parameter, bias: Parameter? = nil, stride: Int = 1) throws
        -> Variable
    {
        guard x.shape.count == 5, weight.shape.count == 5, weight.shape[1] == x.shape[4] else {
            throw TensorError.shapes(
                operation: "convolution with \(weight.name)", first: "input", firstShape: x.shape, second: "weight",
                secondShape: weight.shape, rule: "the input must be N, D, H, W, C with C the weight's second size")
        }
        let edge = weight.shape[2]
        guard weight.shape[3] == edge, weight.shape[4] == edge, edge == 1 || edge == 3 else {
            throw TensorError.shape(
                operation: "convolution with \(weight.name)", of: "weight", found: weight.shape,
                rule: "kernels are cubes of edge 1 or 3")
        }
        if let bias, bias.shape != [weight.shape[0]] {
            throw TensorError.shapes(
                operation: "convolution with \(weight.name)", first: "bias", firstShape: bias.shape, second: "weight",
                secondShape: weight.shape, rule: "there must be one bias per output channel")
        }
        let key = ConvolutionPlan.Key(
            batch: x.shape[0], inputChannels: x.shape[4], outputChannels: weight.shape[0], size: Array(x.shape[1...3]),
            kernel: edge, stride: stride, type: x.value.type, hasBias: bias != nil)
        let plan = try engine.plan(key), name = "convolution with \(weight.name)"
        let y = Tensor(uninitialized: key.outputShape, type: x.value.type)
        try engine.withThreads(plan.threads) {
            let weights = try packed(weight, for: plan.forward, .init(key: key, isForward: true), name)
            try engine.counting(key) {
                if let bias {
                    try plan.forward.primitive.run(
                        x.value.pointer, weights.pointer, y.pointer, bias.value.pointer, operation: name)
                } else {
                    try plan.forward.primitive.run(x.value.pointer, weights.pointer, y.pointer, operation: name)
                }
            }
        }
        let trains = trainsParameters
        return record(y, wanted: x.slot != nil || trains) { [self, input = x.value, slot = x.slot] dy in
            if trains {
                try engine.withThreads(plan.threads) { try weightGradient(plan, input, dy, weight, bias, name) }
            }
            guard let slot else { return }
            let gradient = try plan.inputGradient.get()
            let dx = Tensor(uninitialized: input.shape, type: input.type)
            try engine.withThreads(plan.threads) {
                let weights = try packed(weight, for: gradient, .init(key: key, isForward: false), name)
                try engine.counting(key) {
                    try gradient.primitive.run(dy.pointer, weights.pointer, dx.pointer, operation: name)
                }
            }
            slot.add(dx, engine: engine)
        }
    }

    private func weightGradient(
        _ plan: ConvolutionPlan, _ x: Tensor, _ dy: Tensor, _ weight: Parameter, _ bias: Parameter?, _ name: String
    ) throws {
        let gradient = try plan.weightGradient.get()
        let packed = TensorStorage(byteCount: gradient.packedBytes)
        if let bias {
            let dbias = Tensor(uninitialized: bias.shape)
            try engine.counting(plan.key) {
                try gradient.primitive.run(x.pointer, dy.pointer, packed.pointer, dbias.pointer, operation: name)
            }
            bias.addGradient(dbias.floats)
        } else {
            try engine.counting(plan.key) {
                try gradient.primitive.run(x.pointer, dy.pointer, packed.pointer, operation: name)
            }
        }
        let unpack = weight.keepForNextGradient() == 0 ? gradient.unpackSetting : gradient.unpackAdding
        try unpack.run(packed.pointer, weight.gradient.pointer, operation: name)
    }

    /// The weights in the layout that `use` reads, packed anew only after they changed.
    private func packed(
        _ weight: Parameter, for use: ConvolutionPlan.WithWeights, _ purpose: PackedWeights.Purpose, _ name: String
    ) throws -> TensorStorage {
        if let packed = weight.packed[purpose], packed.version == weight.version { return packed.storage }
        let storage = weight.packed[purpose]?.storage ?? TensorStorage(byteCount: use.packedBytes)
        try use.pack.run(weight.value.pointer, storage.pointer, operation: name)
        weight.packed[purpose] = PackedWeights(version: weight.version, storage: storage)
        return storage
    }
}
