import CKernels
import Digests
import NIfTI

/// What one pass over stored voxels counts. Values are as stored, before slope and intercept.
struct VoxelCensus: Sendable {
    /// Of the voxels as bytes, in the machine's byte order.
    let digest: ContentDigest?
    let finite, nans, infinities: Int
    /// The index of the first value that is not finite.
    let firstSpecial: Int?
    /// Over finite values; `nil` when there are none.
    let minimum, maximum, mean, deviation: Double?

    /// The bytes that digest and moments look at before they go on: few enough to stay in the second-level cache.
    private static let block = 1 << 17

    /// - Parameter digesting: whether to compute ``digest`` too.
    init(_ bytes: UnsafeRawBufferPointer, datatype: NIfTIDatatype, digesting: Bool = true) {
        let hasher = digesting ? ContentHasher() : nil
        let size = datatype.bytesPerVoxel, count = bytes.count / size
        var moments = iris_census_empty(Self.pivot(bytes, datatype: datatype))
        var start = 0
        while start < bytes.count {
            let end = min(start + Self.block, count * size)
            let part = UnsafeRawBufferPointer(rebasing: bytes[start..<end])
            iris_census_add(
                &moments, part.baseAddress, datatype.kernelScalar, Int64(part.count / size), Int64(start / size))
            hasher?.update(part)
            start = end
        }
        digest = hasher?.finish()
        (finite, nans, infinities) = (Int(moments.finite), Int(moments.nans), Int(moments.infinities))
        firstSpecial = moments.first_special < 0 ? nil : Int(moments.first_special)
        guard finite > 0 else {
            (minimum, maximum, mean, deviation) = (nil, nil, nil, nil)
            return
        }
        (minimum, maximum) = (moments.minimum, moments.maximum)
        let offset = moments.sum / Double(finite)
        mean = moments.pivot + offset
        deviation = max(0, moments.squares / Double(finite) - offset * offset).squareRoot()
    }

    /// A finite value near the others, so that sums of squares about it lose no digits.
    private static func pivot(_ bytes: UnsafeRawBufferPointer, datatype: NIfTIDatatype) -> Double {
        var value = Float.nan
        let count = bytes.count / datatype.bytesPerVoxel
        for place in [count / 2, 0, count - 1] where place >= 0 && place < count {
            var index = Int64(place)
            iris_gather(bytes.baseAddress, datatype.kernelScalar, Int64(count), &index, 1, &value)
            if value.isFinite { return Double(value) }
        }
        return 0
    }
}
