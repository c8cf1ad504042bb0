/// Many short names in one block of memory.
struct NameTable: Sendable {
    /// UTF-8, one name after the other.
    var bytes = Column<UInt8>()
    /// Where each name ends in `bytes`.
    var ends = Column<Int>()

    var count: Int { ends.count }

    mutating func append(_ name: String) {
        bytes.append(contentsOf: name.utf8)
        ends.append(bytes.count)
    }

    subscript(index: Int) -> String { String(decoding: utf8(index), as: UTF8.self) }

    func utf8(_ index: Int) -> Slice<Column<UInt8>> { bytes[(index == 0 ? 0 : ends[index - 1])..<ends[index]] }
}
