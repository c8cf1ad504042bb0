import FoundationEssentials
import RandomNumbers
import Volumes

/// LiTS: two batch folders, numbers without zeros, uncompressed, mixed orientations, a patient without tumour, a label without
/// coded geometry, an unlabelled test volume, and volume 28, whose header says 1 mm between slices that lie 1.7 mm apart.
struct LiTSPhantom: PhantomLayout {
    static let usualSubjects = 5

    let seed: UInt64
    let scale: Double
    private let values: [String: UInt8]
    private let correction: SpacingCorrection?
    private let scans: [Scan]

    private enum Scan: Equatable {
        case training(Int), test(Int)
    }

    init(manifest: Manifest, subjects: Int, seed: UInt64, scale: Double) {
        (self.seed, self.scale) = (seed, scale)
        values = manifest.paintValues
        correction = manifest.spacingCorrections["volume-28"]
        let first: [Scan] = [.training(0), .training(1), .training(28), .training(2), .test(0)]
        scans = (0..<subjects).map { $0 < first.count ? first[$0] : .training($0 < 30 ? $0 - 2 : $0 + 20) }
    }

    func write(subject: Int, below root: URL) throws {
        var generator = Philox(seed: seed, purpose: "phantom lits", UInt64(subject))
        let scan = scans[subject]
        guard case .training(let number) = scan else {
            let canvas = try self.scan(subject).render(values: values, using: &generator)
            return try PhantomFiles.write(
                canvas.image(Int16.self, in: -1024...3071), to: "LITS-Challenge-Test-Data/test-volume-0.nii",
                below: root)
        }
        let folder = number < 28 ? "Training Batch 1" : "Training Batch 2"
        let canvas: PhantomCanvas
        var claimed: Affine?
        if number == 28, let correction {
            let truth = correction.corrected.components
            canvas = try AbdomenScan(
                low: [-20, -58, -12], high: [140, 102, 96], spacing: truth, orientation: "LPS",
                tumours: ["liver-tumour"]
            ).render(values: values, using: &generator)
            let affine = canvas.grid.affine, faulty = correction.faulty.components
            claimed = try Affine(
                columnI: affine.columnI / truth.x * faulty.x, columnJ: affine.columnJ / truth.y * faulty.y,
                columnK: affine.columnK / truth.z * faulty.z, origin: affine.origin)
        } else {
            canvas = try self.scan(subject).render(values: values, using: &generator)
        }
        let image = canvas.image(Int16.self, in: -1024...3071), label = canvas.labelMap
        try PhantomFiles.write(claimed.map(image.claiming) ?? image, to: "\(folder)/volume-\(number).nii", below: root)
        try PhantomFiles.write(
            claimed.map(label.claiming) ?? label, to: "\(folder)/segmentation-\(number).nii", below: root,
            affine: number == 2 ? .neither : .sformAndQform)
    }

    private func scan(_ subject: Int) -> AbdomenScan {
        AbdomenScan(
            low: [-180, -95, -60], high: [180, 155, 165], spacing: [3, 3, 4] * scale,
            orientation: ["LPS", "RAI", "LPS", "RAS", "LAS"][subject % 5], tumours: subject == 1 ? [] : ["liver-tumour"]
        )
    }

    func writeDescription(below root: URL) throws {}
}
