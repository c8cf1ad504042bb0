import IrisTraining
import Testing
import VolumeStore
import Volumes

/// Windows by geometry: boxes are given by hand, and what must be seen is counted voxel by voxel.
@Suite struct ReferenceWindowsTests {
    private func presence(_ value: UInt8, _ lower: SIMD3<Int>, _ upper: SIMD3<Int>) -> ClassPresence {
        ClassPresence(value: value, voxels: 1, box: VoxelBox(lower: lower, upper: upper), centroid: .zero)
    }

    private func windows(_ classes: [ClassPresence], _ volume: (Int, Int, Int), patch: Int = 16) throws
        -> [ReferenceWindows.Window]
    {
        ReferenceWindows(
            of: classes, in: try GridShape(volume.0, volume.1, volume.2), patch: try GridShape(patch, patch, patch)
        ).windows
    }

    @Test func classesThatFitTogetherShareOneCentredWindow() throws {
        let found = try windows(
            [presence(2, SIMD3(20, 20, 20), SIMD3(24, 28, 22)), presence(5, SIMD3(26, 20, 20), SIMD3(30, 22, 36))],
            (64, 64, 64))
        // The box around both is 20..<30, 20..<28, 20..<36: its middle 25, 24, 28 becomes the window's.
        #expect(found == [.init(origin: SIMD3(17, 16, 20), values: [2, 5])])
    }

    @Test func windowsStayInTheVolumeOrHoldItInTheirMiddle() throws {
        let corner = try windows([presence(1, .zero, SIMD3(4, 4, 4))], (64, 64, 9))
        #expect(corner.map(\.origin) == [SIMD3(0, 0, -3)])
        let end = try windows([presence(1, SIMD3(60, 60, 5), SIMD3(64, 64, 9))], (64, 64, 9))
        #expect(end.map(\.origin) == [SIMD3(48, 48, -3)])
    }

    /// A class far off gets a window of its own; a third that lies in the first one's window uses it.
    @Test func classesFarApartGetTheirOwnWindows() throws {
        let found = try windows(
            [
                presence(1, SIMD3(40, 4, 4), SIMD3(42, 6, 6)), presence(2, SIMD3(2, 2, 2), SIMD3(12, 12, 12)),
                presence(3, SIMD3(5, 5, 5), SIMD3(7, 7, 7)),
            ], (64, 64, 64))
        #expect(found == [.init(origin: SIMD3(0, 0, 0), values: [2, 3]), .init(origin: SIMD3(33, 0, 0), values: [1])])
    }

    /// Every voxel of a box longer than the patch lies in a window, and no window looks past the box along that axis.
    @Test(arguments: [17, 31, 32, 33, 50]) func longClassesAreTiled(length: Int) throws {
        let box = presence(7, SIMD3(3, 10, 10), SIMD3(3 + length, 14, 14))
        let found = try windows([box, presence(9, SIMD3(3, 10, 10), SIMD3(4, 11, 11))], (80, 40, 40))
        for i in box.box.lower.x..<box.box.upper.x {
            #expect(found.contains { $0.values.contains(7) && ($0.origin.x..<$0.origin.x + 16).contains(i) })
        }
        #expect(found.allSatisfy { $0.origin.x >= 3 && $0.origin.x + 16 <= 3 + length && $0.origin.y == 4 })
        #expect(found.filter { $0.values.contains(9) }.count == 1)
        #expect(found.count == (length + 15) / 16)
    }

    @Test func noClassesGiveNoWindows() throws { #expect(try windows([], (32, 32, 32)).isEmpty) }
}
