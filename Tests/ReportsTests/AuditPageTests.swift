import Datasets
import FoundationEssentials
import NIfTI
import Reports
import TestData
import Testing
import Volumes

/// The page of an audit with one finding that has a place, one that has none, and names that try to break out.
@Suite struct AuditPageTests {
    private static let hostile = "<b>&\"evil"

    /// Two cases: a sound one, and one with a label value that no class has at voxel (3, 4, 5).
    private func page() async throws -> (page: AuditPage, document: String) {
        let temporary = try TemporaryFolder(), folder = temporary.url
        let grid = Grid(shape: try GridShape(12, 10, 8), affine: Affine(spacing: try Spacing(1, 1, 2)))
        var cases: [SourceCase] = []
        for (n, name) in ["sound", "faulty"].enumerated() {
            let image = folder.appending(path: "\(name).nii"), label = folder.appending(path: "\(name)-label.nii")
            try NIfTIWriter.write(
                Volume<Int16>(grid: grid, voxels: (0..<960).map { Int16($0 * 7919 % 500 + 100 * n) }), to: image.path,
                gzip: false)
            var labels = [UInt8](repeating: 0, count: 960)
            for voxel in 400..<410 { labels[voxel] = 1 }
            if n == 1 { labels[grid.shape.offset(3, 4, 5)] = 9 }
            try NIfTIWriter.write(LabelMap(grid: grid, voxels: labels), to: label.path, gzip: false)
            cases.append(
                SourceCase(
                    dataset: "made", id: name, subject: Self.hostile + "\(n)", modality: .mr,
                    image: SourceImage(file: image), label: .file(label)))
        }
        let remark = Finding(.junkFile, dataset: "made", file: Self.hostile, expected: "nothing", found: "junk")
        let report = try await CollectionAuditor(
            name: "made", title: "Two cases", root: folder,
            members: [
                .init(
                    dataset: "made", classes: [ManifestClass(value: 1, name: "one", structure: "liver")], cases: cases,
                    findings: [remark])
            ], structures: ManifestLibrary.standard().structures
        ).run(jobs: 1)
        let page = AuditPage(report)
        // Pictures are made from the files, while they are there.
        return (page, page.document)
    }

    @Test func everyFindingIsARowAndPlacesArePictures() async throws {
        let (page, document) = try await page()
        let findings = page.report.findings
        #expect(findings.contains { $0.code == .unknownLabel && $0.place?.voxel == SIMD3(3, 4, 5) })
        let table = try #require(document.firstRange(of: "<h2>Findings</h2>")).upperBound
        let rows = document[table..<document[table...].firstRange(of: "</section>")!.lowerBound]
            .matches(of: /<tr><td/).count
        #expect(rows == findings.count)
        #expect(document.contains("unknown-label · faulty · voxel (3, 4, 5)"))
        // Each picture is a PNG file of its own: the signature and the end chunk are there.
        let pictures = document.matches(of: /src="data:image\/png;base64,([^"]+)"/)
        #expect(!pictures.isEmpty)
        for picture in pictures {
            let bytes = [UInt8](try #require(Data(base64Encoded: String(picture.1))))
            #expect(bytes.starts(with: [0x89, 0x50, 0x4e, 0x47]) && bytes.suffix(8).starts(with: Array("IEND".utf8)))
        }
    }

    @Test func namesStayTextAndNothingIsFetched() async throws {
        let document = try await page().document
        #expect(!document.contains("<b>&\"evil") && document.contains("&lt;b&gt;&amp;&quot;evil"))
        for outside in ["http://", "https://", "@import", "<link", "src=\"/"] { #expect(!document.contains(outside)) }
    }

    @Test func theSummaryCounts() async throws {
        let (page, document) = try await page()
        let errors = page.report.findings.count { $0.severity == .error }
        #expect(errors == 1 && document.contains("<b>Failed</b>errors were found"))
        #expect(document.contains("<b>1</b>errors") && document.contains("<b>2</b>cases"))
        // Class 1 fills ten voxels of 2 cubic millimetres in both cases: 0.02 ml.
        #expect(document.contains("one: median 0.02, quartiles 0.02 to 0.02, all 0.02 to 0.02 ml, n = 2"))
    }

    @Test func thePageIsWrittenWhole() async throws {
        let folder = try TemporaryFolder(), file = folder.url.appending(path: "page.html")
        let (page, _) = try await page()
        try page.write(to: file)
        let text = try String(contentsOf: file, encoding: .utf8)
        #expect(text.hasPrefix("<!DOCTYPE html>") && text.hasSuffix("</html>\n"))
    }
}
