import Datasets

/// An audit report for people to read in a terminal.
struct AuditText {
    let report: AuditReport
    let showsInformation: Bool

    init(_ report: AuditReport, showsInformation: Bool) {
        (self.report, self.showsInformation) = (report, showsInformation)
    }

    var text: String {
        var lines: [String] = []
        for finding in report.findings where showsInformation || finding.severity > .information {
            let mark = finding.acknowledgement == nil ? "" : " (known)"
            lines.append(
                "\(finding.severity.rawValue)\(mark)  \(finding.code.rawValue)  \([finding.caseID, finding.file].compactMap(\.self).joined(separator: "  "))"
                    .printable)
            lines.append("    expected \(finding.expected), found \(finding.found)".printable)
            lines.append("    \(finding.acknowledgement ?? finding.fix)".printable)
        }
        if !lines.isEmpty { lines.append("") }
        lines.append(summary)
        return lines.joined(separator: "\n") + "\n"
    }

    private var summary: String {
        let labelled = report.cases.count { $0.label != nil }
        let counts =
            "\(report.cases.count) cases (\(labelled) labelled), \(report.files.count) files\(report.options.headersOnly ? ", headers only" : "")"
        let known = report.findings.count { $0.acknowledgement != nil && $0.severity == .error }
        return "\(report.dataset): \(counts): \(report.count(.error)) errors\(known > 0 ? " (\(known) known)" : ""), "
            + "\(report.count(.warning)) warnings, \(report.count(.information)) infos. \(report.isFailure ? "FAILED" : "Passed")."
    }
}

extension String {
    /// The text without control characters, which a hostile file name could use on a terminal.
    fileprivate var printable: String {
        String(
            String.UnicodeScalarView(unicodeScalars.map { $0.properties.generalCategory == .control ? "\u{FFFD}" : $0 })
        )
    }
}
