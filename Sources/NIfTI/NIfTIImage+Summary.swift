import CKernels
import Digests

/// What the values of all frames of an image amount to.
public struct NIfTISummary: Hashable, Sendable {
    /// Over finite values; `nil` when there are none.
    public let minimum, maximum, mean: Double?
    /// The number of values that are infinite or not numbers.
    public let nonFinite: Int
    /// The SHA-256 of the values as little-endian float64, i fastest, all frames; `nil` unless asked for.
    public let digest: SHA256Digest?
}

extension NIfTIImage {
    /// One pass over the values.
    public func summary(digest wantsDigest: Bool = false) -> NIfTISummary {
        let hasher = wantsDigest ? SHA256Hasher() : nil
        var finite = 0, minimum = Double.infinity, maximum = -Double.infinity
        // Neumaier's compensated sum over the runs' sums.
        var sum = 0.0, lost = 0.0
        forEachRun(of: 4096) { run in
            let part = iris_summarise(run.baseAddress, run.count)
            finite += part.finite
            (minimum, maximum) = (min(minimum, part.minimum), max(maximum, part.maximum))
            let next = sum + part.sum
            lost += abs(sum) >= abs(part.sum) ? (sum - next) + part.sum : (part.sum - next) + sum
            sum = next
            hasher?.update(UnsafeRawBufferPointer(run))
        }
        return NIfTISummary(
            minimum: finite > 0 ? minimum : nil, maximum: finite > 0 ? maximum : nil,
            mean: finite > 0 ? (sum + lost) / Double(finite) : nil, nonFinite: header.voxelCount - finite,
            digest: hasher?.finish())
    }

    /// The SHA-256 of the values of all frames as little-endian float64, i fastest.
    public var digest: SHA256Digest {
        let hasher = SHA256Hasher()
        forEachRun(of: 4096) { hasher.update(UnsafeRawBufferPointer($0)) }
        return hasher.finish()
    }
}
