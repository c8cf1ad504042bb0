import FoundationEssentials
import IrisTraining
import TestData
import Testing

@Suite struct EventFileTests {
    /// Reads the stream back by the TFRecord and protocol buffer specifications, written apart from the writer.
    @Test func scalarsComeBack() throws {
        let folder = try TemporaryFolder()
        let file = try EventFile(in: folder.url, suffix: "test")
        file.append([("loss", 0.75), ("dice", 0.5)], step: 300)
        let bytes = [UInt8](try Data(contentsOf: file.url))
        var records: [[UInt8]] = []
        var place = 0
        while place < bytes.count {
            let length = Int(bytes[place]) | Int(bytes[place + 1]) << 8
            records.append(Array(bytes[place + 12..<place + 12 + length]))
            place += 12 + length + 4
        }
        #expect(place == bytes.count && records.count == 2)
        #expect(records[0].contains(Array("brain.Event:2".utf8)))
        // Field 2, varint 300 = 0xAC 0x02.
        #expect(records[1].contains([0x10, 0xAC, 0x02]))
        // A value: tag "loss", then field 2 as a 32-bit float: 0.75 is 0x3F400000.
        #expect(records[1].contains([0x0A, 4] + Array("loss".utf8) + [0x15, 0, 0, 0x40, 0x3F]))
    }

    /// CRC-32C of 32 zero bytes is 0x8A9136AA (RFC 3720, B.4).
    @Test func checksum() {
        let crc: UInt32 = 0x8A91_36AA
        #expect(maskedCRC32C(Array(repeating: 0, count: 32)) == (crc >> 15 | crc << 17) &+ 0xa282_ead8)
    }

    @Test func aMissingFolderIsNamed() {
        let error = #expect(throws: RunFolderError.self) {
            try EventFile(in: URL(filePath: "/nonexistent"), suffix: "x")
        }
        #expect(
            error?.description.contains("cannot write: No such file or directory. Check space and permissions.") == true
        )
    }
}
