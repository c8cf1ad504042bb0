import Datasets
import RandomNumbers
import Testing
import Volumes

/// One scan under three names among scans of others: whoever removes what the audit names keeps one.
@Suite struct ThreeCopiesTests {
    enum Kind: String, CaseIterable {
        case identical, rescaled, coarser, cropped
    }

    @Test("Of three copies each is named together with another", arguments: Kind.allCases) func named(_ kind: Kind)
        async throws
    {
        let cases = try AuditedCases()
        for n in 1...4 {
            let patient = DuplicateSearchTests.Patient(UInt64(n))
            try cases.add(
                "patient\(n)", modality: .mr, grid: Grid(SIMD3(72, 64, 60), spacing: .one),
                image: { 400 + 100 * patient.value($0) })
        }
        let patient = DuplicateSearchTests.Patient(2)
        for n in 1...2 {
            let factor = Double(n)
            switch kind {
            case .identical:
                try cases.add(
                    "copy\(n)", modality: .mr, grid: Grid(SIMD3(72, 64, 60), spacing: .one),
                    image: { 400 + 100 * patient.value($0) })
            case .rescaled:
                try cases.add(
                    "copy\(n)", modality: .mr, grid: Grid(SIMD3(72, 64, 60), spacing: .one),
                    image: { 30 * factor + (20 + 17 * factor) * patient.value($0) })
            case .coarser:
                let spacing = 1.2 + 0.2 * factor
                try cases.add(
                    "copy\(n)", modality: .mr,
                    grid: Grid(
                        SIMD3(Int(72 / spacing), Int(64 / spacing), Int(60 / spacing)),
                        spacing: SIMD3(repeating: spacing)),
                    image: { 100 + 37 * patient.value($0) })
            case .cropped:
                try cases.add(
                    "copy\(n)", modality: .mr, grid: Grid(SIMD3(52, 48, 46), spacing: .one),
                    image: { 100 + 37 * patient.value($0 + SIMD3(7 * factor, 5 * factor, 5 * factor)) })
            }
        }
        let found = try await cases.report().findings.filter { $0.severity > .information }
        let code: FindingCode = kind == .identical ? .duplicateImage : .nearDuplicateImage
        #expect(found.allSatisfy { $0.code == code }, "\(found.map(\.description))")
        // Who is named with whom: the findings must join the three, and nobody else.
        let names: [String] = (1...4).map { "patient\($0)" } + ["copy1", "copy2"]
        var groups = ["patient2", "copy1", "copy2"].map { Set([$0]) }
        for finding in found {
            let named = Set(names.filter { finding.caseID == $0 || finding.found.contains("of \($0)") })
            #expect(named.count == 2, "\(finding.description)")
            let joined = groups.filter { !$0.isDisjoint(with: named) }
            groups = groups.filter { $0.isDisjoint(with: named) } + [joined.reduce(named) { $0.union($1) }]
        }
        #expect(groups == [["patient2", "copy1", "copy2"]], "\(found.map(\.description))")
    }
}
