import Volumes

/// How a consumer normalises intensities: clip to `clipLow...clipHigh`, subtract the mean, divide by the deviation.
///
/// It is kept beside the voxels and not baked into them, so that it can be folded into rendering or chosen anew.
public struct IntensityNormalisation: Hashable, Sendable {
    /// What intensities are clipped to.
    public let clipLow, clipHigh: Double
    /// Mean and population standard deviation of the clipped volume.
    public let mean, standardDeviation: Double

    /// `nil` unless all are finite, `clipLow <= clipHigh` and the deviation is positive.
    public init?(clipLow: Double, clipHigh: Double, mean: Double, standardDeviation: Double) {
        guard clipLow.isFinite, clipHigh.isFinite, clipLow <= clipHigh, mean.isFinite, standardDeviation.isFinite,
            standardDeviation > 0
        else { return nil }
        (self.clipLow, self.clipHigh, self.mean, self.standardDeviation) = (clipLow, clipHigh, mean, standardDeviation)
    }

    /// An intensity clipped to the window, less the mean, divided by the deviation.
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

extension Quantisation {
    /// Whether the header of a NIfTI-1 file can state it and larger stored numbers mean larger intensities.
    var isStorable: Bool {
        slope > 0 && slope.isFinite && intercept.isFinite && Double(Float(slope)) == slope
            && Double(Float(intercept)) == intercept
    }
}
