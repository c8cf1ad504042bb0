import ArgumentParser
import Volumes

/// Resampling of a CT to 1.5 mm.
struct ResampleBenchmark: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resample", abstract: "Resample a CT of 512 x 512 x 200 voxels to 1.5 mm.")

    func run() throws {
        let target = try Spacing(1.5, 1.5, 1.5)
        let quantisation = Quantisation(slope: 1, intercept: 0)
        for (inPlane, name) in [(0.75, "0.75 mm (samples fall on samples in plane)"), (0.78125, "0.78125 mm")] {
            let ct = try SyntheticCT(inPlane: inPlane)
            Measurement("cubic, int16 out, \(name)") {
                _ = try! ct.image.resampledAndQuantised(to: target, quantisation)
            }.print()
            Measurement("cubic, float out, \(name)") { _ = try! ct.image.resampled(to: target) }.print()
            Measurement("in plane cubic, nearest slice, \(name)") {
                _ = try! ct.image.resampledAndQuantised(to: target, quantisation, rule: .paperCode)
            }.print()
            Measurement("linear, int16 out, \(name)") {
                _ = try! ct.image.resampledAndQuantised(to: target, quantisation, rule: .linear)
            }.print()
            Measurement("labels, nearest, \(name)") { _ = try! ct.labels.resampledNearest(to: target) }.print()
        }
    }
}
