import Volumes

/// Why a NIfTI file cannot be read, written or used as asked.
public enum NIfTIError: Error, Equatable, Sendable {
    case cannotOpen(file: String, reason: String)
    case cannotRead(file: String, reason: String)
    case cannotWrite(file: String, reason: String)
    /// Neither `sizeof_hdr` nor the magic is that of NIfTI.
    case notNIfTI(file: String, headerSize: Int, magic: String)
    case analyze(file: String)
    case headerAndImagePair(file: String)
    case headerTruncated(file: String, expected: Int, found: Int)
    case dimensions(file: String, found: [Int])
    case datatypeRefused(file: String, name: String, code: Int)
    case datatypeUnknown(file: String, code: Int)
    case bitsPerVoxel(file: String, datatype: NIfTIDatatype, found: Int)
    case voxelOffset(file: String, minimum: Int, found: Double)
    case intercept(file: String, slope: Double, found: Double)
    case quaternion(file: String, found: SIMD3<Double>)
    case geometry(file: String, source: NIfTIHeader.AffineSource, problem: GeometryError)
    case limit(file: String, quantity: String, limit: Int, found: Int)
    /// The file, or what it decompresses to, ends before the last voxel.
    case truncated(file: String, expected: Int, found: Int)
    /// The compressed bytes are fewer than deflate needs for what the header promises.
    case tooFewCompressedBytes(file: String, expected: Int, found: Int)
    case gzip(file: String, damage: GzipDamage)
    /// The name says one thing about compression and the content another.
    case compressionName(file: String, isCompressed: Bool)
    case outOfMemory(file: String, bytes: Int)
    case notALabel(file: String, voxel: SIMD3<Int>, frame: Int, value: Double)
}

/// What is wrong with a gzip file. Members are counted from 1, offsets are bytes of the compressed file.
public enum GzipDamage: Equatable, Sendable {
    case truncated(compressedBytes: Int)
    case checksum(member: Int)
    case length(member: Int)
    case corrupt(member: Int, offset: Int, reason: String)
    case trailingBytes(offset: Int, count: Int)
}

extension NIfTIError: CustomStringConvertible {
    /// The path of the file.
    public var file: String {
        switch self {
        case .cannotOpen(let file, _), .cannotRead(let file, _), .cannotWrite(let file, _), .notNIfTI(let file, _, _),
            .analyze(let file), .headerAndImagePair(let file), .headerTruncated(let file, _, _),
            .dimensions(let file, _), .datatypeRefused(let file, _, _), .datatypeUnknown(let file, _),
            .bitsPerVoxel(let file, _, _), .voxelOffset(let file, _, _), .intercept(let file, _, _),
            .quaternion(let file, _), .geometry(let file, _, _), .limit(let file, _, _, _), .truncated(let file, _, _),
            .tooFewCompressedBytes(let file, _, _), .gzip(let file, _), .compressionName(let file, _),
            .outOfMemory(let file, _), .notALabel(let file, _, _, _):
            file
        }
    }

    public var description: String { "\(file): \(problem)" }

