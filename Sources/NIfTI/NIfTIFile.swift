import CKernels
import Digests

/// Reads NIfTI-1 and NIfTI-2 files, `.nii` and `.nii.gz`.
///
/// What a file is, is told by its content; a name ending in `.nii` or `.nii.gz` that says otherwise is refused, because
/// other programs go by the name. Nothing is allocated before the header has been checked against the limits and the
/// size of the file.
public enum NIfTIFile {
    /// Reads the header, and of a compressed file no more than its beginning.
    ///
    /// The size of an uncompressed file is checked against the header. Of a compressed one only damage in its first
    /// bytes shows.
    public static func readHeader(at path: String, limits: NIfTILimits = .standard) throws(NIfTIError) -> NIfTIHeader {
        let file = try InputFile(path: path)
        return try readHeader(of: file, isCompressed: isCompressed(file), limits: limits)
    }

    /// Reads header and voxels. Memory needed: the compressed file and the decompressed one, once each.
    ///
    /// - Parameters:
    ///   - path: of the file, compressed or not.
    ///   - limits: what is refused as too large.
    ///   - digestingFile: whether to compute ``NIfTIImage/fileDigest`` from the bytes in passing.
    public static func read(at path: String, limits: NIfTILimits = .standard, digestingFile: Bool = false)
        throws(NIfTIError) -> NIfTIImage
    {
        let file = try InputFile(path: path)
        let isCompressed = try isCompressed(file)
        let header = try readHeader(of: file, isCompressed: isCompressed, limits: limits)
        let expected = header.voxelOffset + header.voxelBytes
        if isCompressed {
            // Deflate shrinks at most 1032-fold, so a header that promises more than that is not worth allocating for.
            guard expected / 1032 <= file.size else {
                throw .tooFewCompressedBytes(file: path, expected: expected, found: file.size)
            }
        }
        let buffer = try RawBuffer(count: expected, alignedOffset: header.voxelOffset, file: path)
        var details = NIfTIImage.FileDetails(isCompressed: isCompressed, size: file.size)
        if isCompressed {
            try decompress(file, into: buffer.bytes, details: &details, digestingFile: digestingFile)
        } else {
            let found = try file.read(into: buffer.bytes, from: 0)
            guard found == expected else { throw .truncated(file: path, expected: expected, found: found) }
            details.excessBytes = file.size - expected
            if digestingFile {
                details.digest = try digest(of: file, startingWith: UnsafeRawBufferPointer(buffer.bytes))
            }
        }
        if header.endianness == .big {
            iris_swap_bytes(
                buffer.bytes.baseAddress! + header.voxelOffset, header.voxelCount, header.datatype.bytesPerVoxel)
        }
        return NIfTIImage(path: path, header: header, file: details, buffer: buffer)
    }

    /// Whether the content is gzip.
    ///
    /// - Throws: when the name ends in `.nii` or `.nii.gz` and says otherwise, or in `.hdr` or `.img`.
    private static func isCompressed(_ file: InputFile) throws(NIfTIError) -> Bool {
        let name = file.path.lowercased()
        if [".hdr", ".img", ".hdr.gz", ".img.gz"].contains(where: name.hasSuffix) {
            throw .headerAndImagePair(file: file.path)
        }
        let isCompressed = try file.bytes(2) == GzipDecoder.magic
        if name.hasSuffix(".nii") && isCompressed || name.hasSuffix(".nii.gz") && !isCompressed {
            throw .compressionName(file: file.path, isCompressed: isCompressed)
        }
        return isCompressed
    }

    private static func readHeader(of file: InputFile, isCompressed: Bool, limits: NIfTILimits) throws(NIfTIError)
        -> NIfTIHeader
    {
        let stream = isCompressed ? try GzipStream(file: file, chunk: 1 << 13) : nil
        var bytes: [UInt8] = []
        /// The first `count` decompressed bytes, or all when there are fewer.
        func prefix(_ count: Int) throws(NIfTIError) -> [UInt8] {
            guard let stream else { return try file.bytes(count) }
            let known = bytes.count
            guard count > known else { return bytes }
            bytes += [UInt8](repeating: 0, count: count - known)
            let found = try bytes.withUnsafeMutableBufferPointer { (buffer) throws(NIfTIError) in
                try stream.read(
                    into: UnsafeMutableRawBufferPointer(UnsafeMutableBufferPointer(rebasing: buffer[known...])))
            }
            bytes.removeLast(count - known - found)
            return bytes
        }
        let fixed = try prefix(NIfTIHeader.longestFixedPart)
        var header = try NIfTIHeader(parsing: fixed, file: file.path, limits: limits)
        if !isCompressed {
            let expected = header.voxelOffset + header.voxelBytes
            guard file.size >= expected else { throw .truncated(file: file.path, expected: expected, found: file.size) }
        }
        if fixed[header.format.headerSize] != 0 {
            let bytes = try prefix(header.voxelOffset)
            guard bytes.count >= header.voxelOffset else {
                throw .headerTruncated(file: file.path, expected: header.voxelOffset, found: bytes.count)
            }
            header.extensions = NIfTIHeader.extensions(
                in: Array(bytes.prefix(header.voxelOffset)), format: header.format, endianness: header.endianness)
        }
        return header
    }

    /// Decompresses all members, keeping what fits `output` and counting the rest.
    private static func decompress(
        _ file: InputFile, into output: UnsafeMutableRawBufferPointer, details: inout NIfTIImage.FileDetails,
        digestingFile: Bool
    ) throws(NIfTIError) {
        do {
            let compressed = try RawBuffer(count: file.size, file: file.path)
            let hasher = digestingFile ? SHA256Hasher() : nil
            let found = try file.read(into: compressed.bytes, digestingWith: hasher)
            details.digest = hasher?.finish()
            let bytes = UnsafeRawBufferPointer(rebasing: compressed.bytes[..<found])
            if let outcome = GzipDecoder.decode(bytes, into: output), outcome.count == output.count {
                details.gzipMembers = outcome.members
                return
            }
        }
        // Damaged, too short or longer than the header says: the slower stream tells which.
        let stream = try GzipStream(file: file)
        let found = try stream.read(into: output)
        guard found == output.count else { throw .truncated(file: file.path, expected: output.count, found: found) }
        details.excessBytes = try stream.drain()
        details.gzipMembers = stream.member
    }

    private static func digest(of file: InputFile, startingWith bytes: UnsafeRawBufferPointer) throws(NIfTIError)
        -> SHA256Digest
    {
        let hasher = SHA256Hasher()
        hasher.update(bytes)
        let chunk = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
        defer { chunk.deallocate() }
        var place = bytes.count
        while true {
            let count = try file.read(into: chunk, from: place)
            if count == 0 { return hasher.finish() }
            hasher.update(UnsafeRawBufferPointer(rebasing: chunk[..<count]))
            place += count
        }
    }
}
