import Volumes

/// How stored int16 voxels become intensities: `intensity = slope * voxel + intercept`.
///
/// Both are single precision because the NIfTI header holds them so.
public struct Quantisation: Hashable, Sendable {
    public let slope, intercept: Float

    /// - Precondition: `slope` is finite and positive, `intercept` finite.
    public init(slope: Float, intercept: Float) {
        precondition(slope.isFinite && slope > 0 && intercept.isFinite, "a quantisation step must be finite and positive")
        (self.slope, self.intercept) = (slope, intercept)
    }

    /// Voxels are the intensities.
    public static let identity = Quantisation(slope: 1, intercept: 0)

    public func intensity(_ voxel: Int16) -> Double { Double(slope) * Double(voxel) + Double(intercept) }

    /// The nearest voxel value, limited to what int16 holds.
    public func voxel(_ intensity: Double) -> Int16 { Int16(clampingRounded: (intensity - Double(intercept)) / Double(slope)) }
}

/// How a consumer normalises intensities: clip to `clipLow...clipHigh`, subtract the mean, divide by the deviation.
///
/// It is kept beside the voxels and not baked into them, so that it can be folded into rendering or chosen anew.
public struct IntensityNormalisation: Hashable, Sendable {
    public let clipLow, clipHigh: Double
    /// Mean and population standard deviation of the clipped volume.
    public let mean, standardDeviation: Double

    /// - Precondition: all are finite, `clipLow <= clipHigh` and the deviation is positive.
    public init(clipLow: Double, clipHigh: Double, mean: Double, standardDeviation: Double) {
        precondition(
            clipLow.isFinite && clipHigh.isFinite && clipLow <= clipHigh && mean.isFinite && standardDeviation.isFinite
                && standardDeviation > 0, "a normalisation needs finite numbers, an ordered window and a positive deviation")
        (self.clipLow, self.clipHigh, self.mean, self.standardDeviation) = (clipLow, clipHigh, mean, standardDeviation)
    }

    public func normalised(_ intensity: Double) -> Double {
        (min(max(intensity, clipLow), clipHigh) - mean) / standardDeviation
    }
}

/// What the source image's intensities were, for reports and audits.
public struct SourceIntensities: Hashable, Sendable {
    /// Over the finite voxels of the whole source volume.
    public let minimum, maximum, mean: Double
    /// The number of voxels that are not finite.
    public let nonFinite: Int

    public init(minimum: Double, maximum: Double, mean: Double, nonFinite: Int) {
        (self.minimum, self.maximum, self.mean, self.nonFinite) = (minimum, maximum, mean, nonFinite)
    }
}