    /// What was expected, what was found and what to do, without the file's path.
    public var problem: String {
        switch self {
        case .cannotOpen(_, let reason):
            "expected a readable file but found: \(reason). Check the path and its permissions."
        case .cannotRead(_, let reason):
            "reading failed: \(reason). Check the disk, or copy the file there again."
        case .cannotWrite(_, let reason):
            "writing failed: \(reason). Check the folder, its permissions and the space left."
        case .notNIfTI(_, let size, let magic):
            """
            expected a NIfTI header (size 348 or 540, magic n+1 or n+2) but found size \(size) and magic \(magic). \
            Convert the file to NIfTI, or fetch it again if it should be one.
            """
        case .analyze:
            "expected a NIfTI header but found Analyze 7.5, which has no orientation. Convert the file to NIfTI."
        case .headerAndImagePair:
            """
            expected one NIfTI file but found half of a .hdr/.img pair, which is not supported. \
            Convert the pair to a single .nii or .nii.gz file.
            """
        case .headerTruncated(_, let expected, let found):
            "expected a header of \(expected) bytes but the content ends after \(found). Fetch the file again."
        case .dimensions(_, let found):
            """
            expected dim[0] from 1 to 7 and that many sizes of at least 1 with a countable product but found \
            \(found). Correct the header's dim, or fetch the file again.
            """
        case .datatypeRefused(_, let name, let code):
            """
            expected whole numbers of 8 to 64 bits, float32 or float64 but found \(name) (datatype \(code)). \
            Convert the voxels to one of these types.
            """
        case .datatypeUnknown(_, let code):
            "expected a datatype that NIfTI defines but found code \(code). Correct the header's datatype."
        case .bitsPerVoxel(_, let datatype, let found):
            """
            expected bitpix \(datatype.bytesPerVoxel * 8) for \(datatype) but found \(found). \
            Correct the header's bitpix or datatype, whichever is wrong.
            """
        case .voxelOffset(_, let minimum, let found):
            """
            expected vox_offset to be a whole number of at least \(minimum) but found \(found.inHeaderStyle). \
            Correct the header's vox_offset.
            """
        case .intercept(_, let slope, let found):
            """
            expected a finite scl_inter beside scl_slope \(slope.inHeaderStyle) but found \(found.inHeaderStyle). \
            Correct scl_inter, or set scl_slope to 0 if values are not scaled.
            """
        case .quaternion(_, let found):
            """
            expected qform quaternion components b, c, d whose squares sum to at most 1 but found \
            \(found.x), \(found.y), \(found.z). Correct the qform, or set a valid sform.
            """
        case .geometry(_, let source, let problem):
            "the \(source.rawValue) is unusable: \(problem)"
        case .limit(_, let quantity, let limit, let found):
            "expected at most \(limit) \(quantity) but the header asks for \(found). Raise the limit if the file is to be trusted."
        case .truncated(_, let expected, let found):
            "expected \(expected) bytes of header and voxels but found \(found). The file is cut short: fetch it again."
        case .tooFewCompressedBytes(_, let expected, let found):
            """
            expected \(expected) bytes of header and voxels but found \(found) compressed bytes, too few to hold them. \
            Correct the header's dim, or fetch the file again.
            """
        case .gzip(_, let damage):
            damage.description
        case .compressionName(_, let isCompressed):
            isCompressed
                ? "expected an uncompressed file by its name but found gzip content. Rename it to .nii.gz, or decompress it."
                : "expected gzip content by its name but found none. Rename it to .nii, or compress it."
        case .outOfMemory(_, let bytes):
            "expected \(bytes) bytes of free memory but there are fewer. Run fewer jobs at once, or on a larger machine."
        case .notALabel(_, let voxel, let frame, let value):
            """
            expected whole label values from 0 to 255 but found \(value.inHeaderStyle) at voxel \
            (\(voxel.x), \(voxel.y), \(voxel.z))\(frame > 0 ? " of frame \(frame)" : ""). \
            Save the labels as whole numbers; probability maps must be thresholded first.
            """
        }
    }
}

extension GzipDamage: CustomStringConvertible {
    public var description: String {
        switch self {
        case .truncated(let bytes):
            "expected a complete gzip stream but it ends after \(bytes) compressed bytes. The file is cut short: fetch it again."
        case .checksum(let member):
            "expected the CRC-32 stored in gzip member \(member) but the decompressed bytes have another. Fetch the file again."
        case .length(let member):
            "expected the length stored in gzip member \(member) but it decompresses to another. Fetch the file again."
        case .corrupt(let member, let offset, let reason):
            "expected valid gzip data but found \(reason) in member \(member), near compressed byte \(offset). Fetch the file again."
        case .trailingBytes(let offset, let count):
            """
            expected the file to end, or zero padding or another gzip member, at compressed byte \(offset) but found \
            \(count) bytes of something else. Fetch the file again, or cut them off.
            """
        }
    }
}

extension Double {
    /// Whole numbers without a fraction, others in full.
    var inHeaderStyle: String { self == rounded() && abs(self) < 1e15 ? String(Int(self)) : String(self) }
}
