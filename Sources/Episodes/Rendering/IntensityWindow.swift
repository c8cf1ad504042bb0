import VolumeStore
import Volumes

/// How a case's stored whole numbers become normalised intensities, folded into one affine map and two raw limits:
///
///     normalised = clip(raw, limits) · scale + offset
struct IntensityWindow {
    /// The clip window in stored values, each end rounded to the nearest.
    let limits: ClosedRange<Int16>
    /// The stored value of the window's lower end.
    let minimum: Int16
    let scale, offset: Double

    init(_ quantisation: Quantisation, _ normalisation: IntensityNormalisation) {
        let low = quantisation.stored(normalisation.clipLow), high = quantisation.stored(normalisation.clipHigh)
        limits = min(low, high)...max(low, high)
        minimum = low
        scale = quantisation.slope / normalisation.standardDeviation
        offset = (quantisation.intercept - normalisation.mean) / normalisation.standardDeviation
    }

    /// The stored value of a normalised intensity, held within the clip window.
    func raw(normalised: Double) -> Int16 {
        min(max(Int16(clampingRounded: (normalised - offset) / scale), limits.lowerBound), limits.upperBound)
    }
}
