import Glibc
import RandomNumbers
import Volumes

/// One patient's made-up abdominal scan.
struct AbdomenScan {
    /// The part of the body that is seen, in mm from the first lumbar vertebra.
    var low: SIMD3<Double>
    var high: SIMD3<Double>
    /// Voxel size along x, y and z, in mm.
    var spacing: SIMD3<Double>
    var orientation: String
    var isCT = true
    var tumours: Set<String> = []
    /// Structures that this patient lacks.
    var absent: Set<String> = []

    /// Renders the scan. CT intensities are HU with noise; MR intensities run from 0 to about `gain`.
    func render(values: [String: UInt8], gain: Float = 1000, using generator: inout Philox) throws -> PhantomCanvas {
        // Nobody lies in the same place of the scanner.
        let position = SIMD3(
            generator.uniform(in: -14...14), generator.uniform(in: -12...12), generator.uniform(in: -14...14))
        let grid = try Grid.covering(
            low: low + position, high: high + position, spacing: spacing, orientation: Orientation(orientation)!)
        let warp = PhantomWarp(amplitude: 3.5, wavelength: 110...260, using: &generator)
        let anatomy = AbdomenAnatomy(tumours: tumours, absent: absent, using: &generator)
        var canvas = PhantomCanvas(grid: grid, background: isCT ? -1000 : 0, warp: warp)
        anatomy.paint(on: &canvas, values: values, isCT: isCT)
        if isCT {
            canvas.addNoise(deviation: 11, using: &generator)
        } else {
            canvas.addRicianNoise(deviation: 18, using: &generator)
            canvas.applyBias(
                depth: Float(generator.uniform(in: 0.06...0.16)), phase: Float(generator.uniform(in: 0...6.28)),
                gain: gain / 1000)
        }
        return canvas
    }
}

extension PhantomCanvas {
    /// Brightens and darkens smoothly across the image, as receiver coils do, by up to 1.5 times `depth`, and multiplies by `gain`.
    mutating func applyBias(depth: Float, phase: Float, gain: Float) {
        mapIntensities { value, place in
            value * gain * (1 + depth * sin(place.x / 190 + phase) + 0.5 * depth * sin(place.y / 150 - phase))
        }
    }
}
