import Glibc
import RandomNumbers
import Volumes

/// A voxel grid on which shapes are painted one over the other: intensities with partial volume, labels without.
struct PhantomCanvas {
    let grid: Grid
    /// Where each voxel lies in the undeformed anatomy, in mm.
    private let places: [SIMD3<Float>]
    /// The largest step between neighbouring voxels along a world axis; the width of partial volume.
    private let edge: Float
    /// How far `places` may lie from the voxels' true positions.
    private let warpReach: Float
    private(set) var intensities: [Float]
    private(set) var labels: [UInt8]

    /// - Parameter warp: bends the anatomy, so that no organ is a perfect ellipsoid.
    init(grid: Grid, background: Float, warp: PhantomWarp) {
        self.grid = grid
        let shape = grid.shape
        let origin = SIMD3<Float>(grid.affine.origin)
        let (stepI, stepJ, stepK) = (
            SIMD3<Float>(grid.affine.columnI), SIMD3<Float>(grid.affine.columnJ), SIMD3<Float>(grid.affine.columnK)
        )
        places = Array(unsafeUninitializedCapacity: shape.count) { buffer, count in
            var n = 0
            for k in 0..<shape.k {
                for j in 0..<shape.j {
                    let row = origin + stepJ * Float(j) + stepK * Float(k)
                    for i in 0..<shape.i {
                        buffer.initializeElement(at: n, to: warp.anatomy(row + stepI * Float(i)))
                        n += 1
                    }
                }
            }
            count = n
        }
        let spacing = grid.spacing
        edge = Float((spacing.i + spacing.j + spacing.k) / 3)
        warpReach = warp.reach
        intensities = [Float](repeating: background, count: shape.count)
        labels = [UInt8](repeating: 0, count: shape.count)
    }

    /// Paints a shape over what is there. Voxels that its surface crosses mix both intensities; those with their centre
    /// inside take `label`, where there is one.
    mutating func paint(_ shape: PhantomShape, intensity: Float, label: UInt8? = nil) {
        forEachVoxel(near: shape) { canvas, n, place in
            let distance = shape.distance(place)
            let coverage = 0.5 - distance / canvas.edge
            guard coverage > 0 else { return }
            canvas.intensities[n] += (intensity - canvas.intensities[n]) * min(1, coverage)
            if let label, distance < 0 { canvas.labels[n] = label }
        }
    }

    /// Calls `body` with every voxel that may lie in or on the shape: its place in memory and in the anatomy.
    private mutating func forEachVoxel(
        near shape: PhantomShape, _ body: (inout PhantomCanvas, Int, SIMD3<Float>) -> Void
    ) {
        let size = grid.shape.components
        var low = SIMD3<Int>(), high = size &- 1
        if let bounds = shape.bounds {
            let margin = warpReach + edge
            (low, high) = voxelBox(SIMD3<Double>(bounds.low - margin), SIMD3<Double>(bounds.high + margin))
        }
        guard low.x <= high.x, low.y <= high.y, low.z <= high.z else { return }
        for k in low.z...high.z {
            for j in low.y...high.y {
                for i in low.x...high.x {
                    let n = grid.shape.offset(i, j, k)
                    body(&self, n, places[n])
                }
            }
        }
    }

    /// The voxels that a box of the world reaches, clamped to the grid.
    private func voxelBox(_ a: SIMD3<Double>, _ b: SIMD3<Double>) -> (low: SIMD3<Int>, high: SIMD3<Int>) {
        var low = SIMD3<Double>(repeating: .infinity), high = SIMD3<Double>(repeating: -.infinity)
        for corner in 0..<8 {
            let point = SIMD3(corner & 1 == 0 ? a.x : b.x, corner & 2 == 0 ? a.y : b.y, corner & 4 == 0 ? a.z : b.z)
            let voxel = grid.affine.voxel(point)
            low = pointwiseMin(low, voxel)
            high = pointwiseMax(high, voxel)
        }
        let last = SIMD3<Double>(grid.shape.components &- 1)
        let first = pointwiseMax(SIMD3(repeating: 0), low.rounded(.down)), final = pointwiseMin(last, high.rounded(.up))
        return (SIMD3<Int>(first), SIMD3<Int>(final))
    }

