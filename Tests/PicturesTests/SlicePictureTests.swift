import Pictures
import Testing
import Volumes

@Suite struct SlicePictureTests {
    /// 24 x 20 x 16 voxels of 2 x 2 x 3 mm, black but for one bright block of 3 x 3 x 3 voxels about the given RAS place.
    private func volume(brightAt place: SIMD3<Int>, orientation codes: String = "RAS") throws -> Volume<Float> {
        let grid = Grid(shape: try GridShape(24, 20, 16), affine: Affine(spacing: try Spacing(2, 2, 3)))
        var volume = try Volume(grid: grid, voxels: [Float](repeating: 0, count: grid.shape.count))
        for k in place.z - 1...place.z + 1 {
            for j in place.y - 1...place.y + 1 { for i in place.x - 1...place.x + 1 { volume[i, j, k] = 100 } }
        }
        return volume.reoriented(to: try #require(Orientation(codes)))
    }

    private let style: SliceStyle = {
        var style = SliceStyle(window: IntensityWindow(0, 100), pixelSize: 1)
        style.letters = false
        return style
    }()

    /// The centre of the bright pixels.
    private func bright(_ picture: RGBImage) -> (x: Double, y: Double)? {
        var sum = (0.0, 0.0), count = 0.0
        for y in 0..<picture.height {
            for x in 0..<picture.width where picture[x, y].red > 127 {
                sum = (sum.0 + Double(x) + 0.5, sum.1 + Double(y) + 0.5)
                count += 1
            }
        }
        return count > 0 ? (sum.0 / count, sum.1 / count) : nil
    }

    /// A block at the patient's right, back and head side: RAS place (19, 4, 12), centre (39, 9, 37.5) mm from the corner of the
    /// 48 x 40 x 48 mm body. Axial and coronal pictures mirror x, all pictures have y or z upwards. Every storage order must
    /// give the same pictures.
    @Test(arguments: ["RAS", "LPS", "PIR", "SAL", "ILA"]) func sidesFollowTheRadiologicalConvention(codes: String)
        throws
    {
        let volume = try volume(brightAt: SIMD3(19, 4, 12), orientation: codes)
        let source = PictureSource(volume)
        func slice(_ plane: AnatomicalPlane, _ ras: Int) -> RGBImage {
            let axis = (0..<3).first { volume.grid.orientation.worldAxis[$0] == plane.normal }!
            let size = volume.grid.shape.components[axis]
            return source.picture(
                of: plane, index: volume.grid.orientation.sign[axis] > 0 ? ras : size - 1 - ras, style: style)
        }
        let axial = slice(.axial, 12), coronal = slice(.coronal, 4), sagittal = slice(.sagittal, 19)
        #expect((axial.width, axial.height) == (48, 40))
        #expect((coronal.width, coronal.height) == (48, 48))
        #expect((sagittal.width, sagittal.height) == (40, 48))
        let a = try #require(bright(axial)), c = try #require(bright(coronal)), s = try #require(bright(sagittal))
        // Right of the patient (x = 39 of 48 mm) is 9 pixels from the left; back (y = 9 of 40) is 31 from the top.
        #expect(abs(a.x - 9) < 0.51 && abs(a.y - 31) < 0.51)
        // Head (z = 37.5 of 48) is 10.5 from the top.
        #expect(abs(c.x - 9) < 0.51 && abs(c.y - 10.5) < 0.51)
        // The front is on the left, so the back at y = 9 of 40 is 31 from the left.
        #expect(abs(s.x - 31) < 0.51 && abs(s.y - 10.5) < 0.51)
        #expect(bright(slice(.axial, 8)) == nil && bright(slice(.sagittal, 22)) == nil)
    }

    @Test func edgeLettersNameTheDirections() {
        #expect(AnatomicalPlane.axial.edgeLetters == ("R", "L", "A", "P"))
        #expect(AnatomicalPlane.coronal.edgeLetters == ("R", "L", "S", "I"))
        #expect(AnatomicalPlane.sagittal.edgeLetters == ("A", "P", "S", "I"))
    }

    /// A 6 x 4 block of label 7 in a 48 x 40 picture: its rim of 2 (6 + 4) - 4 = 16 voxels... in pixels of 2 mm one per voxel.
    @Test func labelsAreFilledAndOutlined() throws {
        let grid = Grid(shape: try GridShape(24, 20, 3), affine: Affine(spacing: try Spacing(2, 2, 2)))
        let image = try Volume(grid: grid, voxels: [Float](repeating: 50, count: grid.shape.count))
        var labels = try LabelMap(grid: grid, voxels: [UInt8](repeating: 0, count: grid.shape.count))
        for j in 10..<14 { for i in 5..<11 { labels[i, j, 1] = 7 } }
        var style = style
        (style.pixelSize, style.fillOpacity) = (2, 0.5)
        let picture = PictureSource(image, labels: labels).picture(of: .axial, index: 1, style: style)
        #expect((picture.width, picture.height) == (24, 20))
        let grey = RGB(grey: 128), color = LabelColors[7]
        for y in 0..<20 {
            for x in 0..<24 {
                let (i, j) = (23 - x, 19 - y)
                let inside = (5..<11).contains(i) && (10..<14).contains(j)
                let rim = inside && !((6..<10).contains(i) && (11..<13).contains(j))
                #expect(picture[x, y] == (rim ? color : inside ? grey.covered(by: color, opacity: 0.5) : grey))
            }
        }
        #expect(PictureSource(image, labels: labels).picture(of: .axial, index: 0, style: style)[12, 9] == grey)
    }

    /// Voxel (5, 10, 1) of 24 x 20 at 2 pixels each is drawn at pixels 36 and 37 across, counted from the left side of the body,
    /// and 18 and 19 down. The frame runs 5 pixels away from them, and what lies inside is untouched.
    @Test func aVoxelIsFramed() throws {
        let grid = Grid(shape: try GridShape(24, 20, 3), affine: Affine(spacing: try Spacing(2, 2, 2)))
        let source = PictureSource(try Volume(grid: grid, voxels: [Float](repeating: 50, count: grid.shape.count)))
        var style = style
        let plain = source.picture(of: .axial, index: 1, style: style)
        style.mark = SIMD3(5, 10, 1)
        let framed = source.picture(of: .axial, index: 1, style: style)
        var outside = 0
        for y in 0..<plain.height {
            for x in 0..<plain.width {
                let distance = max(36 - x, x - 37, 18 - y, y - 19)
                switch distance {
                case 5: #expect(framed[x, y].red > 200 && framed[x, y].blue < 120)
                case 4, 6: #expect(framed[x, y] == .black)
                default:
                    #expect(framed[x, y] == plain[x, y])
                    outside += 1
                }
            }
        }
        #expect(outside == 48 * 40 - (14 * 14 - 8 * 8))
    }

    /// Bright at voxel centres, between them the mean: a ramp of 0, 100 along i at 4 pixels per voxel.
    @Test func intensitiesAreInterpolatedLinearly() throws {
        let grid = Grid(shape: try GridShape(2, 1, 1), affine: Affine(spacing: try Spacing(4, 4, 4)))
        let volume = try Volume<Int16>(grid: grid, voxels: [0, 255])
        var style = SliceStyle(window: IntensityWindow(0, 255), pixelSize: 1)
        style.letters = false
        let picture = PictureSource(volume).picture(of: .axial, index: 0, style: style)
        // Pixel centres lie 1/8, 3/8, 5/8 and 7/8 of the way from centre to centre; the outer two pixels beyond are held.
        let row = (0..<8).map { picture[7 - $0, 0].red }
        #expect(row == [0, 0, 32, 96, 159, 223, 255, 255])
    }

    @Test func windowsClampAndRound() {
        let window = IntensityWindow(-100, 155)
        #expect([-500, -100, 0, 0.4, 0.6, 155, 9999].map(window.grey) == [0, 0, 100, 100, 101, 255, 255])
        #expect(window.grey(.nan) == 0)
    }

    @Test func automaticWindowIgnoresTheExtremes() throws {
        let grid = Grid(shape: try GridShape(1001, 1, 1), affine: Affine(spacing: try Spacing(1, 1, 1)))
        var values = (0..<1001).map { Float($0) }
        (values[0], values[1], values[2]) = (.nan, 1e9, -1e9)
        let window = PictureSource(try Volume(grid: grid, voxels: values)).automaticWindow()
        #expect(abs(window.lower - 10) < 5 && abs(window.upper - 990) < 5)
        let flat = PictureSource(try Volume<Int16>(grid: grid, voxels: [Int16](repeating: 4, count: 1001)))
            .automaticWindow()
        #expect(flat.lower < 4 && flat.upper > 4)
        // A small scan in a large patch: the padding must not decide what is white.
        let padded = try Volume<Int16>(grid: grid, voxels: (0..<1001).map { Int16($0 < 991 ? -1000 : $0 - 900) })
        #expect(PictureSource(padded).automaticWindow() == IntensityWindow(91, 99))
    }

    @Test func mostLabelledSlicesAreFound() throws {
        let grid = Grid(shape: try GridShape(9, 8, 7), affine: Affine(spacing: try Spacing(1, 1, 1)))
        let image = try Volume(grid: grid, voxels: [Float](repeating: 0, count: grid.shape.count))
        var labels = try LabelMap(grid: grid, voxels: [UInt8](repeating: 0, count: grid.shape.count))
        #expect(PictureSource(image, labels: labels).mostLabelledPosition() == SIMD3(4, 4, 3))
        for i in 0..<5 { labels[i, 6, 1] = 3 }
        for j in 2..<6 { labels[7, j, 5] = 1 }
        // Along i the slice 7 has 4 labelled voxels, others 1; along j slice 6 has 5; along k slice 1 has 5.
        #expect(PictureSource(image, labels: labels).mostLabelledPosition() == SIMD3(7, 6, 1))
    }
}
