/// A table that its reader can sort by any column and filter by words.
public struct HTMLTable: Sendable {
    /// A column's heading and how its cells are shown.
    public struct Column: Sendable {
        let title: String
        let style: String
        let isFilter: Bool

        /// - Parameters:
        ///   - title: the column's heading.
        ///   - isFilter: whether a menu of the column's values stands above the table.
        public static func text(_ title: String, isFilter: Bool = false) -> Column {
            Column(title: title, style: "", isFilter: isFilter)
        }
        /// Text that is not broken.
        public static func name(_ title: String, isFilter: Bool = false) -> Column {
            Column(title: title, style: "name", isFilter: isFilter)
        }
        /// A column of numbers, aligned right.
        public static func number(_ title: String) -> Column { Column(title: title, style: "number", isFilter: false) }
    }

    /// A cell's content and what it is sorted by.
    public struct Cell: Sendable {
        let content: HTML
        /// What the cell is sorted and filtered by.
        let key: String

        /// A cell of plain text.
        public init(_ text: String) { (content, key) = (HTML(text), text) }
        public init(_ content: HTML, key: String) { (self.content, self.key) = (content, key) }
        /// A number, or a dash where there is none.
        public init(_ value: Double?, digits: Int) {
            let text = value.map { $0.fixed(digits) } ?? "–"
            (content, key) = (HTML(text), value.map { "\($0)" } ?? "")
        }
        /// A score, with all its digits however small, or a dash where there is none.
        init(score: Double?, digits: Int) {
            (content, key) = (HTML(score?.decimal(digits) ?? "–"), score.map { "\($0)" } ?? "")
        }
    }

    private let columns: [Column]
    private var rows: [[Cell]] = []

    public init(_ columns: [Column]) { self.columns = columns }

    /// - Precondition: there is one cell per column.
    public mutating func add(_ cells: [Cell]) {
        precondition(cells.count == columns.count, "\(cells.count) cells for \(columns.count) columns")
        rows.append(cells)
    }

    /// The table with what sorts and filters it.
    public var html: HTML {
        let menus = columns.indices.filter { columns[$0].isFilter }.map { column in
            let values = Set(rows.map { $0[column].key }).sorted()
            let options = values.map { HTML.element("option", [("value", $0)], HTML($0)) }
            return HTML.element(
                "select", [("data-column", "\(column)"), ("aria-label", columns[column].title)],
                [HTML.element("option", [("value", "")], HTML("all: \(columns[column].title)"))] + options)
        }
        let search = HTML(
            markup: "<input type=\"search\" placeholder=\"filter by words\" aria-label=\"filter by words\">")
        let tools = HTML.element(
            "div", [("class", "tools")], [search] + menus + [HTML.element("span", [("class", "count soft")])])
        let head = columns.map {
            HTML.element("th", $0.style == "number" ? [("class", "number")] : [], HTML($0.title))
        }
        let body = rows.map { row in
            HTML.element(
                "tr", [],
                zip(columns, row).map { column, cell in
                    HTML.element(
                        "td", [("data-key", cell.key)] + (column.style.isEmpty ? [] : [("class", column.style)]),
                        cell.content)
                })
        }
        let table = HTML.element(
            "table", [], HTML.element("thead", [], HTML.element("tr", [], head)), HTML.element("tbody", [], body))
        return HTML.element("div", [("class", "data")], tools, HTML.element("div", [("class", "scroll")], table))
    }
}

extension Double {
    /// With a fixed number of digits after the point; very large and very small numbers with three significant digits.
    func fixed(_ digits: Int) -> String {
        guard isFinite else { return "\(self)" }
        if self != 0, abs(self) >= 1e7 || abs(self) < 1e-3 {
            var (mantissa, exponent) = (abs(self), 0)
            while mantissa >= 9.995 { (mantissa, exponent) = (mantissa / 10, exponent + 1) }
            while mantissa < 0.9995 { (mantissa, exponent) = (mantissa * 10, exponent - 1) }
            return "\(self < 0 ? "-" : "")\(mantissa.fixed(2))e\(exponent)"
        }
        return decimal(digits)
    }

    /// With a fixed number of digits after the point, however small; for scores, whose size is known.
    ///
    /// - Precondition: the value is finite and far below the greatest whole number.
    func decimal(_ digits: Int) -> String {
        let scale = (0..<digits).reduce(1.0) { product, _ in product * 10 }
        let whole = (abs(self) * scale).rounded()
        let text = String(Int(whole))
        let padded = String(repeating: "0", count: max(0, digits + 1 - text.count)) + text
        let sign = self < 0 && whole > 0 ? "-" : ""
        return digits == 0 ? sign + padded : "\(sign)\(padded.dropLast(digits)).\(padded.suffix(digits))"
    }
}
