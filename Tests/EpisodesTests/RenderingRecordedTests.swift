import Episodes
import FoundationEssentials
import Testing
import VolumeStore
import Volumes

/// Agreement with SciPy's `map_coordinates`, recorded by `Recorded/record_map_coordinates.py`.
@Suite struct RenderingRecordedTests {
    struct Recorded: Decodable {
        struct Case: Decodable {
            let rows: VoxelMap
            let image: [Double]
            let label: [UInt8]
        }
        let shape: GridShape
        let cases: [Case]
    }

    @Test func mapCoordinates() throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Recorded/map_coordinates.json")
        let recorded = try JSONDecoder().decode(Recorded.self, from: Data(contentsOf: file))
        let volume = RenderingSourceVolume(try GridShape(20, 18, 16)), shape = volume.shape
        for k in 0..<shape.k {
            for j in 0..<shape.j {
                for i in 0..<shape.i {
                    let value: Int = (7 * i + 13 * j + 29 * k + 3 * i * j + 5 * j * k) % 4001 - 2500
                    volume.image[shape.offset(i, j, k)] = Int16(value)
                    volume.label[shape.offset(i, j, k)] = UInt8((5 * (i / 3) + 3 * (j / 3) + k / 3) % 7)
                }
            }
        }
        #expect(recorded.cases.count == 3)
        for recordedCase in recorded.cases {
            let plan = PatchPlan(
                source: CaseKey(dataset: "t", name: "a"), shape: recorded.shape, map: recordedCase.rows)
            let found = try RenderedPatch(plan, volume)
            let error = zip(recordedCase.image, found.image).map { abs(volume.normalised($0) - Double($1)) }.max()!
            // The weight along j is rounded to 2^-14: at most 3.1e-5 of the window, 4.8 deviations.
            #expect(error < 2e-4, "off by \(error)")
            #expect(recordedCase.label == found.label)
        }
    }
}
