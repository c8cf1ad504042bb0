/// How much a finding weighs.
///
/// An error makes a case unusable or its numbers wrong, a warning deserves a look, an information is a truth about the
/// data that needs no action.
public enum Severity: String, CaseIterable, Comparable, Sendable {
    case information = "info"
    case warning
    case error

    /// The order of reports.
    public static func < (a: Severity, b: Severity) -> Bool { a.rank < b.rank }

    private var rank: Int {
        switch self {
        case .information: 0
        case .warning: 1
        case .error: 2
        }
    }
}
