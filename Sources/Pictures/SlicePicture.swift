import Volumes

/// How slices are drawn.
public struct SliceStyle: Sendable {
    /// Black to white.
    public var window: IntensityWindow
    /// The size of a pixel in mm; pixels are square, so anatomy keeps its proportions whatever the voxels' spacing.
    public var pixelSize: Double
    /// How much of a labelled area's color covers the image, 0 to 1.
    public var fillOpacity = 0.3
    /// Whether labelled areas get an outline, one pixel wide, in their full color.
    public var outlines = true
    /// Whether letters at the edges name the directions.
    public var letters = true
    /// A voxel to draw a frame around.
    public var mark: SIMD3<Int>?

    /// - Precondition: the pixel size is finite and positive.
    public init(window: IntensityWindow, pixelSize: Double) {
        precondition(pixelSize.isFinite && pixelSize > 0, "a pixel size of \(pixelSize) mm")
        (self.window, self.pixelSize) = (window, pixelSize)
    }
}

extension PictureSource {
    /// The picture of one slice, in the radiological convention of ``AnatomicalPlane``.
    ///
    /// Along either direction of n voxels with spacing s there are max(1, round(n · s / pixelSize)) pixels that share the
    /// extent of the voxels evenly. Intensities are interpolated linearly between voxel centres, labels are those of the nearest.
    ///
    /// - Parameters:
    ///   - plane: axial, coronal or sagittal.
    ///   - index: the slice's number along the array axis that follows the plane's normal.
    ///   - style: window, colors and size.
    /// - Precondition: the index is in `0..<sliceCount(plane)`.
    public func picture(of plane: AnatomicalPlane, index: Int, style: SliceStyle) -> RGBImage {
        precondition((0..<sliceCount(plane)).contains(index), "slice \(index) of \(sliceCount(plane))")
        let horizontal = PixelAxis(self, worldAxis: plane.leftwards, pixelSize: style.pixelSize)
        let vertical = PixelAxis(self, worldAxis: plane.upwards, pixelSize: style.pixelSize)
        let start = index * strides[arrayAxis(plane.normal)]
        var picture = RGBImage(width: horizontal.pixels.count, height: vertical.pixels.count)
        for (y, row) in vertical.pixels.enumerated() {
            for (x, column) in horizontal.pixels.enumerated() {
                func at(_ a: Int, _ b: Int) -> Double { intensity(start + a * horizontal.stride + b * vertical.stride) }
                let upper = at(column.low, row.low) * (1 - column.fraction) + at(column.high, row.low) * column.fraction
                let lower =
                    at(column.low, row.high) * (1 - column.fraction) + at(column.high, row.high) * column.fraction
                picture[x, y] = RGB(grey: style.window.grey(upper * (1 - row.fraction) + lower * row.fraction))
            }
        }
        if let label {
            let labels = vertical.pixels.map { row in
                horizontal.pixels.map { label(start + $0.nearest * horizontal.stride + row.nearest * vertical.stride) }
            }
            overlay(labels, on: &picture, style)
        }
        if style.letters { drawLetters(of: plane, on: &picture) }
        if let mark = style.mark {
            drawFrame(
                on: &picture,
                across: horizontal.pixels.indices(where: { $0.nearest == mark[arrayAxis(plane.leftwards)] }),
                down: vertical.pixels.indices(where: { $0.nearest == mark[arrayAxis(plane.upwards)] }))
        }
        return picture
    }

    /// A frame a few pixels away from the pixels of a voxel, so that what it shows stays visible.
    private func drawFrame(on picture: inout RGBImage, across: Range<Int>, down: Range<Int>) {
        guard !across.isEmpty, !down.isEmpty else { return }
        for (distance, color) in [(4, RGB.black), (6, .black), (5, RGB(255, 220, 90))] {
            let (left, right) = (across.lowerBound - distance, across.upperBound - 1 + distance)
            let (top, bottom) = (down.lowerBound - distance, down.upperBound - 1 + distance)
            for y in max(0, top)...min(picture.height - 1, bottom) {
                for x in [left, right] where (0..<picture.width).contains(x) { picture[x, y] = color }
            }
            for x in max(0, left)...min(picture.width - 1, right) {
                for y in [top, bottom] where (0..<picture.height).contains(y) { picture[x, y] = color }
            }
        }
    }

    /// A labelled pixel belongs to the outline when one of its four neighbours has another label or lies outside.
    private func overlay(_ labels: [[UInt8]], on picture: inout RGBImage, _ style: SliceStyle) {
        for y in 0..<picture.height {
            for x in 0..<picture.width where labels[y][x] != 0 {
                let own = labels[y][x]
                let inside =
                    x > 0 && y > 0 && x + 1 < picture.width && y + 1 < picture.height
                    && labels[y][x - 1] == own && labels[y][x + 1] == own && labels[y - 1][x] == own
                    && labels[y + 1][x] == own
                let opacity = style.outlines && !inside ? 1 : style.fillOpacity
                picture[x, y] = picture[x, y].covered(by: LabelColors[own], opacity: opacity)
            }
        }
    }

    private func drawLetters(of plane: AnatomicalPlane, on picture: inout RGBImage) {
        let letters = plane.edgeLetters
        let (width, height) = (RGBImage.textWidth("R"), RGBImage.textHeight())
        // A picture smaller than its letters shows the anatomy instead.
        guard picture.width >= 6 * width, picture.height >= 6 * height else { return }
        let (middleX, middleY) = ((picture.width - width) / 2, (picture.height - height) / 2)
        for (letter, x, y) in [
            (letters.left, 2, middleY), (letters.right, picture.width - width - 2, middleY), (letters.top, middleX, 2),
            (letters.bottom, middleX, picture.height - height - 1),
        ] {
            // A dark edge keeps letters legible on bright anatomy.
            for (dx, dy) in [(-1, 0), (1, 0), (0, -1), (0, 1)] {
                picture.drawText(letter, x: x + dx, y: y + dy, color: .black)
            }
            picture.drawText(letter, x: x, y: y, color: RGB(255, 220, 90))
        }
    }

    var strides: [Int] { [1, grid.shape.i, grid.shape.i * grid.shape.j] }

    /// The pixels along one direction of a picture and the voxels that they show.
    struct PixelAxis {
        let stride: Int
        let pixels: [(low: Int, high: Int, fraction: Double, nearest: Int)]

        /// Pixels run against the world axis.
        init(_ source: PictureSource, worldAxis: Int, pixelSize: Double) {
            let axis = source.arrayAxis(worldAxis)
            let size = source.grid.shape.components[axis]
            let count = max(1, Int((Double(size) * source.grid.spacing.components[axis] / pixelSize).rounded()))
            let isReversed = source.grid.orientation.sign[axis] > 0
            stride = source.strides[axis]
            pixels = (0..<count).map { pixel in
                let place = (Double(isReversed ? count - 1 - pixel : pixel) + 0.5) * Double(size) / Double(count) - 0.5
                let held = min(max(place, 0), Double(size - 1))
                let low = Int(held)
                return (
                    low, min(low + 1, size - 1), held - Double(low), min(Int((held + 0.5).rounded(.down)), size - 1)
                )
            }
        }
    }
}

extension [(low: Int, high: Int, fraction: Double, nearest: Int)] {
    /// The pixels that fulfil a condition, which lie side by side; empty when none does.
    fileprivate func indices(where condition: (Element) -> Bool) -> Range<Int> {
        guard let first = firstIndex(where: condition), let last = lastIndex(where: condition) else { return 0..<0 }
        return first..<last + 1
    }
}
