import Volumes

/// The voxels that pictures are made of: intensities and, where there are any, labels on the same grid of any orientation.
///
/// Oblique grids are shown along their own axes, each named after the world axis that it follows most closely.
public struct PictureSource {
    /// Shape and place of the volume.
    public let grid: Grid
    /// The intensity of the voxel at a place in memory, `grid.shape.offset(i, j, k)`.
    let intensity: (Int) -> Double
    let label: ((Int) -> UInt8)?

    /// Whether there are labels to draw.
    public var isLabelled: Bool { label != nil }

    /// From voxels of any kind, such as files mapped into memory.
    public init(grid: Grid, intensity: @escaping (Int) -> Double, label: ((Int) -> UInt8)? = nil) {
        (self.grid, self.intensity, self.label) = (grid, intensity, label)
    }

    /// - Precondition: image and labels have the same shape.
    public init<Voxel>(_ image: Volume<Voxel>, labels: LabelMap? = nil) {
        if let labels {
            precondition(
                labels.grid.shape == image.grid.shape,
                "the label map has \(labels.grid.shape.components) voxels, the image \(image.grid.shape.components)")
        }
        self.init(
            grid: image.grid, intensity: { image.voxels[$0].doubleValue },
            label: labels.map { labels in { labels.voxels[$0] } })
    }

    /// The array axis that follows a world axis.
    func arrayAxis(_ worldAxis: Int) -> Int {
        let orientation = grid.orientation
        return (0..<3).first { orientation.worldAxis[$0] == worldAxis }!
    }

    /// The number of slices in a plane's direction.
    public func sliceCount(_ plane: AnatomicalPlane) -> Int { grid.shape.components[arrayAxis(plane.normal)] }

    /// For i, j and k, the slice with the most labelled voxels (of several the one nearest to the middle); the middle of the
    /// volume when nothing is labelled.
    public func mostLabelledPosition() -> SIMD3<Int> {
        let shape = grid.shape
        var counts = (0..<3).map { [Int](repeating: 0, count: shape.components[$0]) }
        if let label {
            var offset = 0
            for k in 0..<shape.k {
                for j in 0..<shape.j {
                    var inRow = 0
                    for i in 0..<shape.i where label(offset + i) != 0 {
                        counts[0][i] += 1
                        inRow += 1
                    }
                    counts[1][j] += inRow
                    counts[2][k] += inRow
                    offset += shape.i
                }
            }
        }
        var position = SIMD3<Int>()
        for axis in 0..<3 {
            let middle = shape.components[axis] / 2
            position[axis] = counts[axis].indices.max {
                (counts[axis][$0], -abs($0 - middle)) < (counts[axis][$1], -abs($1 - middle))
            }!
        }
        return position
    }

    /// The window from the 1st to the 99th percentile of about 100 000 voxels spread over the volume. Voxels of the
    /// lowest intensity are the air or padding around a scan and do not count, unless nothing else is left.
    public func automaticWindow() -> IntensityWindow {
        let count = grid.shape.count
        // An odd stride does not fall into step with rows whose length is even.
        let stride = max(1, count / 100_000) | 1
        let sample = Swift.stride(from: 0, to: count, by: stride).map(intensity).filter(\.isFinite).sorted()
        guard let first = sample.first, let last = sample.last else { return IntensityWindow(0, 1) }
        guard first < last else { return IntensityWindow(first - 0.5, first + 0.5) }
        let scan = sample.drop { $0 == first }
        let lower = scan[scan.startIndex + (scan.count - 1) / 100]
        let upper = scan[scan.startIndex + (scan.count - 1) * 99 / 100]
        return lower < upper ? IntensityWindow(lower, upper) : IntensityWindow(first, last)
    }
}