    /// Replaces every intensity by what `transform` makes of it and of the voxel's place in the anatomy.
    mutating func mapIntensities(_ transform: (Float, SIMD3<Float>) -> Float) {
        for n in intensities.indices { intensities[n] = transform(intensities[n], places[n]) }
    }

    /// Adds normal noise, cut off at three standard deviations so that no voxel leaves its tissue's range.
    mutating func addNoise(deviation: Float, using generator: inout Philox) {
        for n in intensities.indices {
            intensities[n] += deviation * Float(max(-3, min(3, generator.normal())))
        }
    }

    /// Makes magnitudes of the intensities as an MR scanner does, with normal noise in both channels (Rician), cut off at
    /// three standard deviations.
    mutating func addRicianNoise(deviation: Float, using generator: inout Philox) {
        for n in intensities.indices {
            let real = intensities[n] + deviation * Float(max(-3, min(3, generator.normal())))
            let imaginary = deviation * Float(max(-3, min(3, generator.normal())))
            intensities[n] = (real * real + imaginary * imaginary).squareRoot()
        }
    }

    /// The labels as a volume.
    var labelMap: LabelMap {
        // The arrays were made for this grid.
        try! LabelMap(grid: grid, voxels: labels)
    }

    /// The intensities as a volume of another number type, rounded and clamped.
    func image<Voxel: VoxelScalar>(_: Voxel.Type = Voxel.self, in range: ClosedRange<Float>) -> Volume<Voxel> {
        try! Volume(
            grid: grid,
            voxels: intensities.map { Voxel(clampingRounded: Double(max(range.lowerBound, min(range.upperBound, $0)))) }
        )
    }
}

/// A smooth deformation: a sum of waves longer than organs.
struct PhantomWarp: Sendable {
    private var waves: [(vector: SIMD3<Float>, phase: Float, amplitude: SIMD3<Float>)] = []
    /// No place moves further than this, in mm.
    private(set) var reach: Float = 0

    /// No deformation.
    init() {}

    /// - Parameters:
    ///   - amplitude: of each of the three waves, in mm.
    ///   - wavelength: the shortest and the longest, in mm.
    init(amplitude: Float, wavelength: ClosedRange<Double>, using generator: inout Philox) {
        for _ in 0..<3 {
            let direction = SIMD3(Float(generator.normal()), Float(generator.normal()), Float(generator.normal()))
            let unit = direction / max(1e-3, (direction * direction).sum().squareRoot())
            let length = Float(generator.uniform(in: wavelength))
            let push = SIMD3(
                Float(generator.uniform(in: -1...1)), Float(generator.uniform(in: -1...1)),
                Float(generator.uniform(in: -1...1)))
            waves.append((unit * (2 * .pi / length), Float(generator.uniform(in: 0...6.28)), push * amplitude))
            reach += amplitude * (push * push).sum().squareRoot()
        }
    }

    /// The place in the undeformed anatomy that a point of the world shows.
    func anatomy(_ world: SIMD3<Float>) -> SIMD3<Float> {
        var place = world
        for wave in waves { place += wave.amplitude * sin((wave.vector * world).sum() + wave.phase) }
        return place
    }
}

extension Grid {
    /// The grid that covers a box of the world (mm, RAS+) with a spacing along x, y and z, its axes in the order and
    /// direction of an orientation code such as "LPS".
    static func covering(
        low: SIMD3<Double>, high: SIMD3<Double>, spacing: SIMD3<Double>, orientation: Orientation
    ) throws(GeometryError) -> Grid {
        var sizes = [0, 0, 0], columns = [SIMD3<Double>](repeating: .zero, count: 3), origin = low
        for axis in 0..<3 {
            let world = orientation.worldAxis[axis], sign = orientation.sign[axis]
            sizes[axis] = max(1, Int(((high[world] - low[world]) / spacing[world]).rounded()))
            columns[axis][world] = spacing[world] * Double(sign)
            if sign < 0 { origin[world] = low[world] + spacing[world] * Double(sizes[axis] - 1) }
        }
        return Grid(
            shape: try GridShape(sizes[0], sizes[1], sizes[2]),
            affine: try Affine(columnI: columns[0], columnJ: columns[1], columnK: columns[2], origin: origin))
    }
}
