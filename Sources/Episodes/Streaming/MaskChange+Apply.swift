import CKernels
import Glibc
import Volumes

extension MaskChange {
    /// Changes a mask in place, unless fewer than `keepAtLeast` voxels would remain.
    ///
    /// - Parameters:
    ///   - mask: `shape.count` bytes 0 and 1.
    ///   - scratch: room for two masks.
    func apply(to mask: UnsafeMutablePointer<UInt8>, shape: GridShape, scratch: UnsafeMutablePointer<UInt8>) {
        let sizes = [Int32(shape.i), Int32(shape.j), Int32(shape.k)]
        var source = UnsafePointer(mask), target = scratch, spare = scratch + shape.count
        func step(_ kernel: (UnsafePointer<UInt8>, UnsafeMutablePointer<UInt8>) -> Void) {
            kernel(source, target)
            source = UnsafePointer(target)
            swap(&target, &spare)
        }
        switch kind {
        case .grow(let radius): for _ in 0..<radius { step { iris_grow_mask($0, sizes, $1) } }
        case .shrink(let radius): for _ in 0..<radius { step { iris_shrink_mask($0, sizes, $1) } }
        case .shift(let offset):
            step { iris_shift_mask($0, sizes, [Int32(offset.x), Int32(offset.y), Int32(offset.z)], $1) }
        }
        guard source != UnsafePointer(mask) else { return }
        var remaining = 0
        for voxel in 0..<shape.count { remaining += Int(source[voxel]) }
        if remaining >= keepAtLeast { memcpy(mask, source, shape.count) }
    }
}
