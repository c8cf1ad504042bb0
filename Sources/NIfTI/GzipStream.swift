import CZlib

/// Decompresses a gzip file piece by piece with zlib, checking each member's CRC-32 and length as it ends.
///
/// Used where only the first bytes are wanted, and to say precisely what is wrong with a file or how much it holds.
/// Zero bytes after a member are padding; anything else there must be another member.
final class GzipStream {
    private let file: InputFile
    private var stream = z_stream()
    private let input: UnsafeMutableRawBufferPointer
    private var inputOffset = 0
    private var isFinished = false
    /// The member being read, counted from 1.
    private(set) var member = 1
    private(set) var totalOut = 0

    init(file: InputFile, chunk: Int = 1 << 16) throws(NIfTIError) {
        self.file = file
        input = .allocate(byteCount: chunk, alignment: 16)
        guard iris_inflate_gzip_init(&stream) == Z_OK else { throw .outOfMemory(file: file.path, bytes: 1 << 16) }
    }

    deinit {
        inflateEnd(&stream)
        input.deallocate()
    }

    /// The place in the compressed file of the next byte to use.
    private var position: Int { inputOffset - Int(stream.avail_in) }

    /// Reads more of the file when none is left; false at its end.
    private func fill() throws(NIfTIError) -> Bool {
        if stream.avail_in > 0 { return true }
        let count = try file.read(into: input, from: inputOffset)
        inputOffset += count
        stream.next_in = input.bindMemory(to: Bytef.self).baseAddress
        stream.avail_in = uInt(count)
        return count > 0
    }

    /// Fills `output` and returns the number of bytes written, fewer only when the last member has ended.
    func read(into output: UnsafeMutableRawBufferPointer) throws(NIfTIError) -> Int {
        var done = 0
        while done < output.count, !isFinished {
            guard try fill() else { throw .gzip(file: file.path, damage: .truncated(compressedBytes: file.size)) }
            let room = min(output.count - done, 1 << 30)
            stream.next_out = (output.baseAddress! + done).assumingMemoryBound(to: Bytef.self)
            stream.avail_out = uInt(room)
            let status = inflate(&stream, Z_NO_FLUSH)
            done += room - Int(stream.avail_out)
            switch status {
            case Z_OK, Z_BUF_ERROR: continue
            case Z_STREAM_END: try startNextMember()
            default: throw .gzip(file: file.path, damage: damage)
            }
        }
        totalOut += done
        return done
    }

    private var damage: GzipDamage {
        let message = stream.msg.map { String(cString: $0) } ?? "damaged data"
        return switch message {
        case "incorrect data check": .checksum(member: member)
        case "incorrect length check": .length(member: member)
        default: .corrupt(member: member, offset: position, reason: message)
        }
    }

    private func startNextMember() throws(NIfTIError) {
        while try fill() {
            guard stream.next_in.pointee == 0 else { break }
            stream.next_in += 1
            stream.avail_in -= 1
        }
        guard stream.avail_in > 0 else {
            isFinished = true
            return
        }
        // A lone first byte of the magic is a member cut short, which the next read finds out.
        guard GzipDecoder.magic.starts(with: try file.bytes(2, from: position)) else {
            throw .gzip(file: file.path, damage: .trailingBytes(offset: position, count: file.size - position))
        }
        inflateReset(&stream)
        member += 1
    }

    /// Reads to the end without keeping anything, and returns the number of bytes that came.
    func drain() throws(NIfTIError) -> Int {
        let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
        defer { scratch.deallocate() }
        var total = 0
        while true {
            let count = try read(into: scratch)
            if count == 0 { return total }
            total += count
        }
    }
}
