import CKernels
import COneDNN

/// How the values of a tensor are stored. Arithmetic is always float32.
public enum ElementType: Sendable, Hashable, CaseIterable {
    case float32
    /// The upper half of a float32, rounded to nearest with ties to even: 8 bits of exponent, 7 of fraction.
    case bfloat16

    /// Bytes per value.
    public var size: Int { self == .float32 ? 4 : 2 }

    var kernelType: iris_tensor_element { self == .float32 ? IRIS_TENSOR_FLOAT32 : IRIS_TENSOR_BFLOAT16 }
    var dnnlType: dnnl_data_type_t { self == .float32 ? dnnl_f32 : dnnl_bf16 }
}
