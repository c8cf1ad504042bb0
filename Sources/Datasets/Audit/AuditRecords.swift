import Digests
import NIfTI
import Volumes

/// One file of the tree, as the audit saw it.
public struct FileRecord: Sendable {
    /// What a file is for: an image, a label, or neither.
    public enum Role: String, Sendable { case image, label, extra }

    /// The path below the source folder.
    public let path: String
    /// What the file is for.
    public let role: Role
    /// Bytes on disk.
    public var size = 0
    /// Decoded voxel bytes.
    public var voxelBytes = 0
    /// The header; `nil` when it could not be read.
    public var header: NIfTIHeader?
    /// Of all voxels as bytes; `nil` when the file could not be decoded or only headers were read.
    public var voxelDigest: ContentDigest?
    /// Of the bytes on disk, when asked for.
    public var fileDigest: SHA256Digest?
}

/// One image frame, measured. Values are scaled by the header's slope and intercept.
public struct ImageRecord: Sendable {
    /// The file's path below the source.
    public let file: String
    /// The number of the volume in the file, counted from 0.
    public let frame: Int
    /// Shape and place of the volume.
    public let grid: Grid
    /// How voxels are stored.
    public let datatype: NIfTIDatatype
    /// Over the finite values of the frame; `nil` when there are none, or only headers were read.
    public internal(set) var minimum, maximum, mean, deviation: Double?
    /// The 1st, 50th and 99th percentile of a sample.
    public internal(set) var percentiles: SIMD3<Double>?
    public internal(set) var digest: ContentDigest?
    public internal(set) var fingerprint: ImageFingerprint?
    /// The scaled value up to which a voxel is air or empty background; `nil` where there is none or it cannot be told.
    public internal(set) var airLevel: Double?
    /// The geometry after the manifest's correction of a spacing known to be wrong.
    public internal(set) var correctedAffine: Affine?

    /// The affine to place the image with.
    public var affine: Affine { correctedAffine ?? grid.affine }
}

/// One label frame, measured.
public struct LabelRecord: Sendable {
    /// The label file, or the first of several probability maps.
    public let file: String
    /// The number of the volume in the file, counted from 0.
    public let frame: Int
    /// Shape and place of the volume.
    public let grid: Grid
    /// How voxels are stored.
    public let datatype: NIfTIDatatype
    public internal(set) var digest: ContentDigest?
    /// Every value that occurs, other than 0.
    public internal(set) var classes: [ClassMeasure] = []
    public internal(set) var agreement: LabelAgreement?
    /// For class values, the fraction of voxels sampled from them that show air.
    public internal(set) var airFractions: [Int: Double] = [:]
    /// Whether the voxels were looked at.
    public internal(set) var isExamined = false
}

/// One case, measured, with what was found wrong with it alone.
public struct CaseRecord: Sendable {
    /// The case as the adapter presents it.
    public let source: SourceCase
    public internal(set) var image: ImageRecord?
    public internal(set) var label: LabelRecord?
    /// Whether image and label lie on one grid of voxels.
    public internal(set) var sharesShape = false

    /// The volume of a class in cubic millimetres.
    public func volume(of measure: ClassMeasure) -> Double? {
        (image?.affine ?? label?.grid.affine).map { Double(measure.voxels) * $0.spacing.voxelVolume }
    }
}
