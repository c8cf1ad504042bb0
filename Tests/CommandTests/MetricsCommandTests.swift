import FoundationEssentials
import NIfTI
import TestData
import Testing
import Volumes

/// `iris metrics` as a process.
@Suite struct MetricsCommandTests {
    /// Two voxels in opposite corners of a cube, so that the joint box is the cube and no search is short.
    private func compareCorners(_ edge: Int) throws -> IrisCommand {
        let folder = try TemporaryFolder()
        let grid = Grid(shape: try GridShape(edge, edge, edge), affine: Affine(spacing: try Spacing(1, 1, 1)))
        for (name, place) in [("reference", 0), ("prediction", grid.shape.count - 1)] {
            let path = folder.url.appending(path: name)
            try FileManager.default.createDirectory(at: path, withIntermediateDirectories: true)
            var labels = try LabelMap(grid: grid, voxels: [UInt8](repeating: 0, count: grid.shape.count))
            labels.voxels[place] = 1
            try NIfTIWriter.write(labels, to: path.appending(path: "a.nii").path, gzip: false)
        }
        return try IrisCommand(
            [
                "metrics", "--prediction", folder.path("prediction"), "--reference", folder.path("reference"),
                "--jobs", "1", "--json",
            ])
    }

    private struct Result: Decodable {
        struct Case: Decodable {
            struct Metrics: Decodable { let hd95Directed: Double? }
            let metrics: [Metrics]
        }
        let cases: [Case]
    }

    /// Seven million voxels more may take ten bytes each: two label maps, a file being read, and the box's columns of two
    /// bytes. A distance transform in double alone would take eight besides.
    @Test func memoryIsLinearInTheBox() throws {
        let small = try compareCorners(100), large = try compareCorners(200)
        #expect(small.status == 0 && large.status == 0, "\(large.errors)")
        let result = try large.json(Result.self)
        // The voxels are 199 steps apart along each axis.
        let distance = try #require(result.cases[0].metrics[0].hd95Directed)
        #expect(abs(distance - 199 * 3.0.squareRoot()) < 1e-9)
        let more = large.peakMemory - small.peakMemory
        #expect(more < 10 * 7_000_000, "\(more) bytes")
    }
}
