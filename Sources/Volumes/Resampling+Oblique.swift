import CKernels

extension Grid {
    /// The grid along the world's axes (orientation RAS) of the given spacing that covers all voxel centres of this one. Its
    /// first voxel lies in the corner of their bounding box.
    ///
    /// - Throws: `GeometryError.invalidShape` when it does not fit in memory.
    public func alongWorldAxes(spacing: Spacing) throws(GeometryError) -> Grid {
        let last = shape.components &- 1
        let corners = (0..<8).map { corner in
            affine.world(SIMD3((0..<3).map { corner >> $0 & 1 == 1 ? Double(last[$0]) : 0 }))
        }
        let lower = corners.dropFirst().reduce(corners[0]) { pointwiseMin($0, $1) }
        let upper = corners.dropFirst().reduce(corners[0]) { pointwiseMax($0, $1) }
        // A millionth of a voxel is left to rounding errors; more needs another voxel.
        let steps = ((upper - lower) / spacing.components - 1e-6).rounded(.up)
        guard steps.max() < 0x1p31 else { throw .invalidShape(found: [shape.i, shape.j, shape.k]) }
        return Grid(
            shape: try GridShape(Int(steps.x) + 1, Int(steps.y) + 1, Int(steps.z) + 1),
            affine: Affine(spacing: spacing, origin: lower))
    }

    /// How the voxels of `target` lie in this grid, for the kernels.
    func obliqueMap(to target: Grid) -> iris_oblique_map {
        let origin = affine.voxel(target.affine.origin)
        let columns = [target.affine.columnI, target.affine.columnJ, target.affine.columnK].map {
            affine.voxel(target.affine.origin + $0) - origin
        }
        func row(_ a: Int) -> (Double, Double, Double, Double) {
            (columns[0][a], columns[1][a], columns[2][a], origin[a])
        }
        return iris_oblique_map(
            source: (shape.i, shape.j, shape.k), output: (target.shape.i, target.shape.j, target.shape.k),
            matrix: (row(0), row(1), row(2)))
    }
}

extension Volume where Voxel: ResampledVoxel {
    /// The image on any other grid, turned or not, at the places where the two meet in the world.
    ///
    /// - Parameters:
    ///   - target: the grid wanted.
    ///   - interpolation: cubic reads 64 coefficients for each voxel; for grids that only differ in spacing
    ///     ``resampled(to:rule:box:)`` gives the same, many times faster.
    ///   - outside: what voxels get whose centres lie half a voxel or more outside of the outermost centres of this
    ///     volume; its smallest intensity when `nil`.
    public func resampled(onto target: Grid, interpolation: Interpolation = .cubic, outside: Float? = nil) -> Volume<
        Float
    > {
        let voxels = [Float](voxels: target.shape.count) { output in
            withView {
                $0.resample(
                    onto: target, interpolation: interpolation, outside: outside,
                    into: UnsafeMutableBufferPointer(start: output, count: target.shape.count))
            }
        }
        return Volume<Float>(unchecked: target, voxels: voxels)
    }
}

extension VolumeView where Voxel: ResampledVoxel {
    /// Writes the image on any other grid to `output`, which may be uninitialised; see
    /// ``Volume/resampled(onto:interpolation:outside:)``.
    ///
    /// - Precondition: `output` has as many places as `target` voxels.
    public func resample(
        onto target: Grid, interpolation: Interpolation = .cubic, outside: Float? = nil,
        into output: UnsafeMutableBufferPointer<Float>
    ) {
        precondition(output.count == target.shape.count, "\(output.count) places for \(target.shape.components)")
        var samples = voxels.map { Float(clampingRounded: $0.doubleValue) }
        let outside = outside ?? samples.min()!
        var map = grid.obliqueMap(to: target)
        let kind = [.nearest: IRIS_PICK, .linear: IRIS_LINEAR, .cubic: IRIS_SPLINE][interpolation]!
        if interpolation == .cubic {
            iris_spline_coefficients(&samples, [grid.shape.i, grid.shape.j, grid.shape.k])
        }
        iris_resample_oblique(samples, &map, kind, outside, output.baseAddress)
    }
}

extension Volume where Voxel == UInt8 {
    /// The labels on any other grid: each voxel gets the label of the nearest voxel of this map, and 0 half a voxel or more
    /// outside of its outermost centres.
    public func resampledNearest(onto target: Grid) -> LabelMap { withView { $0.resampledNearest(onto: target) } }
}

extension VolumeView where Voxel == UInt8 {
    /// See ``Volume/resampledNearest(onto:)``.
    public func resampledNearest(onto target: Grid) -> LabelMap {
        var map = grid.obliqueMap(to: target)
        let picked = [UInt8](unsafeUninitializedCapacity: target.shape.count) { output, count in
            iris_pick_labels_oblique(voxels.baseAddress, &map, output.baseAddress)
            count = target.shape.count
        }
        return LabelMap(unchecked: target, voxels: picked)
    }
}
