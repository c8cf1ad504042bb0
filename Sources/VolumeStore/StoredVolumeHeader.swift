import Volumes

/// The 352 bytes before the voxels of a store's volume file: a little-endian NIfTI-1 header and an empty extension mark.
///
/// The description field carries a token that ties the file to one row of the index.
struct StoredVolumeHeader: Hashable {
    static let byteCount = 352

    enum Datatype: Int16 {
        case uint8 = 2
        case int16 = 4
        var bytes: Int { self == .uint8 ? 1 : 2 }
    }

    let bytes: [UInt8]

    /// The mark in the description field of a volume file.
    static func mark(_ token: String) -> String { "iris store \(token)" }

    /// - Parameter window: the intensities that viewers show as black and white.
    /// - Throws: `StoreError.inconsistentCase` when an axis has more than 32 767 voxels.
    init(
        grid: Grid, datatype: Datatype, quantisation: Quantisation, window: ClosedRange<Double>?, token: String, name: String
    ) throws(StoreError) {
        let shape = grid.shape
        guard max(shape.i, shape.j, shape.k) <= Int(Int16.max) else {
            throw .inconsistentCase(name, problem: "expected at most 32767 voxels along each axis, the limit of NIfTI-1, but found \(shape).")
        }
        var bytes = [UInt8](repeating: 0, count: Self.byteCount)
        func put<Number: FixedWidthInteger>(_ value: Number, at offset: Int) {
            withUnsafeBytes(of: value.littleEndian) { for (n, byte) in $0.enumerated() { bytes[offset + n] = byte } }
        }
        func put(_ value: Double, at offset: Int) { put(Float(value).bitPattern, at: offset) }
        func put(_ text: String, at offset: Int) { for (n, byte) in text.utf8.enumerated() { bytes[offset + n] = byte } }

        put(Int32(348), at: 0)
        put("r", at: 38)
        for (n, size) in [3, shape.i, shape.j, shape.k, 1, 1, 1, 1].enumerated() { put(Int16(size), at: 40 + 2 * n) }
        put(datatype.rawValue, at: 70)
        put(Int16(8 * datatype.bytes), at: 72)
        let spacing = grid.spacing
        for (n, size) in [1, spacing.i, spacing.j, spacing.k, 1, 1, 1, 1].enumerated() { put(size, at: 76 + 4 * n) }
        put(Double(Self.byteCount), at: 108)
        put(quantisation.slope, at: 112)
        put(quantisation.intercept, at: 116)
        put(UInt8(2), at: 123)  // lengths in millimetres
        if let window {
            put(window.upperBound, at: 124)
            put(window.lowerBound, at: 128)
        }
        put(Self.mark(token), at: 148)
        put(Int16(1), at: 254)  // the sform is scanner space
        for (r, row) in grid.affine.rows.prefix(3).enumerated() {
            for (c, value) in row.enumerated() { put(value, at: 280 + 16 * r + 4 * c) }
        }
        put("n+1", at: 344)
        self.bytes = bytes
    }

    /// The token in the first bytes of a volume file; `nil` when it has none.
    static func token(in header: UnsafeRawBufferPointer) -> String? {
        guard header.count >= byteCount else { return nil }
        let description = header[148..<228].prefix { $0 != 0 }
        let prefix = Array(mark("").utf8)
        guard description.starts(with: prefix) else { return nil }
        return String(decoding: description.dropFirst(prefix.count), as: UTF8.self)
    }
}
