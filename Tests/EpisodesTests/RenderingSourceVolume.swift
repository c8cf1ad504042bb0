import CKernels
import Episodes
import Glibc
import RandomNumbers
import VolumeStore
import Volumes

/// A random source volume between two pages that must not be touched: a kernel that reads past either end dies.
final class RenderingSourceVolume {
    let shape: GridShape
    let image: UnsafeMutablePointer<Int16>
    let label: UnsafeMutablePointer<UInt8>
    let quantisation = Quantisation(slope: 0.5, intercept: 20)
    let normalisation = IntensityNormalisation(clipLow: -991, clipHigh: 500, mean: 40, standardDeviation: 310)!
    private var mappings: [(UnsafeMutableRawPointer, Int)] = []

    /// Values reach beyond the clip window; labels come in cubes of `labelBlock` voxels.
    init(_ shape: GridShape, seed: UInt64 = 1, labelBlock: Int = 3) {
        self.shape = shape
        let (image, first) = Self.guarded(Int16.self, count: shape.count)
        let (label, second) = Self.guarded(UInt8.self, count: shape.count)
        (self.image, self.label) = (image, label)
        mappings = [first, second]
        var generator = Philox(seed: seed, purpose: "rendering source")
        var blocks: [SIMD3<Int>: UInt8] = [:]
        for k in 0..<shape.k {
            for j in 0..<shape.j {
                for i in 0..<shape.i {
                    image[shape.offset(i, j, k)] = Int16(generator.index(below: 4000) - 2500)
                    let block = SIMD3(i / labelBlock, j / labelBlock, k / labelBlock)
                    if blocks[block] == nil { blocks[block] = UInt8(generator.index(below: 14)) }
                    label[shape.offset(i, j, k)] = blocks[block]!
                }
            }
        }
    }

    deinit { for (base, bytes) in mappings { munmap(base, bytes) } }

    fileprivate static func guarded<T>(_: T.Type, count: Int) -> (
        UnsafeMutablePointer<T>, (UnsafeMutableRawPointer, Int)
    ) {
        let page = Int(sysconf(Int32(_SC_PAGESIZE))), bytes = count * MemoryLayout<T>.stride
        let inner = (bytes + page - 1) / page * page
        let base = mmap(nil, inner + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)!
        precondition(mprotect(base + page, inner, PROT_READ | PROT_WRITE) == 0)
        // The last voxel ends where the forbidden page begins.
        return ((base + page + inner - bytes).assumingMemoryBound(to: T.self), (base, inner + 2 * page))
    }

    var source: PatchSource {
        PatchSource(
            image: UnsafePointer(image), label: UnsafePointer(label), shape: shape, quantisation: quantisation,
            normalisation: normalisation)
    }

    /// The present voxels in bricks.
    var bricks: RenderingBricks { RenderingBricks(self) }

    /// The clipped stored value at whole voxel places; the window's lower end outside.
    func raw(_ i: Int, _ j: Int, _ k: Int, pad: Double? = nil) -> Double {
        guard shape.contains(i, j, k) else { return pad ?? ((-991 - 20) / 0.5).rounded() }
        return min(max(Double(image[shape.offset(i, j, k)]), ((-991 - 20) / 0.5).rounded()), (500 - 20) / 0.5)
    }

    func normalised(_ raw: Double) -> Double { (raw * 0.5 + 20 - 40) / 310 }

    /// The formula, in double precision: linear between the eight voxels around a place.
    func linear(_ p: SIMD3<Double>, pad: Double? = nil) -> Double {
        let base = p.rounded(.down), f = p - base
        var sum = 0.0
        for corner in 0..<8 {
            let d = SIMD3(corner & 1, corner >> 1 & 1, corner >> 2)
            let weight = (0..<3).reduce(1.0) { $0 * (d[$1] == 1 ? f[$1] : 1 - f[$1]) }
            sum += weight * raw(Int(base.x) + d.x, Int(base.y) + d.y, Int(base.z) + d.z, pad: pad)
        }
        return normalised(sum)
    }

    func nearestLabel(_ p: SIMD3<Double>) -> UInt8 {
        let n = (p + 0.5).rounded(.down)
        let (i, j, k) = (Int(n.x), Int(n.y), Int(n.z))
        return shape.contains(i, j, k) ? label[shape.offset(i, j, k)] : 0
    }
}

/// The voxels of a volume in bricks, each part of them before a page that must not be touched.
final class RenderingBricks {
    let source: PatchSource
    private let mappings: [(UnsafeMutableRawPointer, Int)]

    init(_ volume: RenderingSourceVolume) {
        let shape = [Int32(volume.shape.i), Int32(volume.shape.j), Int32(volume.shape.k)]
        let (image, first) = RenderingSourceVolume.guarded(Int16.self, count: iris_image_bricks_size(shape) / 2)
        let (label, second) = RenderingSourceVolume.guarded(UInt8.self, count: iris_label_bricks_size(shape))
        let (blocks, third) = RenderingSourceVolume.guarded(UInt8.self, count: iris_label_blocks_size(shape))
        iris_make_image_bricks(volume.image, shape, image)
        iris_make_label_bricks(volume.label, shape, label, blocks)
        mappings = [first, second, third]
        source = PatchSource(
            image: UnsafePointer(image), label: UnsafePointer(label), shape: volume.shape,
            order: .bricks(labelBlocks: UnsafePointer(blocks)), quantisation: volume.quantisation,
            normalisation: volume.normalisation)
    }

    deinit { for (base, bytes) in mappings { munmap(base, bytes) } }
}

/// A patch rendered in fresh memory.
struct RenderedPatch {
    var image: [Float]
    var label: [UInt8]
    var masks: [UInt8]

    init(_ plan: PatchPlan, _ volume: RenderingSourceVolume, masks format: MaskFormat = .bytes) throws {
        try self.init(plan, volume.source, RenderWorkspace(), format)
    }

    init(_ plan: PatchPlan, _ source: PatchSource, _ workspace: RenderWorkspace, _ format: MaskFormat = .bytes) throws {
        // Recognisable content, so that a voxel left out shows.
        image = [Float](repeating: .nan, count: plan.shape.count)
        label = [UInt8](repeating: 0xee, count: plan.shape.count)
        masks = [UInt8](repeating: 0xee, count: max(1, plan.maskValues.count) * format.byteCount(plan.shape))
        try image.withUnsafeMutableBufferPointer { image in
            try label.withUnsafeMutableBufferPointer { label in
                try masks.withUnsafeMutableBufferPointer { masks in
                    try PatchRenderer.render(
                        plan, from: source,
                        into: PatchDestination(
                            image: image.baseAddress, label: label.baseAddress,
                            masks: plan.maskValues.isEmpty ? nil : masks.baseAddress, maskFormat: format),
                        workspace: workspace)
                }
            }
        }
    }
}
