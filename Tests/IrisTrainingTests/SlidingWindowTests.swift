import IrisTraining
import Testing
import Volumes

@Suite struct SlidingWindowTests {
    /// Every voxel is seen, no window leaves a volume that holds it, and neighbours overlap by at least half a patch.
    @Test(arguments: [(130, 65, 64), (64, 64, 64), (200, 127, 129)]) func windowsCover(i: Int, j: Int, k: Int) throws {
        let window = SlidingWindow(volume: try GridShape(i, j, k), patch: try GridShape(64, 64, 64), overlap: 0.5)
        for axis in 0..<3 {
            let length = [i, j, k][axis]
            let starts = Array(Set(window.origins.map { $0[axis] })).sorted()
            #expect(starts.first == 0 && starts.last == length - 64)
            #expect(zip(starts, starts.dropFirst()).allSatisfy { $1 - $0 <= 32 && $1 > $0 })
        }
        #expect(Set(window.origins).count == window.origins.count)
    }

    @Test func aSmallVolumeIsCentred() throws {
        let window = SlidingWindow(volume: try GridShape(40, 64, 63), patch: try GridShape(64, 64, 64), overlap: 0.5)
        #expect(window.origins == [SIMD3(-12, 0, 0)])
    }

    /// Along i the weight falls by exp(-1/2) at one standard deviation, an eighth of the patch, from the centre.
    @Test func weightsAreGaussian() throws {
        let window = SlidingWindow(volume: try GridShape(65, 1, 1), patch: try GridShape(33, 1, 1), overlap: 0)
        #expect(abs(window.weights[16] - 1) < 1e-6)
        #expect(abs(window.weights[16 + 4] - Float(0.62519)) < 2e-3)
        #expect(window.weights.min()! >= 1e-3)
    }
}
