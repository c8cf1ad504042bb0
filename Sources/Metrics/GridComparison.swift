import Volumes

/// How two grids differ, in words, or `nil` when they describe the same voxels: equal shapes, and corners that lie
/// within a hundredth of the smallest spacing of each other.
func gridDifference(_ found: Grid, _ expected: Grid) -> String? {
    let a = found.shape.components, b = expected.shape.components
    guard a == b else { return "found \(a.x) x \(a.y) x \(a.z) voxels instead of \(b.x) x \(b.y) x \(b.z)" }
    let last = SIMD3<Double>(a &- 1)
    let corners = [SIMD3(0, 0, 0), SIMD3(last.x, 0, 0), SIMD3(0, last.y, 0), SIMD3(0, 0, last.z), last]
    let distance = corners.map { corner in
        let step = found.affine.world(corner) - expected.affine.world(corner)
        return (step * step).sum().squareRoot()
    }.max()!
    guard distance > 0.01 * expected.spacing.components.min() else { return nil }
    return "a corner lies \((distance * 1000).rounded() / 1000) mm away"
}

extension LabelMap {
    /// The labels at the voxel centres of another grid, by nearest neighbour; 0 outside.
    func nearest(on grid: Grid) -> LabelMap {
        let target = grid.shape, source = self.grid
        var labels = [UInt8](repeating: 0, count: target.count)
        for k in 0..<target.k {
            for j in 0..<target.j {
                for i in 0..<target.i {
                    let place = source.affine.voxel(grid.affine.world(SIMD3(Double(i), Double(j), Double(k))))
                    let nearest = (place + 0.5).rounded(.down)
                    let (x, y, z) = (Int(nearest.x), Int(nearest.y), Int(nearest.z))
                    if source.shape.contains(x, y, z) { labels[target.offset(i, j, k)] = self[x, y, z] }
                }
            }
        }
        // Right by construction: one label per voxel of the grid.
        return try! LabelMap(grid: grid, voxels: labels)
    }
}
