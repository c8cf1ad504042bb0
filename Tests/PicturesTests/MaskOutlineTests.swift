import Pictures
import Testing
import Volumes

@Suite struct MaskOutlineTests {
    private let grid = Grid(shape: try! GridShape(20, 20, 20), affine: Affine(spacing: try! Spacing(1, 1, 1)))

    /// A cube of ten voxels from `start` on along every axis.
    private func cube(_ start: Int, _ color: RGB) -> MaskOutline {
        MaskOutline(name: "m", color: color) { n in
            [n % 20, n / 20 % 20, n / 400].allSatisfy { (start..<start + 10).contains($0) }
        }
    }

    private func montage(_ outlines: [MaskOutline]) -> RGBImage {
        Montage.threePlanes(
            PictureSource(grid: grid, intensity: { _ in 0 }), at: SIMD3(10, 10, 10), outlines: outlines,
            origin: SIMD3(100, 0, 0), options: Montage.Options(window: IntensityWindow(0, 1), pixelSize: 1))
    }

    private func count(_ color: RGB, in picture: RGBImage) -> Int {
        (0..<picture.width * picture.height).count { picture[$0 % picture.width, $0 / picture.width] == color }
    }

    /// The edge of a square of 10 pixels has 36 of them, on three planes; the legend's square has 8 x 8.
    @Test func outlinesAreOnePixelWide() {
        let picture = montage([cube(5, MaskOutline.referenceColor)])
        #expect(count(MaskOutline.referenceColor, in: picture) == 3 * 36 + 64)
    }

    /// Equal masks share every pixel of their outlines. Cubes that are one voxel apart share, on each plane, where edges
    /// cross: two pixels.
    @Test func sharedPixelsHaveTheirOwnColor() {
        let (a, b) = (MaskOutline.referenceColor, MaskOutline.predictionColor)
        let equal = montage([cube(5, a), cube(5, b)])
        #expect(count(MaskOutline.sharedColor, in: equal) == 3 * 36 + 64)
        #expect(count(a, in: equal) == 64)
        let moved = montage([cube(5, a), cube(6, b)])
        #expect(count(MaskOutline.sharedColor, in: moved) == 3 * 2 + 64)
        #expect(count(b, in: moved) == 3 * 34 + 64)
    }

    @Test func thePositionShowsTheMasks() {
        let position = Montage.position(showing: [cube(2, .white)], on: grid)
        #expect((0..<3).allSatisfy { (2..<12).contains(position[$0]) })
    }
}
