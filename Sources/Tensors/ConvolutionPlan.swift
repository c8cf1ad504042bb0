import COneDNN

/// A 3D convolution of one shape, compiled by oneDNN: forward, both gradients, and the reorderings of its weights.
///
/// Activations are channels-last at every convolution; the layout of the weights is oneDNN's choice. Plans are made once
/// per key and kept by the engine.
final class ConvolutionPlan {
    struct Key: Hashable {
        let batch: Int, inputChannels: Int, outputChannels: Int
        /// Depth, height and width of the input.
        let size: [Int]
        /// The edge of the cubic kernel: 1 or 3, padded by half of it.
        let kernel: Int
        let stride: Int
        let type: ElementType
        let hasBias: Bool

        var outputSize: [Int] { size.map { ($0 + 2 * (kernel / 2) - kernel) / stride + 1 } }
        var outputShape: [Int] { [batch] + outputSize + [outputChannels] }
        /// Multiplications and additions of one pass.
        var operations: Int {
            2 * batch * inputChannels * outputChannels * kernel * kernel * kernel * outputSize.reduce(1, *)
        }
        /// Waking the team takes as long as some millions of operations on one core.
        func threads(of team: Int) -> Int { operations < 4_000_000 ? 1 : team }
    }

    /// A primitive that reads weights in a layout of its own, and the reordering into it.
    struct WithWeights {
        let primitive: DNNLPrimitive
        /// From the plain float32 layout.
        let pack: DNNLPrimitive
        let packedBytes: Int
    }

    /// The gradient by the weights comes out in a layout of its own, and is set or added to the plain one.
    struct WeightGradient {
        let primitive: DNNLPrimitive
        let unpackSetting: DNNLPrimitive
        let unpackAdding: DNNLPrimitive
        let packedBytes: Int
    }

    let key: Key
    private let engine: Engine
    private let name: String
    private let forwardDescriptor: OpaquePointer
    let forward: WithWeights
    private(set) lazy var inputGradient = Swift.Result { try engine.withThreads(threads) { try makeInputGradient() } }
    private(set) lazy var weightGradient = Swift.Result { try engine.withThreads(threads) { try makeWeightGradient() } }
    /// How many threads run it.
    var threads: Int { key.threads(of: engine.threadCount) }

    init(_ key: Key, engine: Engine) throws {
        self.key = key
        self.engine = engine
        name = "convolution of \([key.batch] + key.size + [key.inputChannels]) to \(key.outputChannels) channels"
        var source = try Self.activations([key.batch, key.inputChannels] + key.size, key.type, name)
        var target = try Self.activations([key.batch, key.outputChannels] + key.outputSize, key.type, name)
        var weights = try Self.weights(key, key.type, dnnl_format_tag_any, name)
        var bias = try Self.bias(key, name)
        var operation = dnnl_convolution_desc_t()
        let strides = dimensions([Int](repeating: key.stride, count: 3))
        let padding = dimensions([Int](repeating: key.kernel / 2, count: 3))
        let status = withUnsafePointer(to: &bias) { bias in
            dnnl_convolution_forward_desc_init(
                &operation, dnnl_forward_training, dnnl_convolution_direct, &source, &weights, key.hasBias ? bias : nil,
                &target, strides, padding, padding)
        }
        try check(status, name, "dnnl_convolution_forward_desc_init")
        let descriptor = try Self.descriptor(&operation, hint: nil, engine, name)
        forwardDescriptor = descriptor
        let packed = dnnl_primitive_desc_query_md(descriptor, dnnl_query_weights_md, 0)!.pointee
        var arguments = [(DNNL_ARG_SRC, source), (DNNL_ARG_WEIGHTS, packed), (DNNL_ARG_DST, target)]
        if key.hasBias { arguments.append((DNNL_ARG_BIAS, bias)) }
        forward = WithWeights(
            primitive: try DNNLPrimitive(descriptor: descriptor, arguments: arguments, engine: engine, operation: name),
            pack: try reorder(
                from: Self.weights(key, .float32, dnnl_oidhw, name), to: packed, adding: false, engine: engine,
                operation: name),
            packedBytes: Self.size(packed))
    }

    deinit { dnnl_primitive_desc_destroy(forwardDescriptor) }

    private func makeInputGradient() throws -> WithWeights {
        var source = try Self.activations([key.batch, key.inputChannels] + key.size, key.type, name)
        var target = try Self.activations([key.batch, key.outputChannels] + key.outputSize, key.type, name)
        var weights = try Self.weights(key, key.type, dnnl_format_tag_any, name)
        var operation = dnnl_convolution_desc_t()
        let strides = dimensions([Int](repeating: key.stride, count: 3))
        let padding = dimensions([Int](repeating: key.kernel / 2, count: 3))
        let status = dnnl_convolution_backward_data_desc_init(
            &operation, dnnl_convolution_direct, &source, &weights, &target, strides, padding, padding)
        try check(status, name, "dnnl_convolution_backward_data_desc_init")
        let descriptor = try Self.descriptor(&operation, hint: forwardDescriptor, engine, name)
        defer { dnnl_primitive_desc_destroy(descriptor) }
        let packed = dnnl_primitive_desc_query_md(descriptor, dnnl_query_weights_md, 0)!.pointee
        return WithWeights(
            primitive: try DNNLPrimitive(
                descriptor: descriptor,
                arguments: [(DNNL_ARG_DIFF_DST, target), (DNNL_ARG_WEIGHTS, packed), (DNNL_ARG_DIFF_SRC, source)],
                engine: engine, operation: name),
            pack: try reorder(
                from: Self.weights(key, .float32, dnnl_oidhw, name), to: packed, adding: false, engine: engine,
                operation: name),
            packedBytes: Self.size(packed))
    }

