import NIfTI
import VolumeStore

/// Why a case cannot be prepared. It becomes the finding under which the case is quarantined.
struct CaseRefusal: Error, Equatable, CustomStringConvertible {
    /// A code of the audit's catalogue.
    let code: String
    let file: String
    let expected, found, fix: String

    init(_ code: String, file: String, expected: String, found: String, fix: String) {
        (self.code, self.file, self.expected, self.found, self.fix) = (code, file, expected, found, fix)
    }

    var description: String { "\(file): expected \(expected) but found \(found). \(fix)" }

    var finding: StoredFinding {
        StoredFinding(code: code, severity: .error, file: file, expected: expected, found: found, fix: fix)
    }
}
