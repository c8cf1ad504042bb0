/// Stored voxels of some frames in their own type, i fastest, before scaling. Valid inside the closure that got it.
public enum NIfTIVoxels {
    case uint8(UnsafeBufferPointer<UInt8>)
    case int8(UnsafeBufferPointer<Int8>)
    case uint16(UnsafeBufferPointer<UInt16>)
    case int16(UnsafeBufferPointer<Int16>)
    case uint32(UnsafeBufferPointer<UInt32>)
    case int32(UnsafeBufferPointer<Int32>)
    case uint64(UnsafeBufferPointer<UInt64>)
    case int64(UnsafeBufferPointer<Int64>)
    case float32(UnsafeBufferPointer<Float>)
    case float64(UnsafeBufferPointer<Double>)

    init(_ bytes: UnsafeRawBufferPointer, datatype: NIfTIDatatype) {
        self =
            switch datatype {
            case .uint8: .uint8(bytes.assumingMemoryBound(to: UInt8.self))
            case .int8: .int8(bytes.assumingMemoryBound(to: Int8.self))
            case .uint16: .uint16(bytes.assumingMemoryBound(to: UInt16.self))
            case .int16: .int16(bytes.assumingMemoryBound(to: Int16.self))
            case .uint32: .uint32(bytes.assumingMemoryBound(to: UInt32.self))
            case .int32: .int32(bytes.assumingMemoryBound(to: Int32.self))
            case .uint64: .uint64(bytes.assumingMemoryBound(to: UInt64.self))
            case .int64: .int64(bytes.assumingMemoryBound(to: Int64.self))
            case .float32: .float32(bytes.assumingMemoryBound(to: Float.self))
            case .float64: .float64(bytes.assumingMemoryBound(to: Double.self))
            }
    }
}