    private func makeWeightGradient() throws -> WeightGradient {
        var source = try Self.activations([key.batch, key.inputChannels] + key.size, key.type, name)
        var target = try Self.activations([key.batch, key.outputChannels] + key.outputSize, key.type, name)
        // Gradients of weights are float32 even where activations are bfloat16.
        var weights = try Self.weights(key, .float32, dnnl_format_tag_any, name)
        var bias = try Self.bias(key, name)
        var operation = dnnl_convolution_desc_t()
        let strides = dimensions([Int](repeating: key.stride, count: 3))
        let padding = dimensions([Int](repeating: key.kernel / 2, count: 3))
        let status = withUnsafePointer(to: &bias) { bias in
            dnnl_convolution_backward_weights_desc_init(
                &operation, dnnl_convolution_direct, &source, &weights, key.hasBias ? bias : nil, &target, strides,
                padding,
                padding)
        }
        try check(status, name, "dnnl_convolution_backward_weights_desc_init")
        let descriptor = try Self.descriptor(&operation, hint: forwardDescriptor, engine, name)
        defer { dnnl_primitive_desc_destroy(descriptor) }
        let packed = dnnl_primitive_desc_query_md(descriptor, dnnl_query_diff_weights_md, 0)!.pointee
        let plain = try Self.weights(key, .float32, dnnl_oidhw, name)
        var arguments = [(DNNL_ARG_SRC, source), (DNNL_ARG_DIFF_DST, target), (DNNL_ARG_DIFF_WEIGHTS, packed)]
        if key.hasBias { arguments.append((DNNL_ARG_DIFF_BIAS, bias)) }
        return WeightGradient(
            primitive: try DNNLPrimitive(descriptor: descriptor, arguments: arguments, engine: engine, operation: name),
            unpackSetting: try reorder(from: packed, to: plain, adding: false, engine: engine, operation: name),
            unpackAdding: try reorder(from: packed, to: plain, adding: true, engine: engine, operation: name),
            packedBytes: Self.size(packed))
    }

    // MARK: Descriptors

    private static func activations(_ dims: [Int], _ type: ElementType, _ name: String) throws -> dnnl_memory_desc_t {
        try memoryDescriptor(dims, type.dnnlType, dnnl_ndhwc, name)
    }

    private static func weights(_ key: Key, _ type: ElementType, _ tag: dnnl_format_tag_t, _ name: String) throws
        -> dnnl_memory_desc_t
    {
        try memoryDescriptor(
            [key.outputChannels, key.inputChannels, key.kernel, key.kernel, key.kernel], type.dnnlType, tag, name)
    }

    private static func bias(_ key: Key, _ name: String) throws -> dnnl_memory_desc_t {
        try memoryDescriptor([key.outputChannels], dnnl_f32, dnnl_a, name)
    }

    private static func descriptor(
        _ operation: inout dnnl_convolution_desc_t, hint: OpaquePointer?, _ engine: Engine, _ name: String
    ) throws -> OpaquePointer {
        var attributes: OpaquePointer?, descriptor: OpaquePointer?
        try check(dnnl_primitive_attr_create(&attributes), name, "dnnl_primitive_attr_create")
        defer { dnnl_primitive_attr_destroy(attributes) }
        try check(
            dnnl_primitive_attr_set_scratchpad_mode(attributes, dnnl_scratchpad_mode_user), name,
            "dnnl_primitive_attr_set_scratchpad_mode")
        try check(
            dnnl_primitive_desc_create(&descriptor, &operation, attributes, engine.dnnl, hint), name,
            "dnnl_primitive_desc_create")
        return descriptor!
    }

    private static func size(_ descriptor: dnnl_memory_desc_t) -> Int {
        var descriptor = descriptor
        return dnnl_memory_desc_get_size(&descriptor)
    }
}

private func memoryDescriptor(_ dims: [Int], _ type: dnnl_data_type_t, _ tag: dnnl_format_tag_t, _ name: String) throws
    -> dnnl_memory_desc_t
{
    var descriptor = dnnl_memory_desc_t()
    try check(
        dnnl_memory_desc_init_by_tag(&descriptor, Int32(dims.count), dimensions(dims), type, tag), name,
        "dnnl_memory_desc_init_by_tag")
    return descriptor
}

/// Sizes as oneDNN's array of twelve.
private func dimensions(_ sizes: [Int]) -> [dnnl_dim_t] {
    sizes.map { dnnl_dim_t($0) } + [dnnl_dim_t](repeating: 0, count: 12 - sizes.count)
}
