import Pictures
import Testing
import Volumes

@Suite struct MontageTests {
    /// A volume whose slices can be told apart by their brightness: i + 10 j + 40 k does not repeat within a slice's mean.
    private func source() throws -> PictureSource {
        let grid = Grid(shape: try GridShape(30, 20, 10), affine: Affine(spacing: try Spacing(1, 1, 3)))
        var voxels: [Float] = []
        for k in 0..<10 { for _ in 0..<20 { for _ in 0..<30 { voxels.append(Float(20 * k)) } } }
        return PictureSource(try Volume(grid: grid, voxels: voxels))
    }

    /// At 0.5 mm per pixel: axial 60 x 40, coronal 60 x 60, sagittal 40 x 60 pixels, in that order, gaps between them.
    @Test func threePlanesHaveTheirProportions() throws {
        let source = try source()
        let options = Montage.Options(window: IntensityWindow(0, 255), pixelSize: 0.5)
        let montage = Montage.threePlanes(source, at: SIMD3(15, 10, 7), options: options)
        let title = RGBImage.textHeight() + 2, gap = 6
        // Titles may be wider than their pictures.
        let widths = ["axial 7": 60, "coronal 10": 60, "sagittal 15": 40].mapValues { $0 }
        let columns = [
            max(widths["axial 7"]!, RGBImage.textWidth("axial 7")),
            max(widths["coronal 10"]!, RGBImage.textWidth("coronal 10")),
            max(widths["sagittal 15"]!, RGBImage.textWidth("sagittal 15")),
        ]
        #expect(montage.width == columns.reduce(gap) { $0 + $1 + gap })
        #expect(montage.height == 2 * gap + title + 60)
        // The axial slice 7 is 140 everywhere; a quarter of the way in there is no letter.
        #expect(montage[gap + 15, gap + title + 10] == RGB(grey: 140))
        // The coronal picture runs from slice 9 (brightness 180) at the top to slice 0 at the bottom.
        let x = 2 * gap + columns[0] + 15
        #expect(montage[x, gap + title].red > 170 && montage[x, gap + title + 59].red < 10)
        #expect(montage[x, gap + title + 58].red < montage[x, gap + title + 30].red)
    }

    @Test func slicesComeInOrder() throws {
        let source = try source()
        let options = Montage.Options(window: IntensityWindow(0, 255), pixelSize: 1, caption: "case")
        let montage = Montage.slices(source, plane: .axial, count: 5, columns: 2, options: options)
        // Five of ten slices in two columns: three rows, each a title and 20 pixels.
        let title = RGBImage.textHeight() + 2, caption = RGBImage.textHeight(scale: 2) + 6
        #expect(montage.height == 6 + caption + 3 * (title + 20 + 6))
        for (n, index) in [1, 3, 5, 7, 9].enumerated() {
            let x = 6 + n % 2 * 36 + 7, y = 6 + caption + n / 2 * (title + 26) + title + 4
            #expect(montage[x, y] == RGB(grey: UInt8(20 * index)))
        }
    }

    @Test func legendShowsTheColors() throws {
        var options = Montage.Options(window: IntensityWindow(0, 255), pixelSize: 1)
        let without = Montage.slices(try source(), count: 1, columns: 1, options: options)
        options.legend = [(3, "liver"), (9, "spleen")]
        let montage = Montage.slices(try source(), count: 1, columns: 1, options: options)
        // 30 pixels hold one name a line.
        #expect(
            montage.width == without.width && montage.height == without.height + 2 * (RGBImage.textHeight() + 4) + 6)
        #expect(montage[7, without.height + 1] == LabelColors[3])
        #expect(montage[7, without.height + 1 + RGBImage.textHeight() + 4] == LabelColors[9])
    }
}
