import FoundationEssentials
import RandomNumbers
import Volumes

/// nnU-Net version 2: a prostate in two MR channels, one file each, and a test patient without label.
struct NNUNetPhantom: PhantomLayout {
    static let usualSubjects = 4

    let seed: UInt64
    let scale: Double
    private let ids: [String]
    private static let values: [String: UInt8] = ["prostate-peripheral-zone": 1, "prostate-transition-zone": 2]
    private static let folder = "Dataset501_ProstatePhantom"

    init(manifest: Manifest, subjects: Int, seed: UInt64, scale: Double) {
        (self.seed, self.scale) = (seed, scale)
        ids = (0..<subjects).map { "prostate_" + padded($0, 2) }
    }

    /// The last of three or more is for testing and has no label.
    private func isTest(_ subject: Int) -> Bool { ids.count >= 3 && subject == ids.count - 1 }

    func write(subject: Int, below root: URL) throws {
        var generator = Philox(seed: seed, purpose: "phantom nnunet", UInt64(subject))
        let position = SIMD3(
            generator.uniform(in: -12...12), generator.uniform(in: -10...10), generator.uniform(in: -8...8))
        let grid = try Grid.covering(
            low: [-96, -62, -54] + position, high: [96, 66, 62] + position, spacing: [1.6, 1.6, 3.6] * scale,
            orientation: Orientation(["LPS", "RAS"][subject % 2])!)
        let warp = PhantomWarp(amplitude: 1.2, wavelength: 60...120, using: &generator)
        let anatomy = ProstateAnatomy(using: &generator)
        let part = isTest(subject) ? "Ts" : "Tr"
        for channel in 0..<2 {
            var canvas = PhantomCanvas(grid: grid, background: 0, warp: warp)
            anatomy.paint(on: &canvas, values: Self.values, isT2: channel == 0)
            canvas.addRicianNoise(deviation: channel == 0 ? 18 : 40, using: &generator)
            try PhantomFiles.write(
                canvas.image(Int16.self, in: 0...4095),
                to: "\(Self.folder)/images\(part)/\(ids[subject])_\(padded(channel, 4)).nii.gz", below: root)
            if channel == 0 && !isTest(subject) {
                try PhantomFiles.write(
                    canvas.labelMap, to: "\(Self.folder)/labelsTr/\(ids[subject]).nii.gz", below: root)
            }
        }
    }

    func writeDescription(below root: URL) throws {
        try PhantomFiles.write(
            """
            {
             "channel_names": {"0": "T2", "1": "ADC"},
             "labels": {"background": 0, "PZ": 1, "TZ": 2},
             "numTraining": \(ids.indices.count { !isTest($0) }),
             "file_ending": ".nii.gz",
             "name": "Prostate phantom",
             "description": "Synthetic, no patient is in it"
            }

            """, to: "\(Self.folder)/dataset.json", below: root)
    }
}
