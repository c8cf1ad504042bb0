import Volumes

/// A voxel size that replaces the one in a header known to be wrong.
public struct SpacingCorrection: Hashable, Sendable {
    /// The spacing that the faulty header states, in mm along i, j, k. A header that says anything else has been mended
    /// already and is left alone.
    public let faulty: Spacing
    /// The spacing to use, in mm along i, j, k.
    public let corrected: Spacing
    /// Where the numbers come from.
    public let reason: String

    public init(faulty: Spacing, corrected: Spacing, reason: String) {
        (self.faulty, self.corrected, self.reason) = (faulty, corrected, reason)
    }

    /// The affine with its steps stretched to the corrected spacing, or `nil` when the header is not the faulty one
    /// (a step differs by more than 1 %). Directions and the position of voxel (0, 0, 0) stay.
    public func corrected(_ affine: Affine) -> Affine? {
        let found = affine.spacing.components, expected = faulty.components
        guard (0..<3).allSatisfy({ abs(found[$0] - expected[$0]) <= 0.01 * expected[$0] }) else { return nil }
        let scale = corrected.components / found
        // The steps keep their directions and positive lengths, so the map stays invertible.
        return try! Affine(
            columnI: affine.columnI * scale.x, columnJ: affine.columnJ * scale.y, columnK: affine.columnK * scale.z,
            origin: affine.origin)
    }
}
