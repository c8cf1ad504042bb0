import Datasets
import Testing
import Volumes

/// Subjects and the parts of a split.
@Suite struct SplitCheckTests {
    @Test("A subject in two parts is named, one with two cases in a part is not") func sharedSubjects() async throws {
        let cases = try AuditedCases(), grid = try Grid(SIMD3(20, 18, 16), spacing: .one)
        for (n, (subject, split)) in [("p", Split.train), ("q", .train), ("p", .test), ("q", .train), ("r", .val)]
            .enumerated()
        {
            let patient = DuplicateSearchTests.Patient(UInt64(n))
            try cases.add(
                "scan\(n)", subject: subject, modality: .mr, grid: grid, split: split,
                image: { 400 + 100 * patient.value($0) })
        }
        let findings = try await cases.report().findings
        let shared = findings.filter { $0.code == .subjectInTwoSplits }
        #expect(shared.map(\.caseID) == ["scan0"])
        #expect(shared.first?.expected == "subject p in one part of the official split")
        #expect(shared.first?.found == "test and train")
        #expect(
            findings.filter { $0.code == .splitSum }.map(\.found) == [
                "train 3 cases of 2 subjects, val 1 cases of 1 subjects, test 1 cases of 1 subjects; 3 subjects, 1 shared"
            ])
    }
}
