import FoundationEssentials
import RandomNumbers
import Volumes

/// Brain Aging: uncompressed images and three probability maps of each, maps as uint8 with a slope of 1/255, cohorts with
/// orientations of their own, the validation folder called `valid`.
struct BrainAgingPhantom: PhantomLayout {
    static let usualSubjects = 5

    let seed: UInt64
    let scale: Double
    private let scans: [(id: String, part: String, orientation: String)]

    init(manifest: Manifest, subjects: Int, seed: UInt64, scale: Double) {
        (self.seed, self.scale) = (seed, scale)
        let training = manifest.paperSplit?.ids[.train] ?? [], test = manifest.paperSplit?.ids[.test] ?? []
        scans = (0..<subjects).map { n in
            switch n % 5 {
            case 0: (training[n / 5], "train", "RAS")
            case 1: ("sald_" + padded(31700 + n, 6), "train", "LAS")
            case 2: ("ixi_" + padded(n, 3), "valid", "PSR")
            case 3: (test[n / 5], "test", "RAS")
            default: ("ixi_" + padded(n, 3), "train", "LIA")
            }
        }
    }

    func write(subject: Int, below root: URL) throws {
        let (id, part, orientation) = scans[subject]
        var generator = Philox(seed: seed, purpose: "phantom brain-aging", UInt64(subject))
        let anatomy = BrainAnatomy(using: &generator)
        let half = SIMD3<Double>(anatomy.halfAxes) + 6, spacing = 2 * scale
        let grid = try Grid.covering(
            low: -half, high: half, spacing: SIMD3(repeating: spacing), orientation: Orientation(orientation)!)
        var canvas = PhantomCanvas(
            grid: grid, background: 0, warp: PhantomWarp(amplitude: 1, wavelength: 70...140, using: &generator))
        var maps: [[UInt8]] = [[], [], []]
        canvas.mapIntensities { _, place in
            let share = anatomy.shares(at: place, softness: Float(spacing))
            for (n, value) in [share.gray, share.white, share.csf].enumerated() {
                // Faint traces are cut off, as the packaged maps end at the brain's edge.
                maps[n].append(value < 0.03 ? 0 : UInt8((min(1, value) * 255).rounded()))
            }
            return 150 * share.white + 105 * share.gray + 38 * share.csf
        }
        canvas.addRicianNoise(deviation: 4, using: &generator)
        canvas.applyBias(depth: 0.08, phase: Float(generator.uniform(in: 0...6.28)), gain: 1)
        let image = "\(part)/image/\(id)_img.nii"
        if subject % 2 == 0 {
            try PhantomFiles.write(canvas.image(UInt8.self, in: 0...255), to: image, below: root)
        } else {
            try PhantomFiles.write(canvas.image(Int16.self, in: 0...1000), to: image, below: root)
        }
        for (tissue, map) in zip(["graymatter", "whitematter", "csf"], maps) {
            try PhantomFiles.write(
                try Volume(grid: grid, voxels: map), to: "\(part)/mask/\(id)_probmask_\(tissue).nii", below: root,
                slope: 1.0 / 255)
        }
    }

    func writeDescription(below root: URL) throws {}
}
