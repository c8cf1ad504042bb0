extension FindingCode {
    /// The catalogue as a Markdown page; `docs/audit-codes.md` is this text.
    public static var markdown: String {
        var groups: [String] = []
        for code in allCases where !groups.contains(code.group) { groups.append(code.group) }
        let sections = groups.map { group in
            let rows = allCases.filter { $0.group == group }.map {
                "| `\($0.rawValue)` | \($0.severity.rawValue) | \($0.meaning) | \($0.fix) |"
            }
            return
                "## \(group)\n\n| code | severity | meaning | what to do |\n| --- | --- | --- | --- |\n\(rows.joined(separator: "\n"))\n"
        }
        return """
            # Audit codes

            What `iris audit` can find. Codes are stable: programs and manifests (`knownDefects`) may rely on them. The severity is the
            usual one; circumstances that change it are named. An error makes a case unusable or its numbers wrong, a warning deserves a
            look, an info is a truth about the data that needs no action. `iris audit --codes` prints this page.

            \(sections.joined(separator: "\n"))
            """
    }
}
