import Glibc
import Volumes

/// How a volume larger than the network's patch is covered by patches whose results are blended.
///
/// Along each axis windows start at 0, end at the volume's end and lie at most `(1 - overlap) * patch` apart, evenly.
/// A volume smaller than the patch gets one window, which reaches beyond it on both sides alike.
public struct SlidingWindow: Sendable {
    /// Voxels of the volume along i, j and k.
    public let volume: GridShape
    /// Voxels of a window along i, j and k.
    public let patch: GridShape
    /// The first voxel of each window; negative along an axis that is shorter than the patch.
    public let origins: [SIMD3<Int>]
    /// The weight of each voxel of a patch: a Gaussian of standard deviation patch / 8 along each axis, at its centre 1
    /// and nowhere below 1e-3, so that voxels that only one window's corner sees still divide well (as in nnU-Net).
    public let weights: [Float]

    /// - Parameters:
    ///   - volume: voxels along i, j and k.
    ///   - patch: voxels of a window along i, j and k.
    ///   - overlap: the least share of a patch that neighbouring windows have in common, from 0 to below 1.
    public init(volume: GridShape, patch: GridShape, overlap: Double) {
        precondition((0..<1).contains(overlap), "the overlap of windows must be at least 0 and below 1")
        (self.volume, self.patch) = (volume, patch)
        let starts = (0..<3).map {
            Self.starts(length: volume.components[$0], patch: patch.components[$0], overlap: overlap)
        }
        var origins: [SIMD3<Int>] = []
        for k in starts[2] { for j in starts[1] { for i in starts[0] { origins.append(SIMD3(i, j, k)) } } }
        self.origins = origins
        let profiles = (0..<3).map { Self.profile(patch.components[$0]) }
        var weights: [Float] = []
        weights.reserveCapacity(patch.count)
        for k in profiles[2] {
            for j in profiles[1] { for i in profiles[0] { weights.append(max(1e-3, Float(i * j * k))) } }
        }
        self.weights = weights
    }

    private static func starts(length: Int, patch: Int, overlap: Double) -> [Int] {
        guard length > patch else { return [-((patch - length) / 2)] }
        let step = max(1, Double(patch) * (1 - overlap))
        let count = Int((Double(length - patch) / step).rounded(.up)) + 1
        return (0..<count).map { Int((Double($0 * (length - patch)) / Double(count - 1)).rounded()) }
    }

    private static func profile(_ length: Int) -> [Double] {
        let center = Double(length - 1) / 2, deviation = Double(length) / 8
        return (0..<length).map { exp(-0.5 * pow((Double($0) - center) / deviation, 2)) }
    }
}
