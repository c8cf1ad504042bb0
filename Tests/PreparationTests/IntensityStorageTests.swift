import Preparation
import Testing
import Volumes

@Suite struct IntensityStorageTests {
    /// Goes through scales from tiny to AMOS's MR maximum, wide and narrow windows, and ranges far beyond them.
    @Test("The window is held with steps of at most 1/1000 of the deviation", arguments: [1e-6, 0.013, 1, 440, 3.28e6])
    func steps(scale: Double) {
        for (low, high) in [(-2.0, 2.0), (0, 1), (-0.001, 15)] {
            for (below, above) in [(0.0, 0.0), (5, 0), (0, 100), (1000, 1000)] {
                let window = low * scale...high * scale
                let range = (low - below) * scale...(high + above) * scale
                let deviation = (high - low) / 10 * scale
                let storage = IntensityStorage.quantisation(
                    range: range, window: window, deviation: deviation, stepsPerDeviation: 1000)
                #expect(storage.slope <= deviation / 1000)
                #expect(storage.slope > deviation / 2001)
                #expect(Double(Float(storage.slope)) == storage.slope)
                #expect(Double(Float(storage.intercept)) == storage.intercept)
                for value in [window.lowerBound, window.upperBound, (low + high) / 2 * scale] {
                    #expect(abs(storage.intensity(storage.stored(value)) - value) <= storage.slope * 0.5000001)
                }
                // What does not fit saturates, on its own side.
                #expect(storage.intensity(storage.stored(range.upperBound)) >= window.upperBound - storage.slope)
                #expect(storage.intensity(storage.stored(range.lowerBound)) <= window.lowerBound + storage.slope)
            }
        }
    }

    @Test("A range that fits loses nothing, and whole numbers are kept exactly") func wholeNumbers() {
        let storage = IntensityStorage.quantisation(
            range: -1024...3071, window: -991...500, deviation: 300, stepsPerDeviation: 1000)
        #expect(storage.slope == 0.25)
        for value in stride(from: -1024.0, through: 3071, by: 1) {
            #expect(storage.intensity(storage.stored(value)) == value)
        }
    }

    /// Steps of 1 and a window of 400 HU leave room for some 65 000 HU more. The side with fewer intensities keeps them all,
    /// and the other gets what is left.
    @Test("Room beyond the window goes to the side that has use for it", arguments: [(40.0, 1e6), (1e6, 40)])
    func room(below: Double, above: Double) {
        let storage = IntensityStorage.quantisation(
            range: -160 - below...240 + above, window: -160...240, deviation: 1000, stepsPerDeviation: 1000)
        #expect(storage.slope == 0.5 || storage.slope == 1)
        let (lowest, highest) = (storage.intensity(.min), storage.intensity(.max))
        if below < above {
            #expect(lowest <= -200 && lowest > -230)
            #expect(highest > 65_000 * storage.slope - 230)
        } else {
            #expect(highest >= 280 && highest < 310)
            #expect(lowest < 310 - 65_000 * storage.slope)
        }
    }

    @Test("A volume that is constant but for a few voxels still holds its window") func narrow() {
        let storage = IntensityStorage.quantisation(
            range: 0...1000, window: 0...1000, deviation: 0.5, stepsPerDeviation: 1000)
        #expect(abs(storage.intensity(storage.stored(0))) <= storage.slope)
        #expect(abs(storage.intensity(storage.stored(1000)) - 1000) <= storage.slope)
    }
}
