import AtomicFiles
import Digests
import NIfTI

/// The arrays of a large catalogue, kept beside the index so that it opens without reading millions of rows.
///
/// `index.catalogue` follows from the index and may be deleted at any time. It is taken only when it is of the index's present
/// generation, a number that triggers draw anew with every change, and when its own SHA-256 is right.
struct CatalogueFile {
    /// What is kept beside the columns.
    struct Content {
        var columns: CatalogueColumns
        /// Where the cases of each dataset end.
        var datasetEnds: [Int]
        var storeDigest: SHA256Digest
    }

    let path: String
    let generation: Int64

    private static let magic: [UInt8] = Array("iris catalogue 1".utf8)

    // MARK: Writing

    /// Writes the file in one step. That it cannot be written is no error: the next reader reads rows again.
    func write(_ content: Content) {
        var writer = SectionWriter()
        writer.put(Self.magic)
        writer.put([generation])
        writer.put(Array(content.storeDigest.hexadecimal.utf8))
        writer.put(content.datasetEnds)
        var columns = content.columns
        Self.forEachColumn(&columns, &writer)
        let digest = writer.bytes.withUnsafeBytes { SHA256Digest(of: $0) }
        writer.put(Array(digest.hexadecimal.utf8))

        writer.bytes.withUnsafeBytes { bytes in try? AtomicFile.write([bytes], to: path) }
    }

    // MARK: Reading

    /// The file's content; `nil` when it is absent, of another generation or damaged.
    func read() -> Content? {
        guard let mapping = try? FileMapping(path: path) else { return nil }
        var reader = SectionReader(bytes: mapping.bytes)
        guard reader.get(UInt8.self) == Self.magic, reader.get(Int64.self) == [generation],
            let storeDigest = SHA256Digest(hexadecimal: String(decoding: reader.get(UInt8.self), as: UTF8.self))
        else { return nil }
        let datasetEnds = reader.get(Int.self)
        var columns = CatalogueColumns()
        Self.forEachColumn(&columns, &reader)
        let covered = reader.position
        let digest = String(decoding: reader.get(UInt8.self), as: UTF8.self)
        guard reader.isWhole, covered <= mapping.count,
            SHA256Digest(of: UnsafeRawBufferPointer(rebasing: mapping.bytes[..<covered])).hexadecimal == digest
        else { return nil }
        return Content(columns: columns, datasetEnds: datasetEnds, storeDigest: storeDigest)
    }

    /// Writes or reads every array of the columns, in one order.
    private static func forEachColumn(_ columns: inout CatalogueColumns, _ sections: inout some ColumnSections) {
        sections.exchange(&columns.identifiers)
        sections.exchange(&columns.datasets)
        sections.exchange(&columns.subjects)
        sections.exchange(&columns.modalities)
        sections.exchange(&columns.officialSplits)
        sections.exchange(&columns.paperSplits)
        sections.exchange(&columns.shapes)
        sections.exchange(&columns.numbers)
        sections.exchange(&columns.labelled)
        sections.exchange(&columns.tokens)
        for names in [\CatalogueColumns.names, \.modalityNames, \.subjectNames] {
            sections.exchange(&columns[keyPath: names].bytes)
            sections.exchange(&columns[keyPath: names].ends)
        }
        sections.exchange(&columns.presenceStarts)
        sections.exchange(&columns.presences)
        sections.exchange(&columns.holderStarts)
        sections.exchange(&columns.holders)
        sections.exchange(&columns.subjectStarts)
        sections.exchange(&columns.subjectCases)
    }
}

/// Arrays one after the other, each with its length in bytes before it, at multiples of 64 bytes.
private protocol ColumnSections {
    mutating func exchange<Element: BitwiseCopyable>(_ array: inout [Element])
}

private struct SectionWriter: ColumnSections {
    var bytes: [UInt8] = []

    mutating func put<Element: BitwiseCopyable>(_ array: [Element]) {
        array.withUnsafeBytes { content in
            withUnsafeBytes(of: content.count) { bytes.append(contentsOf: $0) }
            bytes.append(contentsOf: repeatElement(0, count: 56))
            bytes.append(contentsOf: content)
        }
        bytes.append(contentsOf: repeatElement(0, count: (64 - bytes.count % 64) % 64))
    }

    mutating func exchange<Element: BitwiseCopyable>(_ array: inout [Element]) { put(array) }
}

private struct SectionReader: ColumnSections {
    let bytes: UnsafeRawBufferPointer
    private(set) var position = 0
    /// Whether every array lay inside the file.
    private(set) var isWhole = true

    init(bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    mutating func get<Element: BitwiseCopyable>(_: Element.Type) -> [Element] {
        guard isWhole, position + 64 <= bytes.count else {
            isWhole = false
            return []
        }
        let size = bytes.loadUnaligned(fromByteOffset: position, as: Int.self)
        let start = position + 64, stride = MemoryLayout<Element>.stride
        guard size >= 0, size % stride == 0, size <= bytes.count - start else {
            isWhole = false
            return []
        }
        position = start + (size + 63) / 64 * 64
        return [Element](unsafeUninitializedCapacity: size / stride) { array, count in
            UnsafeMutableRawBufferPointer(array).copyMemory(
                from: UnsafeRawBufferPointer(rebasing: bytes[start..<start + size]))
            count = size / stride
        }
    }

    mutating func exchange<Element: BitwiseCopyable>(_ array: inout [Element]) { array = get(Element.self) }
}
