import FoundationEssentials
import Glibc

/// A TensorBoard event file: a series of scalar values by name and step.
///
/// The file is a TFRecord stream (length, masked CRC-32C of the length, data, masked CRC-32C of the data) of `Event`
/// protocol buffers. Only the fields that scalars need are written: `wall_time` 1, `step` 2, `file_version` 3 and
/// `summary` 5 with `value` 1 of `tag` 1 and `simple_value` 2.
public final class EventFile {
    /// The file that events are appended to.
    public let url: URL
    private let handle: UnsafeMutablePointer<FILE>

    /// Creates `events.out.tfevents.<time>.<suffix>` in a folder that exists.
    ///
    /// - Throws: ``RunFolderError/cannotWrite(file:reason:)``.
    public init(in folder: URL, suffix: String) throws(RunFolderError) {
        let time = Date().timeIntervalSince1970
        let digits = String(Int(time))
        url = folder.appending(
            path: "events.out.tfevents.\(String(repeating: "0", count: max(0, 10 - digits.count)))\(digits).\(suffix)")
        guard let handle = fopen(url.path, "ab") else {
            throw .cannotWrite(file: url.path, reason: String(cString: strerror(errno)))
        }
        self.handle = handle
        var event = ProtocolBuffer()
        event.append(field: 1, double: time)
        event.append(field: 3, bytes: Array("brain.Event:2".utf8))
        write(event.bytes)
    }

    deinit { fclose(handle) }

    /// Adds the scalars of one step and hands them to the operating system.
    public func append(_ scalars: [(name: String, value: Double)], step: Int) {
        var summary = ProtocolBuffer()
        for (name, value) in scalars {
            var entry = ProtocolBuffer()
            entry.append(field: 1, bytes: Array(name.utf8))
            entry.append(field: 2, float: Float(value))
            summary.append(field: 1, bytes: entry.bytes)
        }
        var event = ProtocolBuffer()
        event.append(field: 1, double: Date().timeIntervalSince1970)
        event.append(field: 2, varint: UInt64(step))
        event.append(field: 5, bytes: summary.bytes)
        write(event.bytes)
        fflush(handle)
    }

    private func write(_ data: [UInt8]) {
        let length = littleEndianBytes(UInt64(data.count))
        let record = length + littleEndianBytes(maskedCRC32C(length)) + data + littleEndianBytes(maskedCRC32C(data))
        fwrite(record, 1, record.count, handle)
    }
}

private func littleEndianBytes(_ value: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
}

/// The wire format of protocol buffers, as far as events need it.
private struct ProtocolBuffer {
    private(set) var bytes: [UInt8] = []

    private mutating func append(varint value: UInt64) {
        var rest = value
        while rest >= 128 {
            bytes.append(UInt8(rest & 127 | 128))
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    mutating func append(field: UInt64, varint value: UInt64) {
        append(varint: field << 3)
        append(varint: value)
    }

    mutating func append(field: UInt64, double value: Double) {
        append(varint: field << 3 | 1)
        bytes += littleEndianBytes(value.bitPattern)
    }

    mutating func append(field: UInt64, float value: Float) {
        append(varint: field << 3 | 5)
        bytes += littleEndianBytes(value.bitPattern)
    }

    mutating func append(field: UInt64, bytes content: [UInt8]) {
        append(varint: field << 3 | 2)
        append(varint: UInt64(content.count))
        bytes += content
    }
}

/// CRC-32C (Castagnoli, reflected polynomial 0x82F63B78), rotated and offset as TFRecord asks.
package func maskedCRC32C(_ bytes: [UInt8]) -> UInt32 {
    let crc = ~bytes.reduce(UInt32.max) { $0 >> 8 ^ crcTable[Int(($0 ^ UInt32($1)) & 255)] }
    return (crc >> 15 | crc << 17) &+ 0xa282_ead8
}

private let crcTable: [UInt32] = (0..<256).map { index in
    (0..<8).reduce(UInt32(index)) { value, _ in value & 1 == 1 ? value >> 1 ^ 0x82F6_3B78 : value >> 1 }
}
