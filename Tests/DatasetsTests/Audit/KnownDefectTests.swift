import Datasets
import FoundationEssentials
import NIfTI
import TestData
import Testing
import Volumes

/// What a manifest knows of a dataset, in the audit's report.
@Suite struct KnownDefectTests {
    private static let manifest = """
        name: mine
        title: My data
        version: "1"
        licence: none
        citation: none
        source: {homepage: a, record: b, size: c, access: d}
        layout: {adapter: lits, expected: volumes}
        modality: {constant: CT}
        intensity: {CT: HU}
        classes:
          - {value: 1, name: liver, structure: liver}
        cropContext: {x: 1, y: 2, z: 3}
        knownDefects:
          - {cases: [CASE], code: duplicate-image, note: measured twice, remedy: keep one}

        """

    /// By text volume-10 stands before volume-2.
    @Test(
        "A duplicate is acknowledged under the later case by number",
        arguments: [("volume-10", true), ("volume-2", false)])
    func duplicate(named id: String, isKnown: Bool) async throws {
        let folder = try TemporaryFolder(), patient = DuplicateSearchTests.Patient(1)
        let grid = try Grid(SIMD3(24, 22, 20), spacing: .one)
        for n in [2, 10] {
            try NIfTIWriter.write(
                Volume<Int16>(painting: grid) { Int16(40 + 30 * patient.value($0)) },
                to: folder.url.appending(path: "volume-\(n).nii").path, gzip: false)
            try NIfTIWriter.write(
                LabelMap(painting: grid) { $0.x < 12 + Double(n) / 3 ? 1 : 0 },
                to: folder.url.appending(path: "segmentation-\(n).nii").path, gzip: false)
        }
        let manifest = try Manifest(
            text: Self.manifest.replacing("CASE", with: id), file: "m.yaml", structures: library.structures
        ) { _ in "" }
        let found = try await Auditor(manifest: manifest, source: folder.url).run(jobs: 1).findings.filter {
            $0.code == .duplicateImage
        }
        #expect(found.map(\.caseID) == ["volume-10"])
        #expect(found.first?.acknowledgement == (isKnown ? "measured twice. Remedy: keep one" : nil))
    }
}
