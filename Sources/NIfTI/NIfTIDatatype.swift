import CKernels

/// The scalar types in which voxels are stored, with their codes in the header field `datatype`.
public enum NIfTIDatatype: Int, CaseIterable, Hashable, Sendable, CustomStringConvertible {
    case uint8 = 2
    case int16 = 4
    case int32 = 8
    case float32 = 16
    case float64 = 64
    case int8 = 256
    case uint16 = 512
    case uint32 = 768
    case int64 = 1024
    case uint64 = 1280

    /// The name NumPy gives the type, such as `int16`.
    public var name: String {
        switch self {
        case .uint8: "uint8"
        case .int16: "int16"
        case .int32: "int32"
        case .float32: "float32"
        case .float64: "float64"
        case .int8: "int8"
        case .uint16: "uint16"
        case .uint32: "uint32"
        case .int64: "int64"
        case .uint64: "uint64"
        }
    }

    public var description: String { name }

    /// The size of one voxel.
    public var bytesPerVoxel: Int {
        switch self {
        case .uint8, .int8: 1
        case .int16, .uint16: 2
        case .int32, .uint32, .float32: 4
        case .int64, .uint64, .float64: 8
        }
    }

    /// Whether stored values are whole numbers.
    public var isInteger: Bool { self != .float32 && self != .float64 }

    /// The name that the kernels know the type by.
    package var kernelScalar: iris_scalar {
        switch self {
        case .uint8: IRIS_UINT8
        case .int16: IRIS_INT16
        case .int32: IRIS_INT32
        case .float32: IRIS_FLOAT32
        case .float64: IRIS_FLOAT64
        case .int8: IRIS_INT8
        case .uint16: IRIS_UINT16
        case .uint32: IRIS_UINT32
        case .int64: IRIS_INT64
        case .uint64: IRIS_UINT64
        }
    }

    /// Types that the standard defines and this reader refuses, by code.
    static let refusedNames: [Int: String] = [
        1: "binary", 32: "complex64", 128: "RGB24", 1536: "float128", 1792: "complex128", 2048: "complex256",
        2304: "RGBA32",
    ]
}
