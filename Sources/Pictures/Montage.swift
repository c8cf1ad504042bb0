import Volumes

/// Pictures of a volume side by side.
public enum Montage {
    /// What a montage is drawn with. Values that are `nil` are chosen from the volume.
    public struct Options: Sendable {
        /// Black to white; the 1st to 99th percentile by default.
        public var window: IntensityWindow?
        /// The size of a pixel in mm; by default such that the largest picture is about 384 pixels wide or high.
        public var pixelSize: Double?
        /// A line of text above the pictures.
        public var caption: String?
        /// Names of label values, drawn with their colors below the pictures.
        public var legend: [(value: UInt8, name: String)] = []
        /// How opaque labels are filled, 0 to 1.
        public var fillOpacity = 0.3
        /// Whether labels have an outline.
        public var outlines = true
        /// Whether a frame shows the position in ``Montage/threePlanes(_:at:options:)``.
        public var marksPosition = false

        public init(window: IntensityWindow? = nil, pixelSize: Double? = nil, caption: String? = nil) {
            (self.window, self.pixelSize, self.caption) = (window, pixelSize, caption)
        }
    }

    /// The axial, coronal and sagittal slice through one voxel, in that order from left to right.
    ///
    /// - Parameters:
    ///   - source: volume and labels.
    ///   - position: the voxel; by default ``PictureSource/mostLabelledPosition()``.
    ///   - options: size and window of the pictures.
    public static func threePlanes(
        _ source: PictureSource, at position: SIMD3<Int>? = nil, options: Options = Options()
    )
        -> RGBImage
    {
        let position = position ?? source.mostLabelledPosition()
        var style = style(for: source, options)
        if options.marksPosition { style.mark = position }
        let pictures = AnatomicalPlane.allCases.map { plane in
            let index = position[source.arrayAxis(plane.normal)]
            return titled(source.picture(of: plane, index: index, style: style), "\(plane.rawValue) \(index)")
        }
        return framed(rows: [pictures], options)
    }

    /// Slices of one plane, spread evenly over the volume from the first to the last, row by row.
    ///
    /// - Precondition: both counts are at least 1.
    public static func slices(
        _ source: PictureSource, plane: AnatomicalPlane = .axial, count: Int = 12, columns: Int = 4,
        options: Options = Options()
    ) -> RGBImage {
        precondition(count > 0 && columns > 0, "\(count) slices in \(columns) columns")
        let style = style(for: source, options)
        let slices = source.sliceCount(plane), shown = min(count, slices)
        let pictures = (0..<shown).map { n in
            // The middles of equal parts, so that the ends, which are often empty, are not shown.
            let index = (2 * n + 1) * slices / (2 * shown)
            return titled(source.picture(of: plane, index: index, style: style), "\(index)")
        }
        let rows = stride(from: 0, to: shown, by: columns).map { Array(pictures[$0..<min(shown, $0 + columns)]) }
        return framed(rows: rows, options)
    }

    private static let gap = 6
    private static let background = RGB(grey: 24)

    static func style(for source: PictureSource, _ options: Options) -> SliceStyle {
        let extent = SIMD3<Double>(source.grid.shape.components) * source.grid.spacing.components
        var style = SliceStyle(
            window: options.window ?? source.automaticWindow(), pixelSize: options.pixelSize ?? extent.max() / 384)
        style.fillOpacity = options.fillOpacity
        style.outlines = options.outlines
        return style
    }

    /// The picture with a line of text above it.
    static func titled(_ picture: RGBImage, _ title: String) -> RGBImage {
        let line = RGBImage.textHeight() + 2
        var result = RGBImage(
            width: max(picture.width, RGBImage.textWidth(title)), height: picture.height + line, fill: background)
        result.drawText(title, x: 0, y: 0, color: RGB(grey: 170))
        result.draw(picture, x: 0, y: line)
        return result
    }

    /// - Parameter legend: names with the colors that stand for them; by default those of the options' label values.
    static func framed(rows: [[RGBImage]], _ options: Options, legend entries: [(color: RGB, name: String)]? = nil)
        -> RGBImage
    {
        let width = max(
            rows.map { $0.reduce(gap) { $0 + $1.width + gap } }.max()!,
            options.caption.map { RGBImage.textWidth($0, scale: 2) + 2 * gap } ?? 0)
        let captionHeight = options.caption == nil ? 0 : RGBImage.textHeight(scale: 2) + gap
        let legend = legendLines(
            entries ?? options.legend.map { (LabelColors[$0.value], $0.name) }, width: width - 2 * gap)
        let lineHeight = RGBImage.textHeight() + 4
        let legendHeight = legend.isEmpty ? 0 : legend.count * lineHeight + gap
        let rowHeights = rows.map { $0.map(\.height).max()! + gap }
        var result = RGBImage(
            width: width, height: gap + captionHeight + rowHeights.reduce(0, +) + legendHeight, fill: background)
        var y = gap
        if let caption = options.caption {
            result.drawText(caption, x: gap, y: y, scale: 2)
            y += captionHeight
        }
        for (row, height) in zip(rows, rowHeights) {
            var x = gap
            for picture in row {
                result.draw(picture, x: x, y: y)
                x += picture.width + gap
            }
            y += height
        }
        for line in legend {
            var x = gap
            for entry in line {
                result.fill(x: x, y: y, width: 8, height: 8, entry.color)
                result.drawText(entry.name, x: x + 11, y: y)
                x += legendWidth(entry.name)
            }
            y += lineHeight
        }
        return result
    }

    private static func legendWidth(_ name: String) -> Int { 11 + RGBImage.textWidth(name) + 12 }

    /// The legend broken into lines no wider than the picture.
    private static func legendLines(_ legend: [(color: RGB, name: String)], width: Int) -> [[(
        color: RGB, name: String
    )]] {
        var lines: [[(color: RGB, name: String)]] = []
        var used = Int.max
        for entry in legend {
            let needed = legendWidth(entry.name)
            if used > width - needed {
                lines.append([])
                used = 0
            }
            lines[lines.count - 1].append(entry)
            used += needed
        }
        return lines
    }
}
