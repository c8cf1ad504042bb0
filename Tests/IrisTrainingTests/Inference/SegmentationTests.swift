import IrisTraining
import Testing
import VolumeStore
import Volumes

/// Results on other grids, by geometry.
@Suite struct SegmentationTests {
    private let classes = [TaskClass(value: 3, name: "a"), TaskClass(value: 9, name: "b")]

    private func segmentation(_ grid: Grid, _ probability: (Int, SIMD3<Int>) -> Float) -> Segmentation {
        let shape = grid.shape
        let maps = (0..<2).map { place in
            (0..<shape.count).map { voxel in
                probability(place, SIMD3(voxel % shape.i, voxel / shape.i % shape.j, voxel / (shape.i * shape.j)))
            }
        }
        return Segmentation(grid: grid, classes: classes, probabilities: maps, uncertainty: nil)
    }

    private func grid(_ i: Int, _ j: Int, _ k: Int, _ spacing: Double = 1) throws -> Grid {
        Grid(
            shape: try GridShape(i, j, k),
            affine: Affine(spacing: try Spacing(spacing, spacing, spacing), origin: SIMD3(5, -3, 2)))
    }

    @Test func theMostProbableClassAboveOneHalfWins() throws {
        let values: [[Float]] = [[0.5, 0.6, 0.9, 0.7, 0.2, 0.1], [0.1, 0.55, 0.95, 0.7, 0.4, 0.51]]
        let result = segmentation(try grid(6, 1, 1)) { values[$0][$1.x] }
        // One half is not above one half; of equals the first class.
        #expect(result.labels().voxels == [0, 3, 9, 3, 0, 9])
    }

    /// The same voxels in another order: labels follow their places in the world.
    @Test(arguments: ["LPS", "RAS", "SAR", "PIL"]) func labelsFollowTheWorldInAnyOrientation(codes: String) throws {
        let grid = try grid(7, 6, 5)
        let result = segmentation(grid) { place, v in
            place == 0 ? (v.x < 3 && v.y > 1 ? 0.9 : 0.1) : (v.z == 4 ? 0.95 : 0.2)
        }
        let target = grid.reoriented(to: try #require(Orientation(codes)))
        #expect(
            result.labels(onto: target).voxels
                == result.labels().reoriented(to: try #require(Orientation(codes))).voxels)
        #expect(Set(result.labels().voxels) == [0, 3, 9])
    }

    /// A probability that falls from 1 to 0 between places 2 and 3 crosses one half half way; between the voxels of a
    /// coarse grid a fine one finds that place to half of its own voxel.
    @Test func bordersLieWhereTheProbabilityIsOneHalf() throws {
        let coarse = try grid(6, 3, 3, 2)
        let result = segmentation(coarse) { place, v in place == 0 && v.x <= 2 ? 1 : 0 }
        let fine = Grid(
            shape: try GridShape(30, 3, 3), affine: Affine(spacing: try Spacing(0.4, 2, 2), origin: SIMD3(5, -3, 2)))
        let labels = result.labels(onto: fine).voxels[..<30]
        // Place 2.5 of the coarse grid is 5 mm from its first voxel: 12.5 fine voxels.
        #expect(Array(labels) == (0..<30).map { $0 <= 12 ? 3 : 0 })
    }

    /// A fine image of 11 voxels of 1 mm became 7 voxels of 1.5 mm, the last centre at 9 mm; the fine one's last is at 10.
    @Test func theEdgeOfTheFileIsReached() throws {
        let file = try grid(11, 8, 5)
        let prepared = try file.resampled(to: Spacing(1.5, 1.5, 1.5))
        #expect(prepared.shape.i == 7)
        let result = segmentation(prepared) { place, _ in place == 0 ? 0.8 : 0 }
        #expect(result.labels(onto: file).voxels.allSatisfy { $0 == 3 })
        // Two voxels away there is background.
        let far = Grid(shape: try GridShape(1, 1, 1), affine: file.affine.shifted(by: SIMD3(-3.1, 0, 0)))
        #expect(result.labels(onto: far).voxels == [0])
    }

    /// A file whose header says 1 mm between slices that really lie 2 mm apart, as in LiTS. Voxels of the result belong where
    /// the slices really are, and its header says what the file's header says, so that the two overlay.
    @Test func labelsAreComputedOnTheRepairedGridAndWrittenUnderTheFilesOwn() throws {
        let shape = try GridShape(2, 2, 8), origin = SIMD3(5.0, -3, 2)
        let repaired = Grid(shape: shape, affine: Affine(spacing: try Spacing(1, 1, 2), origin: origin))
        let file = Grid(shape: shape, affine: Affine(spacing: try Spacing(1, 1, 1), origin: origin))
        let query = Query(
            name: "q",
            image: ModelImage(
                name: "q", try Volume(grid: repaired, voxels: [Int16](repeating: 0, count: shape.count)),
                quantisation: Quantisation(slope: 1, intercept: 0),
                normalisation: try #require(
                    IntensityNormalisation(clipLow: 0, clipHigh: 1, mean: 0, standardDeviation: 1))),
            sourceGrid: repaired, fileGrid: file, sources: [])
        // Prepared at 1 mm: the object fills the lower 6 mm, which are the first three slices of the file.
        let prepared = try grid(2, 2, 15)
        let result = segmentation(prepared) { place, v in place == 0 && v.z < 6 ? 1 : 0 }
        let labels = result.labels(of: query)
        #expect(labels.grid == file)
        #expect((0..<8).map { labels[1, 1, $0] } == [3, 3, 3, 0, 0, 0, 0, 0])
        let probability = result.probability(of: 0, query: query)
        #expect(probability.grid == file && (0..<8).map { probability[0, 0, $0] } == [1, 1, 1, 0, 0, 0, 0, 0])
    }
}
