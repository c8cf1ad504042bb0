/// A number type that voxels can be stored as.
public protocol VoxelScalar: Sendable, Numeric, Comparable, BitwiseCopyable {
    init(clampingRounded value: Double)
    var doubleValue: Double { get }
}

/// A scalar image on a voxel grid: intensities with i fastest in memory.
public struct Volume<Voxel: VoxelScalar>: Sendable {
    /// Shape and place of the volume.
    public let grid: Grid
    /// `grid.shape.count` values, voxel (i, j, k) at `grid.shape.offset(i, j, k)`.
    public var voxels: [Voxel]

    /// - Throws: `GeometryError.voxelCount` when the array does not fill the grid.
    public init(grid: Grid, voxels: [Voxel]) throws(GeometryError) {
        guard voxels.count == grid.shape.count else {
            throw .voxelCount(expected: grid.shape.count, found: voxels.count)
        }
        (self.grid, self.voxels) = (grid, voxels)
    }

    /// The voxel at an index, which must lie inside.
    @inlinable public subscript(i: Int, j: Int, k: Int) -> Voxel {
        get { voxels[grid.shape.offset(i, j, k)] }
        set { voxels[grid.shape.offset(i, j, k)] = newValue }
    }
}

/// A map from voxels to label values 0 to 255; 0 is background. Labels are never interpolated.
public typealias LabelMap = Volume<UInt8>

extension VoxelScalar where Self: BinaryInteger & FixedWidthInteger {
    /// The nearest whole number (ties to even) within the type's range; not-a-number becomes 0.
    @inlinable public init(clampingRounded value: Double) {
        if value.isNaN { self = 0; return }
        let rounded = value.rounded(.toNearestOrEven)
        self = rounded <= Double(Self.min) ? .min : rounded >= Double(Self.max) ? .max : Self(rounded)
    }
    /// The value, exactly.
    @inlinable public var doubleValue: Double { Double(self) }
}

extension VoxelScalar where Self: BinaryFloatingPoint {
    @inlinable public init(clampingRounded value: Double) { self = Self(value) }
    /// The value, exactly.
    @inlinable public var doubleValue: Double { Double(self) }
}

extension Int8: VoxelScalar {}
extension UInt8: VoxelScalar {}
extension Int16: VoxelScalar {}
extension UInt16: VoxelScalar {}
extension Int32: VoxelScalar {}
extension UInt32: VoxelScalar {}
extension Int64: VoxelScalar {}
extension UInt64: VoxelScalar {}
extension Float: VoxelScalar {}
extension Double: VoxelScalar {}
