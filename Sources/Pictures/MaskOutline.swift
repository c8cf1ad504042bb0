import Volumes

/// A mask on the grid of a picture's volume, drawn as a line of one pixel around its area.
public struct MaskOutline {
    /// What the legend calls it.
    public let name: String
    /// The color of the outline.
    public let color: RGB
    /// Whether the voxel at a place in memory belongs to the mask.
    let contains: (Int) -> Bool

    public init(name: String, color: RGB, contains: @escaping (Int) -> Bool) {
        (self.name, self.color, self.contains) = (name, color, contains)
    }

    /// The reference in pictures that compare it with a prediction.
    public static let referenceColor = RGB(64, 220, 120)
    /// The prediction in pictures that compare it with a reference.
    public static let predictionColor = RGB(255, 90, 200)
    /// Where two outlines run together.
    public static let sharedColor = RGB(255, 240, 130)
}

extension PictureSource {
    /// Draws outlines onto the picture of one slice that ``picture(of:index:style:)`` gave for the same arguments.
    ///
    /// A pixel of a mask belongs to its outline when one of its four neighbours lies outside the mask. Pixels of several
    /// outlines get ``MaskOutline/sharedColor``.
    func draw(
        _ outlines: [MaskOutline], on picture: inout RGBImage, plane: AnatomicalPlane, index: Int, style: SliceStyle
    ) {
        let horizontal = PixelAxis(self, worldAxis: plane.leftwards, pixelSize: style.pixelSize)
        let vertical = PixelAxis(self, worldAxis: plane.upwards, pixelSize: style.pixelSize)
        let (width, height) = (picture.width, picture.height)
        let start = index * strides[arrayAxis(plane.normal)]
        var drawn = [Bool](repeating: false, count: width * height)
        for outline in outlines {
            var inside = [Bool](repeating: false, count: width * height)
            for (y, row) in vertical.pixels.enumerated() {
                for (x, column) in horizontal.pixels.enumerated() {
                    inside[x + width * y] = outline.contains(
                        start + column.nearest * horizontal.stride + row.nearest * vertical.stride)
                }
            }
            for y in 0..<height {
                for x in 0..<width where inside[x + width * y] {
                    let place = x + width * y
                    let isSurrounded =
                        x > 0 && y > 0 && x + 1 < width && y + 1 < height && inside[place - 1] && inside[place + 1]
                        && inside[place - width] && inside[place + width]
                    if isSurrounded { continue }
                    picture[x, y] = drawn[place] ? MaskOutline.sharedColor : outline.color
                    drawn[place] = true
                }
            }
        }
    }
}

extension Montage {
    /// The axial, coronal and sagittal slice through one voxel with the outlines of masks, and a legend of these.
    ///
    /// Labels of the source are not drawn.
    ///
    /// - Parameters:
    ///   - source: volume and labels.
    ///   - position: the voxel.
    ///   - outlines: the masks, on the grid of the source, with color and name.
    ///   - origin: where the source's first voxel lies in the volume that it was cut from; slices are numbered as in
    ///     that volume.
    ///   - options: size and window of the pictures.
    public static func threePlanes(
        _ source: PictureSource, at position: SIMD3<Int>, outlines: [MaskOutline], origin: SIMD3<Int> = .zero,
        options: Options = Options()
    ) -> RGBImage {
        let plain = PictureSource(grid: source.grid, intensity: source.intensity)
        let style = style(for: plain, options)
        let pictures = AnatomicalPlane.allCases.map { plane in
            let axis = plain.arrayAxis(plane.normal), index = position[axis]
            var picture = plain.picture(of: plane, index: index, style: style)
            plain.draw(outlines, on: &picture, plane: plane, index: index, style: style)
            return titled(picture, "\(plane.rawValue) \(origin[axis] + index)")
        }
        return framed(
            rows: [pictures], options,
            legend: outlines.map { ($0.color, $0.name) } + [(MaskOutline.sharedColor, "both")])
    }

    /// The voxel through which slices show most of the masks: along each axis the slice with the most voxels of any of them.
    public static func position(showing outlines: [MaskOutline], on grid: Grid) -> SIMD3<Int> {
        PictureSource(
            grid: grid, intensity: { _ in 0 }, label: { place in outlines.contains { $0.contains(place) } ? 1 : 0 }
        ).mostLabelledPosition()
    }
}
