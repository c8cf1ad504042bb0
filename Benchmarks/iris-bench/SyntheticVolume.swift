import CKernels
import Episodes
import VolumeStore
import Volumes

/// A volume in memory: smooth structures with noise, with labels whose borders cross most of it.
final class SyntheticVolume: @unchecked Sendable {
    private let image: UnsafeMutablePointer<Int16>
    private let label: UnsafeMutablePointer<UInt8>
    private let imageBricks, labelBricks: UnsafeMutableRawPointer
    private let blocks: UnsafeMutablePointer<UInt8>
    private let shape = try! GridShape(300, 300, 250)

    init(_ seed: Int) {
        image = .allocate(capacity: shape.count)
        label = .allocate(capacity: shape.count)
        var noise = UInt32(truncatingIfNeeded: seed &* 7919 &+ 1)
        for k in 0..<shape.k {
            for j in 0..<shape.j {
                let row = shape.offset(0, j, k)
                for i in 0..<shape.i {
                    noise = noise &* 1_664_525 &+ 1_013_904_223
                    // Triangle waves along each axis: cheap, smooth, and of the size of organs.
                    let wave = abs((i &+ 10 &* seed) % 120 &- 60) &+ abs(j % 150 &- 75) &+ abs(k % 100 &- 50)
                    image[row + i] = Int16(wave &* 8 &- 740 &+ Int(noise >> 26))
                    label[row + i] = wave > 126 ? 1 : wave < 45 ? 2 : 0
                }
            }
        }
        let sizes = [Int32(shape.i), Int32(shape.j), Int32(shape.k)]
        imageBricks = .allocate(byteCount: iris_image_bricks_size(sizes), alignment: 4096)
        labelBricks = .allocate(byteCount: iris_label_bricks_size(sizes), alignment: 4096)
        blocks = .allocate(capacity: iris_label_blocks_size(sizes))
        iris_make_image_bricks(image, sizes, imageBricks.assumingMemoryBound(to: Int16.self))
        iris_make_label_bricks(label, sizes, labelBricks.assumingMemoryBound(to: UInt8.self), blocks)
    }

    deinit {
        image.deallocate()
        label.deallocate()
        imageBricks.deallocate()
        labelBricks.deallocate()
        blocks.deallocate()
    }

    /// Voxels in bricks, as a store keeps them, and in order.
    var source: RenderSource {
        RenderSource(
            bricks: source(
                imageBricks.assumingMemoryBound(to: Int16.self), labelBricks.assumingMemoryBound(to: UInt8.self),
                .bricks(labelBlocks: blocks)),
            rows: source(image, label, .rows), shape: shape, spacing: try! Spacing(1.5, 1.5, 1.5), owner: self)
    }

    private func source(_ image: UnsafePointer<Int16>, _ label: UnsafePointer<UInt8>, _ order: VoxelOrder)
        -> PatchSource
    {
        PatchSource(
            image: image, label: label, shape: shape, order: order,
            quantisation: Quantisation(slope: 1, intercept: 0),
            normalisation: IntensityNormalisation(clipLow: -600, clipHigh: 500, mean: -50, standardDeviation: 300)!)
    }
}
