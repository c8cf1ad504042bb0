import AtomicFiles
import CDeflate
import Volumes

/// Writes NIfTI-1 single files, little-endian, plain or as one gzip member. Files appear whole or not at all.
public enum NIfTIWriter {
    /// Writes one volume. Voxels are stored as they are: readers see `voxel * slope + intercept`.
    ///
    /// - Throws: ``NIfTIError`` when a size exceeds 32767 or writing fails.
    public static func write<Voxel: NIfTIScalar>(
        _ volume: Volume<Voxel>, to path: String, gzip: Bool, slope: Double = 1, intercept: Double = 0,
        affine: NIfTIHeader.WrittenAffine = .sformAndQform, description: String = ""
    ) throws(NIfTIError) {
        let header = try NIfTIHeader(
            writing: volume.grid, datatype: Voxel.datatype, slope: slope, intercept: intercept, affine: affine,
            description: description, file: path)
        try write(volume.voxels, header: header, to: path, gzip: gzip)
    }

    /// Writes frames on one grid as a four-dimensional file.
    ///
    /// - Parameters:
    ///   - frames: in order of time.
    ///   - path: of the file, which appears whole or not at all.
    ///   - gzip: whether it is compressed.
    ///   - frameStep: seconds between frames.
    ///   - slope: what a stored number is multiplied with to give an intensity.
    ///   - intercept: what is added then.
    ///   - affine: which codes are set.
    ///   - description: up to 79 bytes are kept.
    /// - Precondition: there is at least one frame and all have the first one's grid.
    public static func write<Voxel: NIfTIScalar>(
        frames: [Volume<Voxel>], to path: String, gzip: Bool, frameStep: Double = 0, slope: Double = 1,
        intercept: Double = 0, affine: NIfTIHeader.WrittenAffine = .sformAndQform, description: String = ""
    ) throws(NIfTIError) {
        precondition(!frames.isEmpty && frames.allSatisfy { $0.grid == frames[0].grid }, "frames on one grid")
        let header = try NIfTIHeader(
            writing: frames[0].grid, frames: [frames.count], datatype: Voxel.datatype, slope: slope,
            intercept: intercept, affine: affine, frameStep: frameStep, description: description, file: path)
        try write(frames.flatMap(\.voxels), header: header, to: path, gzip: gzip)
    }

    /// Writes voxels of all frames, i fastest, under a header made for writing.
    ///
    /// - Precondition: type and number of the voxels are the header's.
    public static func write<Voxel: NIfTIScalar>(
        _ voxels: [Voxel], header: NIfTIHeader, to path: String, gzip: Bool
    ) throws(NIfTIError) {
        precondition(header.datatype == Voxel.datatype, "the header says \(header.datatype)")
        precondition(header.voxelCount == voxels.count, "the header says \(header.voxelCount) voxels")
        let head = header.encoded()
        try head.withUnsafeBufferPointer { (head) throws(NIfTIError) in
            try voxels.withUnsafeBufferPointer { (voxels) throws(NIfTIError) in
                let parts = [UnsafeRawBufferPointer(head), UnsafeRawBufferPointer(voxels)]
                guard gzip else { return try write(parts, to: path) }
                let compressed = try compress(parts, file: path)
                try write(
                    [UnsafeRawBufferPointer(rebasing: compressed.buffer.bytes[..<compressed.count])], to: path)
            }
        }
    }

    private static func write(_ parts: [UnsafeRawBufferPointer], to path: String) throws(NIfTIError) {
        do { try AtomicFile.write(parts, to: path) } catch {
            throw .cannotWrite(file: path, reason: "it cannot be \(error.step): \(error.reason)")
        }
    }

    /// One gzip member that holds `parts`, one after the other.
    private static func compress(_ parts: [UnsafeRawBufferPointer], file: String) throws(NIfTIError)
        -> (buffer: RawBuffer, count: Int)
    {
        // libdeflate takes one buffer, so header and voxels are joined first.
        let joined = try RawBuffer(count: parts.reduce(0) { $0 + $1.count }, file: file)
        var place = joined.bytes.baseAddress!
        for part in parts {
            place.copyMemory(from: part.baseAddress!, byteCount: part.count)
            place += part.count
        }
        guard let compressor = libdeflate_alloc_compressor(compressionLevel) else {
            throw .outOfMemory(file: file, bytes: 1 << 20)
        }
        defer { libdeflate_free_compressor(compressor) }
        let bound = libdeflate_gzip_compress_bound(compressor, joined.bytes.count)
        let output = try RawBuffer(count: bound, file: file)
        let count = libdeflate_gzip_compress(
            compressor, joined.bytes.baseAddress, joined.bytes.count, output.bytes.baseAddress, bound)
        return (output, count)
    }

    /// libdeflate's level for files: its sizes are near zlib's default, at several times the speed.
    private static let compressionLevel: CInt = 5
}
