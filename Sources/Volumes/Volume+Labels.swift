extension Volume where Voxel == UInt8 {
    /// Puts `values[v]` in the place of every label `v` other than 0.
    ///
    /// - Precondition: there are 256 values.
    public mutating func replaceLabels(by values: [UInt8]) {
        precondition(values.count == 256, "\(values.count) values for 256 labels")
        voxels.withUnsafeMutableBufferPointer { voxels in
            for n in voxels.indices where voxels[n] != 0 { voxels[n] = values[Int(voxels[n])] }
        }
    }

    /// The labels of another part of a grid, 0 where this map, the part `box` of it, has none.
    ///
    /// - Precondition: both boxes lie in the grid, and this map has the size of `box`.
    public func recut(_ box: VoxelBox, to part: VoxelBox, of grid: Grid) -> LabelMap {
        precondition(self.grid.shape == grid.cropped(to: box).shape, "a map of another shape than its box")
        let target = grid.cropped(to: part), shape = target.shape
        let low = pointwiseMax(box.lower, part.lower), high = pointwiseMin(box.upper, part.upper)
        let common = pointwiseMax(high &- low, .zero)
        let recut = [UInt8](voxels: shape.count) { result in
            // Rows of the target follow each other, so what lies between two common runs is one run of zeros.
            var done = 0
            if common.min() > 0 {
                voxels.withUnsafeBufferPointer { source in
                    for k in low.z..<high.z {
                        for j in low.y..<high.y {
                            let place = shape.offset(low.x - part.lower.x, j - part.lower.y, k - part.lower.z)
                            (result + done).update(repeating: 0, count: place - done)
                            let from = self.grid.shape.offset(
                                low.x - box.lower.x, j - box.lower.y, k - box.lower.z)
                            (result + place).update(from: source.baseAddress! + from, count: common.x)
                            done = place + common.x
                        }
                    }
                }
            }
            (result + done).update(repeating: 0, count: shape.count - done)
        }
        return LabelMap(unchecked: target, voxels: recut)
    }
}
