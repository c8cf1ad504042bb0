import Volumes

extension NIfTIHeader {
    /// The longest fixed part, NIfTI-2's, with the four bytes that announce extensions.
    static let longestFixedPart = 544

    /// Reads the fixed part of a header.
    ///
    /// - Parameter bytes: the first 544 bytes of the (decompressed) file, or as many as there are.
    init(parsing bytes: [UInt8], file: String, limits: NIfTILimits) throws(NIfTIError) {
        let (format, fields) = try Self.recognise(bytes, file: file)
        let version1 = format == .nifti1
        func int(_ one: Int, _ two: Int) -> Int { version1 ? fields.int16(one) : fields.int64(two) }
        func code(_ one: Int, _ two: Int) -> Int { version1 ? fields.int16(one) : fields.int32(two) }
        func real(_ one: Int, _ two: Int) -> Double { version1 ? fields.float32(one) : fields.float64(two) }

        self.format = format
        endianness = fields.isBigEndian ? .big : .little
        dimensions = try Self.sizes((0..<8).map { int(40 + 2 * $0, 16 + 8 * $0) }, file: file)
        datatype = try Self.datatype(
            code: fields.int16(version1 ? 70 : 12), bits: fields.int16(version1 ? 72 : 14), file: file)
        pixdim = (0..<8).map { real(76 + 4 * $0, 104 + 8 * $0) }
        slope = real(112, 176)
        intercept = real(116, 184)
        units = version1 ? fields.uint8(123) : fields.int32(500)
        descrip = fields.text(version1 ? 148 : 240, length: 80)
        intentCode = code(68, 504)
        intentName = fields.text(version1 ? 328 : 508, length: 16)
        qformCode = code(252, 344)
        sformCode = code(254, 348)
        quaternion = SIMD3(real(256, 352), real(260, 360), real(264, 368))
        quaternionOffset = SIMD3(real(268, 376), real(272, 384), real(276, 392))
        sformRows = (0..<3).map { row in (0..<4).map { real(280 + 16 * row + 4 * $0, 400 + 32 * row + 8 * $0) } }
        voxelOffset = try Self.offset(
            version1 ? fields.float32(108) : Double(fields.int64(168)), format: format, file: file, limits: limits)
        if slope != 0, slope.isFinite, !intercept.isFinite {
            throw .intercept(file: file, slope: slope, found: intercept)
        }
        try Self.check(dimensions, datatype, against: limits, file: file)
        (affineSource, grid) = try Self.geometry(
            file: file, dimensions: dimensions, pixdim: pixdim, sform: (sformCode, sformRows),
            qform: (qformCode, quaternion, quaternionOffset), format: format)
    }

    /// The format and byte order, from `sizeof_hdr` and the magic.
    private static func recognise(_ bytes: [UInt8], file: String) throws(NIfTIError) -> (Format, HeaderBytes) {
        guard bytes.count >= 4 else { throw .headerTruncated(file: file, expected: 348, found: bytes.count) }
        for isBigEndian in [false, true] {
            let fields = HeaderBytes(bytes: bytes, isBigEndian: isBigEndian)
            guard let format = [Format.nifti1, .nifti2].first(where: { $0.headerSize == fields.int32(0) }) else {
                continue
            }
            guard
                bytes.count >= format.headerSize + 4 || bytes.count >= format.headerSize && isHalfOfPair(bytes, format)
            else { throw .headerTruncated(file: file, expected: format.headerSize + 4, found: bytes.count) }
            let magic = Array(bytes[magicRange(format)])
            let expected = Array(format == .nifti1 ? "n+1\0".utf8 : "n+2\0\r\n\u{1a}\n".utf8)
            if magic == expected { return (format, fields) }
            if isHalfOfPair(bytes, format) { throw .headerAndImagePair(file: file) }
            if format == .nifti1, magic.allSatisfy({ $0 == 0 }) { throw .analyze(file: file) }
            throw .notNIfTI(file: file, headerSize: format.headerSize, magic: printable(magic))
        }
        let size = HeaderBytes(bytes: bytes, isBigEndian: false).int32(0)
        let magic = bytes.count >= 348 ? printable(Array(bytes[344..<348])) : "none"
        throw .notNIfTI(file: file, headerSize: size, magic: magic)
    }

