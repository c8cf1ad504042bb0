import VolumeStore
import Volumes

/// The windows of a reference that its classes are encoded from, chosen by its own labels.
///
/// When the box around all classes fits in a patch, that is one window about the box's centre, moved so that it leaves the
/// image as little as possible. Otherwise classes are taken by falling volume of their boxes: one whose box lies in a window
/// chosen before uses that window; another gets windows of its own, one about its centre or, along axes where its box is
/// longer than the patch, as many as tile the box. So every voxel of every class is seen, and small structures are seen whole.
package struct ReferenceWindows {
    package struct Window: Hashable {
        package let origin: SIMD3<Int>
        /// The classes encoded from it, in the order given.
        package var values: [UInt8]

        package init(origin: SIMD3<Int>, values: [UInt8]) { (self.origin, self.values) = (origin, values) }
    }

    package let windows: [Window]

    /// - Parameters:
    ///   - classes: those wanted that the reference holds; none gives no windows.
    ///   - volume: the reference's size.
    package init(of classes: [ClassPresence], in volume: GridShape, patch: GridShape) {
        guard let first = classes.first else {
            windows = []
            return
        }
        let all = classes.dropFirst().reduce(first.box) {
            VoxelBox(lower: pointwiseMin($0.lower, $1.box.lower), upper: pointwiseMax($0.upper, $1.box.upper))
        }
        if Self.fits(all, patch) {
            windows = [Window(origin: Self.origin(about: all, in: volume, patch), values: classes.map(\.value))]
            return
        }
        var found: [Window] = []
        func size(_ presence: ClassPresence) -> Int { presence.box.size.x * presence.box.size.y * presence.box.size.z }
        for presence in classes.sorted(by: { (size($0), $1.value) > (size($1), $0.value) }) {
            if let place = found.firstIndex(where: { Self.holds($0.origin, patch, presence.box) }) {
                found[place].values.append(presence.value)
                continue
            }
            for origin in Self.tiles(of: presence.box, in: volume, patch) {
                if let place = found.firstIndex(where: { $0.origin == origin }) {
                    found[place].values.append(presence.value)
                } else {
                    found.append(Window(origin: origin, values: [presence.value]))
                }
            }
        }
        let order = Dictionary(uniqueKeysWithValues: classes.enumerated().map { ($1.value, $0) })
        windows = found.map { window in
            Window(origin: window.origin, values: window.values.sorted { order[$0]! < order[$1]! })
        }
    }

    private static func fits(_ box: VoxelBox, _ patch: GridShape) -> Bool {
        (0..<3).allSatisfy { box.size[$0] <= patch.components[$0] }
    }

    private static func holds(_ origin: SIMD3<Int>, _ patch: GridShape, _ box: VoxelBox) -> Bool {
        (0..<3).allSatisfy { origin[$0] <= box.lower[$0] && box.upper[$0] <= origin[$0] + patch.components[$0] }
    }

    private static func origin(about box: VoxelBox, in volume: GridShape, _ patch: GridShape) -> SIMD3<Int> {
        let size = patch.components, room = volume.components &- size
        var origin = SIMD3<Int>()
        for axis in 0..<3 {
            let centred = (box.lower[axis] + box.upper[axis] - size[axis]) >> 1
            // A volume shorter than the patch lies in its middle, as sliding windows have it.
            origin[axis] = room[axis] < 0 ? -(-room[axis] / 2) : min(max(centred, 0), room[axis])
        }
        return origin
    }

    private static func tiles(of box: VoxelBox, in volume: GridShape, _ patch: GridShape) -> [SIMD3<Int>] {
        let centred = origin(about: box, in: volume, patch)
        // A box of the volume is a valid shape.
        let length = try! GridShape(box.size.x, box.size.y, box.size.z)
        let tiling = SlidingWindow(volume: length, patch: patch, overlap: 0)
        return tiling.origins.map { tile in
            var origin = centred
            for axis in 0..<3 where box.size[axis] > patch.components[axis] {
                origin[axis] = box.lower[axis] + tile[axis]
            }
            return origin
        }
    }
}
