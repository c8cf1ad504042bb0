import Testing
import Volumes

@Suite struct ReorientationTests {
    /// Oblique, all sizes different, longer than one tile along each axis in turn.
    private func grid(_ i: Int, _ j: Int, _ k: Int) throws -> Grid {
        let affine = try Affine(rows: [[0.9, 0.2, 0.05, -30], [-0.2, 1.7, 0.3, 12], [0.1, -0.1, 2.5, 7]])
        return Grid(shape: try GridShape(i, j, k), affine: affine)
    }

    private static let orientations: [Orientation] = ["RAS", "RSA", "ARS", "ASR", "SRA", "SAR"].flatMap { axes in
        (0..<8).compactMap { flips in
            Orientation(
                String(
                    axes.enumerated().map { n, code in
                        flips >> n & 1 == 0 ? code : code == "R" ? "L" : code == "A" ? "P" : "I"
                    }))
        }
    }

    /// A value and its place in the world stay together, whatever the order of the axes: every voxel of the result is
    /// looked up in the original by its world position.
    @Test(arguments: orientations) func valuesKeepTheirPlaces(orientation: Orientation) throws {
        let volume = try Volume(grid: grid(7, 5, 3), voxels: (0..<105).map { Int16($0) })
        let turned = volume.reoriented(to: orientation)
        #expect(turned.grid.orientation == orientation)
        #expect(turned.grid == volume.grid.reoriented(to: orientation))
        let shape = turned.grid.shape
        for k in 0..<shape.k {
            for j in 0..<shape.j {
                for i in 0..<shape.i {
                    let world = turned.grid.affine.world(SIMD3(Double(i), Double(j), Double(k)))
                    let place = volume.grid.affine.voxel(world)
                    let nearest = place.rounded(.toNearestOrEven)
                    #expect((place - nearest).indices.allSatisfy { abs(place[$0] - nearest[$0]) < 1e-9 })
                    #expect(turned[i, j, k] == volume[Int(nearest.x), Int(nearest.y), Int(nearest.z)])
                }
            }
        }
        #expect(turned.reoriented(to: volume.grid.orientation).voxels == volume.voxels)
    }

    /// Every kernel (by element size, with axes longer than its tiles) against index arithmetic.
    @Test(arguments: orientations) func largeVolumesOfEveryElementSize(orientation: Orientation) throws {
        let grid = try grid(70, 67, 131)
        let voxels = (0..<grid.shape.count).map { UInt64($0) &* 0x9e37_79b9_7f4a_7c15 >> 7 }
        let change = Reorientation(of: grid, to: orientation)
        let target = change.target.shape
        var expected: [UInt64] = []
        expected.reserveCapacity(voxels.count)
        let n = grid.shape.components, order = change.sourceAxis
        for k in 0..<target.k {
            for j in 0..<target.j {
                for i in 0..<target.i {
                    var place = SIMD3<Int>()
                    place[order[0]] = change.isReversed[0] ? n[order[0]] - 1 - i : i
                    place[order[1]] = change.isReversed[1] ? n[order[1]] - 1 - j : j
                    place[order[2]] = change.isReversed[2] ? n[order[2]] - 1 - k : k
                    expected.append(voxels[grid.shape.offset(place.x, place.y, place.z)])
                }
            }
        }
        func check<Voxel: VoxelScalar & FixedWidthInteger>(_: Voxel.Type) {
            let found = voxels.map { Voxel(truncatingIfNeeded: $0) }.withUnsafeBufferPointer(change.apply)
            #expect(found == expected.map { Voxel(truncatingIfNeeded: $0) }, "\(Voxel.self) to \(orientation)")
        }
        check(UInt8.self)
        check(Int16.self)
        check(UInt32.self)
        check(UInt64.self)
    }

    @Test func cropping() throws {
        let volume = try Volume(grid: grid(7, 5, 3), voxels: (0..<105).map { UInt8($0) })
        let box = VoxelBox(lower: SIMD3(2, 1, 1), upper: SIMD3(6, 4, 3))
        let cropped = volume.cropped(to: box)
        #expect(cropped.grid.shape.components == SIMD3(4, 3, 2))
        for k in 0..<2 {
            for j in 0..<3 {
                for i in 0..<4 { #expect(cropped[i, j, k] == volume[i + 2, j + 1, k + 1]) }
            }
        }
        #expect(cropped.grid.affine.world(.zero) == volume.grid.affine.world(SIMD3(2, 1, 1)))
        #expect(volume.cropped(to: VoxelBox(volume.grid.shape)).voxels == volume.voxels)
    }
}
