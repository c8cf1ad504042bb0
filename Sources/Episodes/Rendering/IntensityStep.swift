import Volumes

/// One change of a patch's intensities, in normalised units (0 is the case's mean, 1 its standard deviation).
///
/// x is a voxel's value, n the patch's size; means, deviations, minima and maxima are those of the patch as the step finds
/// it. Labels never change.
public enum IntensityStep: Hashable, Sendable, Codable {
    /// x · factor.
    case brightnessMultiply(factor: Double)
    /// x + offset.
    case brightnessAdd(offset: Double)
    /// (x - mean) · factor + mean, held within the former minimum and maximum when `keepRange`.
    case contrast(factor: Double, keepRange: Bool = true)
    /// ((x - min) / (max - min)) ^ exponent · (max - min) + min; of -x, and back, when `inverted`; then shifted and scaled
    /// to the former mean and deviation when `retainStatistics`.
    case gamma(exponent: Double, inverted: Bool = false, retainStatistics: Bool = true)
    /// (x - pivot) · exp(P(u, v, w)) + pivot with the cubic polynomial P = Σ c uᵃ vᵇ wᶜ, a + b + c <= 3, over the patch
    /// coordinates u, v, w in [-1, 1] along i, j, k. The 20 coefficients come with a slowest and c fastest.
    case biasField(coefficients: [Double], pivot: Double)
    /// Gaussian weights of deviation sigma (voxels along i, j, k), cut at 4 sigma, edges repeated. 0 leaves an axis alone.
    case gaussianBlur(sigma: SIMD3<Double>)
    /// x + sigma · N(key), N standard normal and independent for every voxel.
    case gaussianNoise(sigma: Double, key: RandomKey)
    /// sqrt((x - floor + sigma · N₁)² + (sigma · N₂)²) + floor: the noise of a magnitude image whose zero is `floor`.
    case ricianNoise(sigma: Double, floor: Double, key: RandomKey)
    /// Nearest neighbour down to round(n · factor) voxels along i, j, k (at least 1), then linear back; half-voxel centres.
    case lowResolution(factor: SIMD3<Double>)
    /// x + amount · (x - blurred(x)), blurred as in `gaussianBlur`.
    case sharpening(amount: Double, sigma: SIMD3<Double>)
    /// `value` inside the boxes.
    case cutOut(boxes: [VoxelBox], value: Double)
}
