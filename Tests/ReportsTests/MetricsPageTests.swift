import FoundationEssentials
import Metrics
import NIfTI
import Reports
import Testing
import Volumes

@Suite struct MetricsPageTests {
    /// Two cases: a box of 10 x 6 x 4 voxels predicted 2 voxels further along i (Dice 0.8), and one without prediction.
    private func withPage(_ body: (MetricsPage) throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "page-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        for name in ["p", "r", "i"] {
            try FileManager.default.createDirectory(
                at: folder.appending(path: name), withIntermediateDirectories: true)
        }
        let grid = Grid(shape: try GridShape(20, 10, 8), affine: Affine(spacing: try Spacing(1, 1, 2)))
        func box(_ start: Int) throws -> LabelMap {
            var labels = try LabelMap(grid: grid, voxels: Array(repeating: 0, count: grid.shape.count))
            for k in 2..<6 { for j in 2..<8 { for i in start..<start + 10 { labels[i, j, k] = 2 } } }
            return labels
        }
        try NIfTIWriter.write(try box(3), to: folder.appending(path: "r/a.nii").path, gzip: false)
        try NIfTIWriter.write(try box(5), to: folder.appending(path: "p/a.nii").path, gzip: false)
        try NIfTIWriter.write(try box(3), to: folder.appending(path: "r/b <i>.nii").path, gzip: false)
        let comparison = FolderComparison(
            predictions: folder.appending(path: "p"), references: folder.appending(path: "r"))
        try body(MetricsPage(try await comparison.run(jobs: 2), of: comparison, classNames: [2: "spleen"]))
    }

    @Test func thePageHoldsTablesPlotsAndPictures() async throws {
        try await withPage { page in
            let document = page.document
            for heading in [
                "Summary", "Scores by class", "Distributions", "Lowest Dice", "Highest Dice", "Not compared",
            ] {
                #expect(document.contains("<h2>\(heading)</h2>"), "\(heading)")
            }
            // The worst is the missing one with Dice 0, the best has 0.8; the mean of both is 0.4.
            #expect(document.matches(of: /data:image\/png;base64,/).count == 2)
            #expect(document.contains("<b>b &lt;i&gt; · 2 spleen</b><br>Dice 0.000"))
            #expect(document.contains("<b>a · 2 spleen</b><br>Dice 0.800"))
            #expect(document.contains("<b>0.400</b>mean Dice"))
            #expect(!document.contains("b <i>"))
            #expect(document.contains("absent from one: overlap 0 and the volume"))
        }
    }

    /// Nothing to score still gives a page.
    @Test func anEmptyResultIsSaid() throws {
        let result = FolderComparison.Result(
            tolerance: 1, policy: EmptyMaskPolicy(), cases: [], extraPredictions: ["x"],
            summary: MetricsSummary(of: [], classes: []))
        let nowhere = URL(filePath: "/nowhere")
        let document = MetricsPage(
            result, of: FolderComparison(predictions: nowhere, references: nowhere), classNames: [:]
        ).document
        #expect(document.contains("no values"))
        #expect(document.contains("a prediction without a reference"))
    }
}