    private static func magicRange(_ format: Format) -> Range<Int> { format == .nifti1 ? 344..<348 : 4..<12 }

    private static func isHalfOfPair(_ bytes: [UInt8], _ format: Format) -> Bool {
        bytes[magicRange(format)].starts(with: format == .nifti1 ? "ni1\0".utf8 : "ni2\0".utf8)
    }

    /// Letters and digits as they are, other bytes as `\xHH`, in quotes.
    private static func printable(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef")
        let text = bytes.map { byte in
            (33..<127).contains(byte)
                ? String(UnicodeScalar(byte)) : "\\x\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])"
        }
        return "\"\(text.joined())\""
    }

    private static func sizes(_ dim: [Int], file: String) throws(NIfTIError) -> [Int] {
        guard (1...7).contains(dim[0]) else { throw .dimensions(file: file, found: dim) }
        let sizes = Array(dim[1...dim[0]])
        var product = 1
        for size in sizes {
            // 16 is the most bytes that a voxel takes, so that byte counts are countable too.
            let (next, overflow) = product.multipliedReportingOverflow(by: size)
            guard size >= 1, !overflow, next <= Int.max / 16 else { throw .dimensions(file: file, found: dim) }
            product = next
        }
        return sizes
    }

    private static func datatype(code: Int, bits: Int, file: String) throws(NIfTIError) -> NIfTIDatatype {
        if let name = NIfTIDatatype.refusedNames[code] { throw .datatypeRefused(file: file, name: name, code: code) }
        guard let datatype = NIfTIDatatype(rawValue: code) else { throw .datatypeUnknown(file: file, code: code) }
        guard bits == datatype.bytesPerVoxel * 8 else {
            throw .bitsPerVoxel(file: file, datatype: datatype, found: bits)
        }
        return datatype
    }

    private static func offset(_ stored: Double, format: Format, file: String, limits: NIfTILimits)
        throws(NIfTIError) -> Int
    {
        let minimum = format.headerSize + 4
        guard stored.isFinite, stored == stored.rounded(), stored >= Double(minimum) else {
            throw .voxelOffset(file: file, minimum: minimum, found: stored)
        }
        guard stored <= Double(limits.voxelOffset) else {
            throw .limit(
                file: file, quantity: "bytes before the voxels (vox_offset)", limit: limits.voxelOffset,
                found: Int(exactly: stored) ?? Int.max)
        }
        return Int(stored)
    }

    private static func check(_ sizes: [Int], _ datatype: NIfTIDatatype, against limits: NIfTILimits, file: String)
        throws(NIfTIError)
    {
        let voxels = sizes.reduce(1, *), bytes = voxels * datatype.bytesPerVoxel
        if voxels > limits.voxels { throw .limit(file: file, quantity: "voxels", limit: limits.voxels, found: voxels) }
        if bytes > limits.bytes {
            throw .limit(file: file, quantity: "bytes of voxels", limit: limits.bytes, found: bytes)
        }
    }

    /// The extensions between the fixed part and the voxels, of a file that announces some.
    ///
    /// Reading stops at the first that is not well-formed: voxels lie at `vox_offset` whatever stands before them.
    ///
    /// - Parameter bytes: the first ``voxelOffset`` bytes of the (decompressed) file.
    static func extensions(in bytes: [UInt8], format: Format, endianness: Endianness) -> [Extension] {
        let fields = HeaderBytes(bytes: bytes, isBigEndian: endianness == .big)
        var found: [Extension] = []
        var place = format.headerSize + 4
        while place + 8 <= bytes.count {
            let size = fields.int32(place)
            guard size >= 8, place + size <= bytes.count else { break }
            found.append(Extension(code: fields.int32(place + 4), size: size))
            place += size
        }
        return found
    }
}
