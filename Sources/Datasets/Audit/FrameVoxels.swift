import CKernels
import NIfTI

/// The stored voxels of one frame while their buffer lives.
struct FrameVoxels {
    let bytes: UnsafeRawBufferPointer
    let datatype: NIfTIDatatype

    /// The stored values at some places of memory; not-a-number for places outside.
    func values(at indices: [Int64]) -> [Float] {
        [Float](unsafeUninitializedCapacity: indices.count) { values, initialized in
            iris_gather(
                bytes.baseAddress, datatype.kernelScalar, Int64(bytes.count / datatype.bytesPerVoxel), indices,
                Int64(indices.count), values.baseAddress)
            initialized = indices.count
        }
    }
}
