import Volumes

/// A voxel type that NIfTI stores.
public protocol NIfTIScalar: VoxelScalar {
    static var datatype: NIfTIDatatype { get }
}

extension UInt8: NIfTIScalar { public static var datatype: NIfTIDatatype { .uint8 } }
extension Int8: NIfTIScalar { public static var datatype: NIfTIDatatype { .int8 } }
extension UInt16: NIfTIScalar { public static var datatype: NIfTIDatatype { .uint16 } }
extension Int16: NIfTIScalar { public static var datatype: NIfTIDatatype { .int16 } }
extension UInt32: NIfTIScalar { public static var datatype: NIfTIDatatype { .uint32 } }
extension Int32: NIfTIScalar { public static var datatype: NIfTIDatatype { .int32 } }
extension UInt64: NIfTIScalar { public static var datatype: NIfTIDatatype { .uint64 } }
extension Int64: NIfTIScalar { public static var datatype: NIfTIDatatype { .int64 } }
extension Float: NIfTIScalar { public static var datatype: NIfTIDatatype { .float32 } }
extension Double: NIfTIScalar { public static var datatype: NIfTIDatatype { .float64 } }
