import COneDNN

/// One compiled oneDNN operation with the memory objects of its arguments, which are bound to pointers at each use.
final class DNNLPrimitive {
    private let primitive: OpaquePointer
    private let stream: OpaquePointer
    private var arguments: [dnnl_exec_arg_t]
    private let scratchpadBytes: Int
    /// The name oneDNN gives the chosen implementation, such as `brgconv:avx512_core`.
    let implementation: String

    /// - Parameters:
    ///   - descriptor: the primitive descriptor; stays the caller's.
    ///   - arguments: the argument index and memory descriptor of each argument, in the order ``run(_:)`` takes pointers.
    init(
        descriptor: OpaquePointer, arguments: [(index: Int32, memory: dnnl_memory_desc_t)], engine: Engine,
        operation: String
    )
        throws
    {
        var made: OpaquePointer?
        try check(dnnl_primitive_create(&made, descriptor), operation, "dnnl_primitive_create")
        primitive = made!
        stream = engine.stream
        let scratchpad = dnnl_primitive_desc_query_md(descriptor, dnnl_query_scratchpad_md, 0)
        scratchpadBytes = scratchpad.map { dnnl_memory_desc_get_size($0) } ?? 0
        self.arguments = []
        for var argument in arguments {
            self.arguments.append(
                dnnl_exec_arg_t(arg: argument.index, memory: try memory(&argument.memory, engine, operation)))
        }
        if scratchpadBytes > 0, let scratchpad {
            var descriptor = scratchpad.pointee
            self.arguments.append(
                dnnl_exec_arg_t(arg: DNNL_ARG_SCRATCHPAD, memory: try memory(&descriptor, engine, operation)))
        }
        var name: UnsafePointer<CChar>?
        implementation =
            dnnl_primitive_desc_query(descriptor, dnnl_query_impl_info_str, 0, &name) == dnnl_success
            ? name.map { String(cString: $0) } ?? "" : ""
    }

    deinit {
        for argument in arguments { dnnl_memory_destroy(argument.memory) }
        dnnl_primitive_destroy(primitive)
    }

    /// Computes with the arguments at `pointers`, in the order given at creation.
    func run(_ pointers: UnsafeMutableRawPointer..., operation: String) throws {
        for (argument, pointer) in zip(arguments, pointers) {
            try check(dnnl_memory_set_data_handle(argument.memory, pointer), operation, "dnnl_memory_set_data_handle")
        }
        var scratchpad: TensorStorage?
        if scratchpadBytes > 0 {
            scratchpad = TensorStorage(byteCount: scratchpadBytes)
            try check(
                dnnl_memory_set_data_handle(arguments[arguments.count - 1].memory, scratchpad!.pointer), operation,
                "dnnl_memory_set_data_handle")
        }
        try check(
            dnnl_primitive_execute(primitive, stream, Int32(arguments.count), arguments), operation,
            "dnnl_primitive_execute")
        try check(dnnl_stream_wait(stream), operation, "dnnl_stream_wait")
        withExtendedLifetime(scratchpad) {}
    }
}

/// Throws the status of a oneDNN call that failed.
func check(_ status: dnnl_status_t, _ operation: String, _ call: String) throws {
    guard status == dnnl_success else {
        throw TensorError.oneDNN(operation: operation, call: call, status: Int(status.rawValue))
    }
}

/// A memory object without memory.
private func memory(_ descriptor: inout dnnl_memory_desc_t, _ engine: Engine, _ operation: String) throws
    -> OpaquePointer?
{
    var memory: OpaquePointer?
    try check(dnnl_memory_create(&memory, &descriptor, engine.dnnl, nil), operation, "dnnl_memory_create")
    return memory
}

/// A primitive that copies from one layout or type to another, adding to the target when asked.
func reorder(
    from source: dnnl_memory_desc_t, to target: dnnl_memory_desc_t, adding: Bool, engine: Engine, operation: String
)
    throws -> DNNLPrimitive
{
    var source = source, target = target
    var attributes: OpaquePointer?, operations: OpaquePointer?, descriptor: OpaquePointer?
    try check(dnnl_primitive_attr_create(&attributes), operation, "dnnl_primitive_attr_create")
    defer { dnnl_primitive_attr_destroy(attributes) }
    try check(
        dnnl_primitive_attr_set_scratchpad_mode(attributes, dnnl_scratchpad_mode_user), operation,
        "dnnl_primitive_attr_set_scratchpad_mode")
    if adding {
        try check(dnnl_post_ops_create(&operations), operation, "dnnl_post_ops_create")
        defer { dnnl_post_ops_destroy(operations) }
        try check(dnnl_post_ops_append_sum(operations, 1), operation, "dnnl_post_ops_append_sum")
        try check(
            dnnl_primitive_attr_set_post_ops(attributes, operations), operation, "dnnl_primitive_attr_set_post_ops")
    }
    try check(
        dnnl_reorder_primitive_desc_create(&descriptor, &source, engine.dnnl, &target, engine.dnnl, attributes),
        operation,
        "dnnl_reorder_primitive_desc_create")
    defer { dnnl_primitive_desc_destroy(descriptor) }
    return try DNNLPrimitive(
        descriptor: descriptor!, arguments: [(DNNL_ARG_FROM, source), (DNNL_ARG_TO, target)], engine: engine,
        operation: operation)
}
