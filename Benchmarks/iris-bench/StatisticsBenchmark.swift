import ArgumentParser
import Volumes

/// Statistics of a resampled CT.
struct StatisticsBenchmark: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "statistics", abstract: "Percentiles, mean and deviation of 266 x 266 x 333 voxels.")

    func run() throws {
        let ct = try SyntheticCT(inPlane: 0.78125), target = try Spacing(1.5, 1.5, 1.5)
        let integers = try ct.image.resampledAndQuantised(to: target, .identity)
        let floats = try ct.image.resampled(to: target)
        let labels = try ct.labels.resampledNearest(to: target)
        Measurement("percentiles 2 and 98, int16") { _ = integers.percentiles([2, 98]) }.print()
        Measurement("percentiles 2 and 98 of labelled voxels, int16") {
            _ = integers.percentiles([2, 98], where: labels)
        }.print()
        Measurement("percentiles 2 and 98, float") { _ = floats.percentiles([2, 98]) }.print()
        Measurement("mean and deviation, int16") { _ = integers.statistics() }.print()
        Measurement("mean and deviation, float") { _ = floats.statistics() }.print()
    }
}
