import AtomicFiles
import Digests
import Dispatch
import NIfTI

/// The arrays of a large catalogue, kept beside the index so that it opens without reading millions of rows.
///
/// `index.catalogue` follows from the index and may be deleted at any time. It is taken only when it is of the index's present
/// generation, a number that triggers draw anew with every change, and when its own SHA-256 is right. Arrays are used where
/// they lie in the mapped file.
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

    private static let magic: [UInt8] = Array("iris catalogue 2".utf8)

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
        writer.put(writer.bytes.withUnsafeBytes(Self.digests))

        writer.bytes.withUnsafeBytes { bytes in try? AtomicFile.write([bytes], to: path) }
    }

    // MARK: Reading

    /// The file's content; `nil` when it is absent, of another generation or damaged.
    func read() -> Content? {
        guard let mapping = try? FileMapping(path: path) else { return nil }
        // The digests below touch every page, from several threads.
        mapping.willNeed()
        var reader = SectionReader(mapping: mapping)
        guard reader.get(UInt8.self).elementsEqual(Self.magic), Array(reader.get(Int64.self)) == [generation],
            let storeDigest = SHA256Digest(hexadecimal: String(decoding: reader.get(UInt8.self), as: UTF8.self))
        else { return nil }
        let datasetEnds = Array(reader.get(Int.self))
        var columns = CatalogueColumns()
        Self.forEachColumn(&columns, &reader)
        let covered = reader.position
        let digests = Array(reader.get(UInt8.self))
        guard reader.isWhole, covered <= mapping.count,
            Self.digests(of: UnsafeRawBufferPointer(rebasing: mapping.bytes[..<covered])) == digests
        else { return nil }
        return Content(columns: columns, datasetEnds: datasetEnds, storeDigest: storeDigest)
    }

    /// The SHA-256 of each block of 4 MiB as hexadecimal digits, one after the other; computed on all cores.
    private static func digests(of bytes: UnsafeRawBufferPointer) -> [UInt8] {
        let block = 4 << 20, count = (bytes.count + block - 1) / block
        return [UInt8](unsafeUninitializedCapacity: count * 64) { digits, written in
            // Each turn writes its own 64 digits.
            nonisolated(unsafe) let (digits, bytes) = (digits, bytes)
            DispatchQueue.concurrentPerform(iterations: count) { n in
                let part = bytes[n * block..<min((n + 1) * block, bytes.count)]
                let digest = SHA256Digest(of: UnsafeRawBufferPointer(rebasing: part))
                for (place, digit) in digest.hexadecimal.utf8.enumerated() { digits[64 * n + place] = digit }
            }
            written = count * 64
        }
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
    mutating func exchange<Element: BitwiseCopyable & Sendable>(_ column: inout Column<Element>)
}

private struct SectionWriter: ColumnSections {
    var bytes: [UInt8] = []

    mutating func put<Element: BitwiseCopyable & Sendable>(_ array: some Collection<Element>) {
        // Arrays and columns have contiguous storage.
        array.withContiguousStorageIfAvailable { elements in
            let content = UnsafeRawBufferPointer(elements)
            withUnsafeBytes(of: content.count) { bytes.append(contentsOf: $0) }
            bytes.append(contentsOf: repeatElement(0, count: 56))
            bytes.append(contentsOf: content)
        }
        bytes.append(contentsOf: repeatElement(0, count: (64 - bytes.count % 64) % 64))
    }

    mutating func exchange<Element: BitwiseCopyable & Sendable>(_ column: inout Column<Element>) { put(column) }
}

private struct SectionReader: ColumnSections {
    let mapping: FileMapping
    private(set) var position = 0
    /// Whether every array lay inside the file.
    private(set) var isWhole = true

    init(mapping: FileMapping) { self.mapping = mapping }

    mutating func get<Element: BitwiseCopyable & Sendable>(_: Element.Type) -> Column<Element> {
        guard isWhole, position + 64 <= mapping.count else {
            isWhole = false
            return Column()
        }
        let size = mapping.bytes.load(fromByteOffset: position, as: Int.self), start = position + 64
        guard size >= 0, size % MemoryLayout<Element>.stride == 0, size <= mapping.count - start else {
            isWhole = false
            return Column()
        }
        position = start + (size + 63) / 64 * 64
        return Column(UnsafeRawBufferPointer(rebasing: mapping.bytes[start..<start + size]), of: mapping)
    }

    mutating func exchange<Element: BitwiseCopyable & Sendable>(_ column: inout Column<Element>) {
        column = get(Element.self)
    }
}
