import Volumes

/// Some voxels of a class, at most 1024, spread evenly over its voxels in memory order.
public struct VoxelPositions: Sendable, RandomAccessCollection {
    /// Places in memory, rising.
    public let offsets: [UInt32]
    /// Voxels of the volume along i, j and k.
    public let shape: GridShape

    public init(offsets: [UInt32], shape: GridShape) { (self.offsets, self.shape) = (offsets, shape) }

    /// Always 0.
    public var startIndex: Int { 0 }
    /// The number of positions.
    public var endIndex: Int { offsets.count }

    /// Voxel indices i, j, k.
    public subscript(position: Int) -> SIMD3<Int> {
        let offset = Int(offsets[position])
        return SIMD3(offset % shape.i, offset / shape.i % shape.j, offset / (shape.i * shape.j))
    }

    /// Differences of neighbours as LEB128 numbers: about two bytes for each place.
    package static func encode(_ offsets: [UInt32]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(offsets.count * 3)
        var last: UInt32 = 0
        for offset in offsets {
            var step = offset &- last
            last = offset
            while step >= 0x80 {
                bytes.append(UInt8(truncatingIfNeeded: step) | 0x80)
                step >>= 7
            }
            bytes.append(UInt8(step))
        }
        return bytes
    }

    /// The inverse of ``encode(_:)``; `nil` when the bytes end within a number or a number has more than 32 bits.
    package static func decode(_ bytes: some Sequence<UInt8>) -> [UInt32]? {
        var offsets: [UInt32] = []
        var last: UInt32 = 0, step: UInt64 = 0, shift: UInt64 = 0
        for byte in bytes {
            step |= UInt64(byte & 0x7f) << shift
            if byte & 0x80 != 0 {
                shift += 7
                guard shift < 35 else { return nil }
                continue
            }
            let (next, overflow) = last.addingReportingOverflow(UInt32(truncatingIfNeeded: step))
            guard step <= UInt32.max, !overflow else { return nil }
            offsets.append(next)
            (last, step, shift) = (next, 0, 0)
        }
        return shift == 0 ? offsets : nil
    }
}
