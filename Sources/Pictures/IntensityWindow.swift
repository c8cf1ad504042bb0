/// The intensities between which a picture runs from black to white.
public struct IntensityWindow: Hashable, Sendable {
    /// Intensities shown black and white.
    public let lower, upper: Double

    /// - Precondition: both are finite and `lower` is below `upper`.
    public init(_ lower: Double, _ upper: Double) {
        precondition(lower.isFinite && upper.isFinite && lower < upper, "window \(lower) to \(upper)")
        (self.lower, self.upper) = (lower, upper)
    }

    /// The brightness of an intensity; below the window black, above white, not-a-number black.
    public func grey(_ intensity: Double) -> UInt8 {
        let place = (intensity - lower) / (upper - lower) * 255
        return place > 0 ? UInt8(min(place, 255).rounded()) : 0
    }
}
