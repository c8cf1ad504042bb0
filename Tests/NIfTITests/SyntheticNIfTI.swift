/// NIfTI files put together byte by byte from the standard's field table, without the module's own writer.
struct SyntheticNIfTI {
    var version = 1
    var isBigEndian = false
    var dim: [Int] = [3, 4, 3, 2, 1, 1, 1, 1]
    var datatype = 4
    var bitpix = 16
    var pixdim: [Double] = [1, 2, 3, 4, 0, 0, 0, 0]
    var voxelOffset: Double?
    var slope = 0.0
    var intercept = 0.0
    var qformCode = 0
    var sformCode = 1
    var quaternion: [Double] = [0, 0, 0]
    var quaternionOffset: [Double] = [0, 0, 0]
    var sform: [[Double]] = [[2, 0, 0, -10], [0, 3, 0, -20], [0, 0, 4, -30]]
    var magic: [UInt8]?
    var headerSize: Int?
    /// Code and content of each extension; contents are padded to make sizes multiples of 16.
    var extensions: [(code: Int, content: [UInt8])] = []
    /// Stored voxels, in the file's byte order.
    var voxels: [UInt8] = []
    /// Bytes after the voxels.
    var excess: [UInt8] = []

    /// A file of type `type` with these stored numbers.
    init<Stored: FixedWidthInteger>(_ stored: [Stored], datatype: Int, isBigEndian: Bool = false) {
        (self.datatype, self.isBigEndian) = (datatype, isBigEndian)
        bitpix = Stored.bitWidth
        voxels = stored.flatMap { bytes($0) }
    }

    init() { voxels = (0..<24).flatMap { bytes(Int16($0)) } }

    func bytes<Word: FixedWidthInteger>(_ word: Word) -> [UInt8] {
        withUnsafeBytes(of: isBigEndian ? word.bigEndian : word.littleEndian) { Array($0) }
    }

    private var fixedSize: Int { version == 1 ? 348 : 540 }

    var encoded: [UInt8] {
        var file = [UInt8](repeating: 0, count: fixedSize)
        func put<Word: FixedWidthInteger>(_ word: Word, _ offset: Int) {
            file.replaceSubrange(offset..<offset + Word.bitWidth / 8, with: bytes(word))
        }
        var blocks: [UInt8] = [extensions.isEmpty ? 0 : 1, 0, 0, 0]
        for (code, content) in extensions {
            let size = (content.count + 8 + 15) / 16 * 16
            blocks += bytes(Int32(size)) + bytes(Int32(code)) + content
            blocks += [UInt8](repeating: 0, count: size - content.count - 8)
        }
        let offset = voxelOffset ?? Double(fixedSize + blocks.count)
        put(Int32(headerSize ?? fixedSize), 0)
        if version == 1 {
            for n in 0..<8 { put(Int16(truncatingIfNeeded: dim[n]), 40 + 2 * n) }
            put(Int16(datatype), 70)
            put(Int16(bitpix), 72)
            for n in 0..<8 { put(Float(pixdim[n]).bitPattern, 76 + 4 * n) }
            put(Float(offset).bitPattern, 108)
            put(Float(slope).bitPattern, 112)
            put(Float(intercept).bitPattern, 116)
            put(UInt8(2), 123)
            put(Int16(qformCode), 252)
            put(Int16(sformCode), 254)
            for n in 0..<3 { put(Float(quaternion[n]).bitPattern, 256 + 4 * n) }
            for n in 0..<3 { put(Float(quaternionOffset[n]).bitPattern, 268 + 4 * n) }
            for n in 0..<12 { put(Float(sform[n / 4][n % 4]).bitPattern, 280 + 4 * n) }
            file.replaceSubrange(344..<348, with: magic ?? Array("n+1\0".utf8))
        } else {
            file.replaceSubrange(4..<12, with: magic ?? Array("n+2\0\r\n\u{1a}\n".utf8))
            put(Int16(datatype), 12)
            put(Int16(bitpix), 14)
            for n in 0..<8 { put(Int64(dim[n]), 16 + 8 * n) }
            for n in 0..<8 { put(pixdim[n].bitPattern, 104 + 8 * n) }
            put(Int64(offset), 168)
            put(slope.bitPattern, 176)
            put(intercept.bitPattern, 184)
            put(Int32(qformCode), 344)
            put(Int32(sformCode), 348)
            for n in 0..<3 { put(quaternion[n].bitPattern, 352 + 8 * n) }
            for n in 0..<3 { put(quaternionOffset[n].bitPattern, 376 + 8 * n) }
            for n in 0..<12 { put(sform[n / 4][n % 4].bitPattern, 400 + 8 * n) }
            put(Int32(2), 500)
        }
        file += blocks
        if let voxelOffset, voxelOffset > Double(file.count), voxelOffset < 1e5 {
            file += [UInt8](repeating: 0xee, count: Int(voxelOffset) - file.count)
        }
        return file + voxels + excess
    }
}
