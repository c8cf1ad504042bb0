import Datasets
import NIfTI
import VolumeStore

/// Why a case cannot be prepared. It becomes the finding under which the case is quarantined.
struct CaseRefusal: Error, Equatable, CustomStringConvertible {
    let code: FindingCode
    let file: String
    let expected, found, fix: String

    /// - Parameter fix: what to do; the catalogue's advice when left out.
    init(_ code: FindingCode, file: String, expected: String, found: String, fix: String? = nil) {
        (self.code, self.file, self.expected, self.found) = (code, file, expected, found)
        self.fix = fix ?? code.fix
    }

    /// The refusal of a file by the NIfTI reader.
    init(_ error: NIfTIError, file: String) {
        let finding = Finding.refusal(error, dataset: "", case: nil, file: file)
        var code = finding.code
        if case .notALabel(_, _, _, let value) = error {
            code =
                !value.isFinite
                ? .nonFiniteLabel
                : value < 0 ? .negativeLabel : value == value.rounded() ? .unknownLabel : .fractionalLabel
        }
        self.init(code, file: file, expected: finding.expected, found: finding.found, fix: finding.fix)
    }

    var description: String { "\(file): expected \(expected) but found \(found). \(fix)" }

    var finding: StoredFinding {
        StoredFinding(code, .error, file: file, expected: expected, found: found, fix: fix)
    }
}

extension StoredFinding {
    /// A finding of the audit's catalogue.
    init(_ code: FindingCode, _ severity: Severity, file: String, expected: String, found: String, fix: String) {
        self.init(code: code.rawValue, severity: severity, file: file, expected: expected, found: found, fix: fix)
    }
}
