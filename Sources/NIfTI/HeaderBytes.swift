/// The fixed part of a header as bytes, read field by field in the file's byte order.
struct HeaderBytes {
    let bytes: [UInt8]
    let isBigEndian: Bool

    private func word<Word: FixedWidthInteger>(_: Word.Type, at offset: Int) -> Word {
        let raw = bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: Word.self) }
        return isBigEndian ? Word(bigEndian: raw) : Word(littleEndian: raw)
    }

    func uint8(_ offset: Int) -> Int { Int(bytes[offset]) }
    func int16(_ offset: Int) -> Int { Int(word(Int16.self, at: offset)) }
    func int32(_ offset: Int) -> Int { Int(word(Int32.self, at: offset)) }
    func int64(_ offset: Int) -> Int { Int(word(Int64.self, at: offset)) }
    func float32(_ offset: Int) -> Double { Double(Float(bitPattern: word(UInt32.self, at: offset))) }
    func float64(_ offset: Int) -> Double { Double(bitPattern: word(UInt64.self, at: offset)) }

    /// Text up to the first zero byte.
    func text(_ offset: Int, length: Int) -> String {
        String(decoding: bytes[offset..<offset + length].prefix { $0 != 0 }, as: UTF8.self)
    }
}
