import CKernels
import Glibc

/// Numbers on a grid, row-major: the last axis is contiguous.
///
/// Volumes of features are channels-last, N, D, H, W, C, the layout in which oneDNN's kernels, the fused kernels and
/// matrix products all work without reordering. A tensor refers to its storage, so copies are cheap and share values;
/// operations never change their inputs.
public struct Tensor: @unchecked Sendable {
    /// The lengths of its axes, slowest first.
    public let shape: [Int]
    /// The type of its values.
    public let type: ElementType
    private(set) var storage: TensorStorage
    /// Where the tensor begins in its storage, in bytes.
    let offset: Int

    /// A tensor whose values are not yet set.
    public init(uninitialized shape: [Int], type: ElementType = .float32) {
        precondition(shape.allSatisfy { $0 >= 0 }, "a tensor cannot have shape \(shape)")
        self.shape = shape
        self.type = type
        storage = TensorStorage(byteCount: shape.reduce(type.size, *))
        offset = 0
    }

    init(shape: [Int], type: ElementType, storage: TensorStorage, offset: Int) {
        (self.shape, self.type, self.storage, self.offset) = (shape, type, storage, offset)
    }

    /// A float32 tensor of zeros.
    public init(zeros shape: [Int], type: ElementType = .float32) {
        self.init(uninitialized: shape, type: type)
        memset(pointer, 0, byteCount)
    }

    /// A float32 tensor with one value everywhere.
    public init(repeating value: Float, shape: [Int]) {
        self.init(uninitialized: shape)
        floats.update(repeating: value, count: count)
    }

    /// A float32 tensor with the given values, in row-major order.
    ///
    /// - Precondition: `values.count` is the product of `shape`.
    public init(_ values: [Float], shape: [Int]) {
        self.init(uninitialized: shape)
        precondition(values.count == count, "\(values.count) values cannot fill shape \(shape)")
        values.withUnsafeBytes { if let base = $0.baseAddress { memcpy(pointer, base, byteCount) } }
    }

    /// How many values there are.
    public var count: Int { shape.reduce(1, *) }
    /// The bytes of its values.
    public var byteCount: Int { count * type.size }

    var pointer: UnsafeMutableRawPointer { storage.pointer + offset }

    /// The values of a float32 tensor. Valid while the tensor lives.
    var floats: UnsafeMutablePointer<Float> {
        precondition(type == .float32, "the values of a \(type) tensor are not floats")
        return pointer.assumingMemoryBound(to: Float.self)
    }

    /// Lets `body` write the values of a float32 tensor in place, in row-major order. For filling a tensor that nobody
    /// else refers to yet.
    public func withMutableFloats<Result>(_ body: (UnsafeMutableBufferPointer<Float>) throws -> Result) rethrows
        -> Result
    {
        try body(UnsafeMutableBufferPointer(start: floats, count: count))
    }

    /// Lets `body` read the values of a float32 tensor, in row-major order.
    public func withFloats<Result>(_ body: (UnsafeBufferPointer<Float>) throws -> Result) rethrows -> Result {
        try body(UnsafeBufferPointer(start: floats, count: count))
    }

    /// The values as float32, in row-major order.
    public var values: [Float] {
        [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
            if let base = buffer.baseAddress {
                switch type {
                case .float32: memcpy(base, pointer, byteCount)
                case .bfloat16: iris_tensor_from_bfloat16(pointer, count, base)
                }
            }
            initialized = count
        }
    }

    /// The only value of a float32 tensor with one value.
    public var scalar: Float {
        precondition(count == 1, "a tensor of shape \(shape) is not a single value")
        return floats[0]
    }

    /// The same values under another shape.
    public func reshaped(_ newShape: [Int]) throws -> Tensor {
        guard newShape.reduce(1, *) == count else {
            throw TensorError.shapes(
                operation: "reshape", first: "tensor", firstShape: shape, second: "new shape", secondShape: newShape,
                rule: "both must hold as many values")
        }
        return Tensor(shape: newShape, type: type, storage: storage, offset: offset)
    }

    /// The part from `range` of the first axis, sharing storage.
    public func slice(_ range: Range<Int>) -> Tensor {
        precondition(
            !shape.isEmpty && range.lowerBound >= 0 && range.upperBound <= shape[0],
            "no rows \(range) in shape \(shape)")
        let row = shape.dropFirst().reduce(type.size, *)
        return Tensor(
            shape: [range.count] + shape.dropFirst(), type: type, storage: storage,
            offset: offset + range.lowerBound * row)
    }

    /// A copy with storage of its own.
    public func copy() -> Tensor {
        let result = Tensor(uninitialized: shape, type: type)
        memcpy(result.pointer, pointer, byteCount)
        return result
    }

    /// Whether no other tensor shares the storage, so that it may be changed in place.
    mutating func ownsStorageAlone() -> Bool { isKnownUniquelyReferenced(&storage) }
}
