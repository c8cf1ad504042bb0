/// Rows of text under column titles, aligned.
package struct Table {
    package struct Column: Sendable {
        package enum Alignment: Sendable { case left, right }
        let title: String
        let alignment: Alignment
        /// Whether cells may be cut, with an ellipsis, where the terminal is too narrow.
        let isFlexible: Bool

        /// Text, aligned left.
        package static func text(_ title: String) -> Column {
            Column(title: title, alignment: .left, isFlexible: false)
        }
        /// Text that is cut first when space is short, such as a path or a message.
        package static func longText(_ title: String) -> Column {
            Column(title: title, alignment: .left, isFlexible: true)
        }
        /// A number, aligned right.
        package static func number(_ title: String) -> Column {
            Column(title: title, alignment: .right, isFlexible: false)
        }
    }

    private let columns: [Column]
    private var rows: [[String]] = []

    package init(_ columns: [Column]) { self.columns = columns }

    /// - Precondition: there is one cell per column.
    package mutating func add(_ cells: [String]) {
        precondition(cells.count == columns.count, "\(cells.count) cells for \(columns.count) columns")
        rows.append(cells)
    }

    package var isEmpty: Bool { rows.isEmpty }

    /// The lines of the table, titles first, each ended by a line feed.
    ///
    /// - Parameter width: the columns of the terminal; `nil` cuts nothing.
    package func rendered(width: Int? = nil) -> String {
        var widths = columns.indices.map { column in
            ([columns[column].title] + rows.map { $0[column] }).map(\.count).max()!
        }
        var excess = width.map { widths.reduce(2 * (columns.count - 1), +) - $0 } ?? 0
        // The widest flexible column gives way first; none becomes narrower than twelve characters.
        while excess > 0 {
            guard
                let widest = columns.indices.filter({ columns[$0].isFlexible && widths[$0] > 12 })
                    .max(by: { widths[$0] < widths[$1] })
            else { break }
            widths[widest] -= 1
            excess -= 1
        }
        return ([columns.map(\.title)] + rows).map { line($0, widths) }.joined()
    }

    private func line(_ cells: [String], _ widths: [Int]) -> String {
        var text = columns.indices.map { column in
            let cell =
                cells[column].count > widths[column]
                ? cells[column].prefix(widths[column] - 1) + "…" : cells[column][...]
            let padding = String(repeating: " ", count: widths[column] - cell.count)
            return columns[column].alignment == .left ? cell + padding : padding + cell
        }.joined(separator: "  ")
        while text.last == " " { text.removeLast() }
        return text + "\n"
    }

    /// Prints the table, fitted to the terminal if there is one.
    func printFitted() { print(rendered(width: Terminal.outputWidth), terminator: "") }
}
