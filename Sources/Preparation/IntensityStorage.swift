import Volumes
import VolumeStore

/// Chooses how the intensities of a case are kept as 16-bit integers.
package enum IntensityStorage {
    /// Steps between the smallest and the largest stored value.
    static let steps = 65_534.0

    /// The storage for a volume whose intensities range over `range`, of which `window` matters.
    ///
    /// One step is the largest power of two that is at most `deviation / stepsPerDeviation`, so that whole numbers such as
    /// Hounsfield units are kept exactly where no interpolation touched them. The stored range always holds the window.
    /// When the whole range fits too, nothing is lost; otherwise the room beyond the window is divided between the two
    /// sides as far as there are intensities, and what lies further out is kept as the nearest stored value.
    ///
    /// A window wider than 65 534 such steps (a volume that is constant but for a few voxels) gets steps that just hold it.
    /// - Precondition: `deviation` is positive and finite.
    package static func quantisation(
        range: ClosedRange<Double>, window: ClosedRange<Double>, deviation: Double, stepsPerDeviation: Double
    ) -> Quantisation {
        let width = window.upperBound - window.lowerBound
        var step = powerOfTwo(atMost: deviation / stepsPerDeviation)
        // A few steps are spared for the rounding of the intercept.
        if width > step * (steps - 8) { step = Double(Float(width / (steps - 64))) }
        let room = step * (steps - 8)
        let low = min(range.lowerBound, window.lowerBound), high = max(range.upperBound, window.upperBound)
        let centre: Double
        if high - low <= room {
            centre = low + (high - low) / 2
        } else {
            let spare = room - width, above = high - window.upperBound, below = window.lowerBound - low
            let takenBelow = min(below, max(spare / 2, spare - above))
            centre = window.lowerBound - takenBelow + room / 2
        }
        return Quantisation(slope: step, intercept: Double(Float((centre / step).rounded() * step)))
    }

    /// The largest power of two that is at most `value` and a normal single-precision number.
    private static func powerOfTwo(atMost value: Double) -> Double {
        max(Double(sign: .plus, exponent: max(value.exponent, -100), significand: 1), 0x1p-100)
    }
}
