import FoundationEssentials
import RandomNumbers
import Volumes

/// MSD: the hippocampus task in small: float32 and uint8 images on scales of their own, a test image, AppleDouble junk, and a
/// `dataset.json` with the key spelt `relase`.
struct DecathlonPhantom: PhantomLayout {
    static let usualSubjects = 8

    let seed: UInt64
    let scale: Double
    private let ids: [String]
    private static let values: [String: UInt8] = ["anterior-hippocampus": 1, "posterior-hippocampus": 2]
    private static let folder = "Task04_Hippocampus"

    init(manifest: Manifest, subjects: Int, seed: UInt64, scale: Double) {
        (self.seed, self.scale) = (seed, scale)
        ids = (0..<subjects).map { "hippocampus_" + padded($0 + 1, 3) }
    }

    /// The last of three or more is for testing and has no label.
    private func isTest(_ subject: Int) -> Bool { ids.count >= 3 && subject == ids.count - 1 }

    func write(subject: Int, below root: URL) throws {
        var generator = Philox(seed: seed, purpose: "phantom msd", UInt64(subject))
        let half = SIMD3(generator.uniform(in: 17...19), generator.uniform(in: 25...28), generator.uniform(in: 16...19))
        let grid = try Grid.covering(low: -half, high: half, spacing: SIMD3(repeating: scale), orientation: .ras)
        // The task's affines are all the same, whatever the patient.
        let plain = Affine(spacing: grid.spacing, origin: [1, 1, 1])
        var canvas = PhantomCanvas(
            grid: grid, background: 0, warp: PhantomWarp(amplitude: 0.8, wavelength: 30...60, using: &generator))
        HippocampusAnatomy(using: &generator).paint(on: &canvas, values: Self.values)
        canvas.addRicianNoise(deviation: 22, using: &generator)
        let image = "\(Self.folder)/images\(isTest(subject) ? "Ts" : "Tr")/\(ids[subject]).nii.gz"
        if subject % 3 == 1 {
            canvas.applyBias(depth: 0.05, phase: 1, gain: 0.25)
            try PhantomFiles.write(canvas.image(UInt8.self, in: 0...255).claiming(plain), to: image, below: root)
        } else {
            canvas.applyBias(depth: 0.05, phase: 1, gain: [1, 1, 600][subject % 3])
            try PhantomFiles.write(canvas.image(Float.self, in: 0...2e6).claiming(plain), to: image, below: root)
        }
        if !isTest(subject) {
            try PhantomFiles.write(
                canvas.labelMap.claiming(plain), to: "\(Self.folder)/labelsTr/\(ids[subject]).nii.gz", below: root)
        }
        if subject == 0 { try PhantomFiles.writeJunk(beside: image, below: root) }
    }

    func writeDescription(below root: URL) throws {
        let training = ids.indices.filter { !isTest($0) }, test = ids.indices.filter(isTest)
        let entries = training.map {
            #"  {"image": "./imagesTr/\#(ids[$0]).nii.gz", "label": "./labelsTr/\#(ids[$0]).nii.gz"}"#
        }
        try PhantomFiles.write(
            """
            {
             "name": "Hippocampus",
             "description": "Synthetic phantom in the layout of MSD Task04; no patient is in it",
             "licence": "none needed",
             "relase": "phantom",
             "tensorImageSize": "3D",
             "modality": {"0": "MRI"},
             "labels": {"0": "background", "1": "Anterior", "2": "Posterior"},
             "numTraining": \(training.count),
             "numTest": \(test.count),
             "training": [
            \(entries.joined(separator: ",\n"))
             ],
             "test": [\(test.map { #""./imagesTs/\#(ids[$0]).nii.gz""# }.joined(separator: ", "))]
            }

            """, to: "\(Self.folder)/dataset.json", below: root)
    }
}
