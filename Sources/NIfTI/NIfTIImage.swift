import CKernels
import Digests
import Volumes

/// A decoded NIfTI file: its header and all stored voxels in one buffer, in the machine's byte order.
///
/// Copies share the buffer.
public struct NIfTIImage: Sendable {
    /// What was seen of the file while it was read.
    public struct FileDetails: Hashable, Sendable {
        /// Whether the file is gzip.
        public let isCompressed: Bool
        /// Bytes on disk.
        public let size: Int
        /// Bytes of (decompressed) content after the last voxel. Readers ignore them, auditors report them.
        public internal(set) var excessBytes = 0
        /// The number of gzip members; 0 for an uncompressed file.
        public internal(set) var gzipMembers = 0
        /// The SHA-256 of the file's bytes on disk, when asked for.
        public internal(set) var digest: SHA256Digest?
    }

    /// The path it was read from, for messages.
    public let path: String
    /// The header.
    public let header: NIfTIHeader
    /// What the file itself is like.
    public let file: FileDetails
    let buffer: RawBuffer

    /// The SHA-256 of the file's bytes on disk; `nil` unless reading was asked for it.
    public var fileDigest: SHA256Digest? { file.digest }

    /// Voxels of one frame.
    var frameVoxels: Int { header.grid.shape.count }

    /// Hands all stored voxels as bytes to `body`, in the machine's byte order, aligned to their scalar.
    public func withUnsafeBytes<Result, Failure>(_ body: (UnsafeRawBufferPointer) throws(Failure) -> Result)
        throws(Failure) -> Result
    {
        try withExtendedLifetime(buffer) { () throws(Failure) in
            try body(UnsafeRawBufferPointer(rebasing: buffer.bytes[header.voxelOffset...]))
        }
    }

    /// Hands the stored voxels of one frame as bytes to `body`.
    ///
    /// - Precondition: `frame` is in `0..<header.frameCount`.
    public func withUnsafeBytes<Result, Failure>(
        frame: Int, _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        precondition((0..<header.frameCount).contains(frame), "frame \(frame) of \(header.frameCount)")
        let size = frameVoxels * header.datatype.bytesPerVoxel
        return try withUnsafeBytes { (bytes) throws(Failure) in
            try body(UnsafeRawBufferPointer(rebasing: bytes[frame * size..<(frame + 1) * size]))
        }
    }

    /// Hands the stored voxels of one frame to `body` in their own type, unscaled.
    public func withVoxels<Result, Failure>(frame: Int = 0, _ body: (NIfTIVoxels) throws(Failure) -> Result)
        throws(Failure) -> Result
    {
        try withUnsafeBytes(frame: frame) { (bytes) throws(Failure) in
            try body(NIfTIVoxels(bytes, datatype: header.datatype))
        }
    }
}
