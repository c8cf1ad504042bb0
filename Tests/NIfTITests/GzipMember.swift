/// A gzip member (RFC 1952) of stored blocks, so that tests need no compressor to know what is in it.
struct GzipMember {
    var content: [UInt8]
    var fileName: String?
    /// Added to the right values, to damage them.
    var checksumError: UInt32 = 0
    var lengthError: UInt32 = 0

    init(_ content: some Sequence<UInt8>) { self.content = Array(content) }

    var encoded: [UInt8] {
        var bytes: [UInt8] = [0x1f, 0x8b, 8, fileName == nil ? 0 : 8, 0, 0, 0, 0, 0, 255]
        if let fileName { bytes += Array(fileName.utf8) + [0] }
        var place = 0
        repeat {
            let size = min(65535, content.count - place)
            let last: UInt8 = place + size == content.count ? 1 : 0
            let low = UInt8(size & 255), high = UInt8(size >> 8)
            bytes += [last, low, high, ~low, ~high] + content[place..<place + size]
            place += size
        } while place < content.count
        for word in [Self.checksum(content) &+ checksumError, UInt32(content.count) &+ lengthError] {
            bytes += (0..<4).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) }
        }
        return bytes
    }

    /// CRC-32 by its definition, bit by bit.
    static func checksum(_ bytes: [UInt8]) -> UInt32 {
        var crc: UInt32 = ~0
        for byte in bytes {
            crc ^= UInt32(byte)
            for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xedb8_8320 : crc >> 1 }
        }
        return ~crc
    }
}
