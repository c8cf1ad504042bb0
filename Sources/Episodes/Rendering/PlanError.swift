/// Why a patch plan cannot be rendered.
public enum PlanError: Error, Equatable, Sendable, CustomStringConvertible {
    /// A number of the plan is out of range.
    case invalid(field: String, found: String, expected: String)

    public var description: String {
        switch self {
        case .invalid(let field, let found, let expected):
            "patch plan: expected \(field) to be \(expected) but found \(found). Correct the plan or the episode configuration."
        }
    }
}
