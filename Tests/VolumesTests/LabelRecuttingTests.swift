import Testing
import Volumes

@Suite struct LabelRecuttingTests {
    /// Every voxel of the new part, looked up by its index in the whole grid.
    @Test(arguments: [
        // Inside, around, across each end, beside, the same.
        (SIMD3(3, 2, 3), SIMD3(6, 5, 5)), (SIMD3(0, 0, 0), SIMD3(9, 8, 7)), (SIMD3(0, 1, 2), SIMD3(4, 4, 4)),
        (SIMD3(5, 4, 4), SIMD3(9, 8, 7)), (SIMD3(0, 0, 0), SIMD3(2, 8, 7)), (SIMD3(2, 1, 2), SIMD3(7, 6, 6)),
    ]) func everyVoxelIsThatOfTheGridOrBackground(lower: SIMD3<Int>, upper: SIMD3<Int>) throws {
        let grid = Grid(
            shape: try GridShape(9, 8, 7), affine: Affine(spacing: try Spacing(1, 2, 3), origin: SIMD3(5, 6, 7)))
        let box = VoxelBox(lower: SIMD3(2, 1, 2), upper: SIMD3(7, 6, 6)), part = VoxelBox(lower: lower, upper: upper)
        let map = try LabelMap(grid: grid.cropped(to: box), voxels: (0..<100).map { UInt8($0 + 1) })
        let recut = map.recut(box, to: part, of: grid)
        #expect(recut.grid == grid.cropped(to: part))
        for k in lower.z..<upper.z {
            for j in lower.y..<upper.y {
                for i in lower.x..<upper.x {
                    let inside = (2..<7).contains(i) && (1..<6).contains(j) && (2..<6).contains(k)
                    let expected: UInt8 = inside ? map[i - 2, j - 1, k - 2] : 0
                    #expect(recut[i - lower.x, j - lower.y, k - lower.z] == expected)
                }
            }
        }
    }

    @Test func labelsAreReplacedByTable() throws {
        let grid = Grid(shape: try GridShape(256, 1, 1), affine: Affine(spacing: try Spacing(1, 1, 1)))
        var map = try LabelMap(grid: grid, voxels: (0...255).map { UInt8($0) })
        var table = (0...255).map { UInt8(255 - $0) }
        table[14] = 0
        map.replaceLabels(by: table)
        // Background stays background whatever the table says.
        var expected = (0...255).map { UInt8(255 - $0) }
        (expected[0], expected[14]) = (0, 0)
        #expect(map.voxels == expected)
    }
}
