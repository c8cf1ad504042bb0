import Volumes

/// What a NIfTI header says, and the voxel grid that follows from it.
public struct NIfTIHeader: Hashable, Sendable {
    /// The standard's version, and whether header and voxels share a file.
    public enum Format: String, Hashable, Sendable {
        case nifti1 = "NIfTI-1"
        case nifti2 = "NIfTI-2"

        /// The value of `sizeof_hdr`.
        public var headerSize: Int { self == .nifti1 ? 348 : 540 }
    }

    /// The order of bytes.
    public enum Endianness: String, Hashable, Sendable { case little, big }

    /// The header fields that give the affine: the sform when its code is above 0, else the qform when its code is above
    /// 0, else the voxel sizes alone.
    public enum AffineSource: String, Hashable, Sendable { case sform, qform, pixdim }

    /// A block between header and voxels. Its content is not kept.
    public struct Extension: Hashable, Sendable {
        /// The number in the header.
        public let code: Int
        /// Bytes, the eight of size and code included.
        public let size: Int
    }

    /// The standard's version.
    public let format: Format
    /// The order of bytes.
    public let endianness: Endianness
    /// How voxels are stored.
    public let datatype: NIfTIDatatype
    /// dim[1...dim[0]]: one to seven sizes, i fastest, each at least 1.
    public let dimensions: [Int]
    /// All eight numbers as stored: the qform's handedness, then the steps along each axis.
    public let pixdim: [Double]
    /// Where the voxels start in the (decompressed) file, in bytes.
    public let voxelOffset: Int
    /// `scl_slope` as stored; see ``scaling``.
    public let slope: Double
    /// `scl_inter` as stored; see ``scaling``.
    public let intercept: Double
    /// What the sform and the qform are aligned to; 0 when they are absent.
    public let sformCode, qformCode: Int
    /// `srow_x`, `srow_y`, `srow_z` as stored, four numbers each.
    public let sformRows: [[Double]]
    /// `quatern_b`, `quatern_c`, `quatern_d` as stored.
    public let quaternion: SIMD3<Double>
    /// `qoffset_x`, `qoffset_y`, `qoffset_z` as stored.
    public let quaternionOffset: SIMD3<Double>
    /// `xyzt_units` as stored: space in the lower three bits (1 m, 2 mm, 3 um), time in the next three.
    public let units: Int
    /// What the values mean, by the standard's numbers; 0 for nothing.
    public let intentCode: Int
    /// The intent's own name.
    public let intentName: String
    /// Free text of the header.
    public let descrip: String
    public internal(set) var extensions: [Extension] = []

    /// Where the first three axes lie; images of one or two dimensions get size 1 along the others.
    public let grid: Grid
    /// Where ``grid``'s affine comes from.
    public let affineSource: AffineSource

    /// The number of volumes along the fourth to seventh dimension together; 1 when there are none.
    public var frameCount: Int { dimensions.dropFirst(3).reduce(1, *) }
    /// The number of voxels of all frames.
    public var voxelCount: Int { grid.shape.count * frameCount }
    /// The size of the voxels of all frames.
    public var voxelBytes: Int { voxelCount * datatype.bytesPerVoxel }

    /// The factor and summand that turn stored numbers into values, or `nil` when stored numbers are the values: for a
    /// slope of 0 or not finite, which the standard calls unscaled, and for slope 1 with intercept 0.
    public var scaling: (slope: Double, intercept: Double)? {
        guard slope != 0, slope.isFinite, slope != 1 || intercept != 0 else { return nil }
        return (slope, intercept)
    }

    /// Whether the header's `xyzt_units` says anything but millimetres (0, unknown, counts as millimetres).
    public var hasOtherUnits: Bool { units & 7 != 0 && units & 7 != 2 }
}
