import Datasets
import Testing
import Volumes

@Suite struct SpacingCorrectionTests {
    private let correction = SpacingCorrection(
        faulty: try! Spacing(1, 1, 1), corrected: try! Spacing(1, 1, 1.7), reason: "test")

    @Test("Slices move apart along their own direction, voxel 0 stays") func stretches() throws {
        // LPS with the header's faulty millimetre.
        let affine = try Affine(columnI: [-1, 0, 0], columnJ: [0, -1, 0], columnK: [0, 0, 1], origin: [160, 82, 15])
        let corrected = try #require(correction.corrected(affine))
        #expect(corrected.spacing.components == [1, 1, 1.7] && corrected.orientation == affine.orientation)
        #expect(corrected.world([0, 0, 10]) == [160, 82, 32])
    }

    @Test("A header that was mended already is left alone") func alreadyMended() throws {
        #expect(correction.corrected(Affine(spacing: try Spacing(1, 1, 1.7))) == nil)
        #expect(correction.corrected(Affine(spacing: try Spacing(0.7, 0.7, 1))) == nil)
    }
}
