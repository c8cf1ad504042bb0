/// A growing array, or one that stands in a mapped file and is read there, so that processes on one machine share its memory.
struct Column<Element: BitwiseCopyable & Sendable>: @unchecked Sendable {
    private var array: [Element] = []
    /// In place of `array`; valid as long as `mapping` lives. A mapping is never written.
    private var mapped: UnsafeBufferPointer<Element>?
    private var mapping: FileMapping?

    init() {}

    init(_ elements: [Element]) { array = elements }

    /// - Precondition: the bytes are the mapping's, aligned for `Element` and a whole number of them.
    init(_ bytes: UnsafeRawBufferPointer, of mapping: FileMapping) {
        mapped = bytes.bindMemory(to: Element.self)
        self.mapping = mapping
    }

    /// - Precondition: the column is not mapped.
    mutating func append(_ element: Element) {
        precondition(mapped == nil, "a mapped column does not grow")
        array.append(element)
    }

    /// - Precondition: the column is not mapped.
    mutating func append(contentsOf elements: some Sequence<Element>) {
        precondition(mapped == nil, "a mapped column does not grow")
        array.append(contentsOf: elements)
    }
}

extension Column: RandomAccessCollection {
    var startIndex: Int { 0 }
    var endIndex: Int { mapped?.count ?? array.count }

    subscript(position: Int) -> Element {
        guard let mapped else { return array[position] }
        precondition(position >= 0 && position < mapped.count, "place \(position) of \(mapped.count)")
        return mapped[position]
    }

    func withContiguousStorageIfAvailable<Result>(_ body: (UnsafeBufferPointer<Element>) throws -> Result) rethrows
        -> Result?
    {
        try mapped.map(body) ?? array.withUnsafeBufferPointer(body)
    }
}
