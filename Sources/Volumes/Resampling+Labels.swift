import CKernels

extension Volume where Voxel == UInt8 {
    /// The label map at another spacing, on `grid.resampled(to: spacing)`: each voxel gets the label of the nearest voxel
    /// centre, of two equally near the one with the higher index. No label arises that was not there.
    ///
    /// - Parameters:
    ///   - spacing: the voxel size of the new grid, in mm.
    ///   - box: the part of the new grid that is wanted; all of it by default.
    /// - Throws: `GeometryError.invalidShape` when the new grid does not fit in memory.
    public func resampledNearest(to spacing: Spacing, box: VoxelBox? = nil) throws(GeometryError) -> LabelMap {
        try withView { (view) throws(GeometryError) in try view.resampledNearest(to: spacing, box: box) }
    }
}

extension VolumeView where Voxel == UInt8 {
    /// See ``Volume/resampledNearest(to:box:)``.
    public func resampledNearest(to spacing: Spacing, box: VoxelBox? = nil) throws(GeometryError) -> LabelMap {
        let target = try grid.resampled(to: spacing)
        let box = box ?? VoxelBox(target.shape)
        let axes = (0..<3).map { axis in
            ResamplingAxis(
                size: grid.shape.components[axis], spacing: grid.spacing.components[axis],
                target: spacing.components[axis], outputs: box.lower[axis]..<box.upper[axis], interpolation: .nearest)
        }
        let result = target.cropped(to: box)
        let picked = [UInt8](voxels: result.shape.count) { Self.pick(axes, grid.shape, voxels.baseAddress!, $0) }
        return LabelMap(unchecked: result, voxels: picked)
    }

    /// Rows and slices that come from the same place as the one before are copied from it.
    private static func pick(
        _ axes: [ResamplingAxis], _ shape: GridShape, _ input: UnsafePointer<UInt8>,
        _ output: UnsafeMutablePointer<UInt8>
    ) {
        let (i, j, k) = (axes[0].first, axes[1].first, axes[2].first)
        let row = i.count, plane = i.count * j.count
        let input =
            input + shape.offset(axes[0].window.lowerBound, axes[1].window.lowerBound, axes[2].window.lowerBound)
        for z in k.indices {
            let slice = output + z * plane
            if z > 0, k[z] == k[z - 1] {
                slice.update(from: slice - plane, count: plane)
                continue
            }
            for y in j.indices {
                if y > 0, j[y] == j[y - 1] {
                    (slice + y * row).update(from: slice + (y - 1) * row, count: row)
                } else {
                    iris_pick_labels(input + shape.offset(0, Int(j[y]), Int(k[z])), i, row, slice + y * row)
                }
            }
        }
    }
}
