import Datasets
import FoundationEssentials
import Testing

@Suite struct FindingCodeTests {
    @Test func theDocumentedCatalogueIsTheCatalogue() throws {
        let package = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
            .deletingLastPathComponent()
        let page = try String(contentsOf: package.appending(path: "docs/audit-codes.md"), encoding: .utf8)
        #expect(page == FindingCode.markdown, "Write it anew: iris audit --codes > docs/audit-codes.md")
    }

    @Test func everyCodeIsExplained() {
        for code in FindingCode.allCases {
            #expect(code.meaning.hasSuffix("."), "\(code.rawValue)")
            #expect(!code.fix.isEmpty, "\(code.rawValue)")
            #expect(code.rawValue.allSatisfy { $0.isLowercase || $0 == "-" }, "\(code.rawValue)")
            // Only the last code may fall through to the last entry.
            #expect(code.group != "The audit itself" || code == .failedCheck, "\(code.rawValue)")
        }
    }

    @Test("A refusal of the reader keeps its parts apart") func refusalParts() {
        let finding = Finding.refusal(
            .cannotOpen(file: "/data/a.nii", reason: "Permission denied"), dataset: "d", case: "a", file: "a.nii")
        #expect(finding.expected == "a readable file" && finding.found == "Permission denied")
        #expect(finding.code == .unreadableFile && finding.fix == "Check the path and its permissions.")
    }
}
