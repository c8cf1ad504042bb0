/// Rows of comma-separated values.
enum CSV {
    /// One row, ended by a line feed. Fields are quoted as RFC 4180 asks, with a leading quote mark against spreadsheets
    /// that take a name for a formula; numbers stay as they are.
    static func row(_ fields: [String]) -> String { fields.map(field).joined(separator: ",") + "\n" }

    private static func field(_ text: String) -> String {
        let isFormula = text.first.map { "=+-@".contains($0) } == true && Double(text) == nil
        let guarded = isFormula ? "'" + text : text
        guard guarded.contains(where: { ",\"\n\r".contains($0) }) else { return guarded }
        return "\"" + guarded.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
    }
}
