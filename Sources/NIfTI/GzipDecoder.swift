import CDeflate

/// Decompresses whole gzip members at once with libdeflate, checking each member's CRC-32 and length.
enum GzipDecoder {
    static let magic: [UInt8] = [0x1f, 0x8b]

    /// What came out of a file all of whose members are sound.
    struct Outcome {
        /// Bytes written.
        var count: Int
        var members: Int
    }

    /// Decompresses every member of `compressed` into `output`, one after the other.
    ///
    /// - Returns: `nil` when a member is damaged, does not fit, or is followed by something else than zero padding; a
    ///   ``GzipStream`` over the same file tells these apart.
    static func decode(_ compressed: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) -> Outcome? {
        guard let decompressor = libdeflate_alloc_decompressor() else { return nil }
        defer { libdeflate_free_decompressor(decompressor) }
        var outcome = Outcome(count: 0, members: 0)
        var place = 0
        while place < compressed.count {
            var used = 0, written = 0
            let status = libdeflate_gzip_decompress_ex(
                decompressor, compressed.baseAddress! + place, compressed.count - place,
                output.baseAddress! + outcome.count, output.count - outcome.count, &used, &written)
            guard status == LIBDEFLATE_SUCCESS else { return nil }
            place += used
            outcome.count += written
            outcome.members += 1
            while place < compressed.count, compressed[place] == 0 { place += 1 }
        }
        return outcome.members > 0 ? outcome : nil
    }
}
