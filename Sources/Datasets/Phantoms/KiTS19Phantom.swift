import FoundationEssentials
import NIfTI
import RandomNumbers
import Volumes

/// KiTS19: slices first (I, P, L) without translation, images in float64, int16 and float32, a uint16 label with a qform
/// only, and a case of the hidden test without label.
struct KiTS19Phantom: PhantomLayout {
    static let usualSubjects = 5

    let seed: UInt64
    let scale: Double
    private let values: [String: UInt8]
    private let numbers: [Int]

    init(manifest: Manifest, subjects: Int, seed: UInt64, scale: Double) {
        (self.seed, self.scale) = (seed, scale)
        values = manifest.paintValues
        let first = [0, 1, 15, 2, 210]
        numbers = (0..<subjects).map { $0 < first.count ? first[$0] : $0 < 17 ? $0 - 2 : $0 - 1 }
    }

    private var spacing: SIMD3<Double> { [2.8, 2.8, 5] * scale }

    func write(subject: Int, below root: URL) throws {
        let number = numbers[subject], folder = "data/case_\(padded(number, 5))"
        var generator = Philox(seed: seed, purpose: "phantom kits19", UInt64(subject))
        let canvas = try AbdomenScan(
            low: [-180, -95, -125], high: [180, 155, 110], spacing: spacing, orientation: "IPL",
            tumours: ["kidney-tumour"]
        ).render(values: values, using: &generator)
        let affine = canvas.grid.affine
        let untranslated = try Affine(
            columnI: affine.columnI, columnJ: affine.columnJ, columnK: affine.columnK, origin: .zero)
        func write<Voxel: NIfTIScalar>(_: Voxel.Type) throws {
            // Whole numbers, as CT values are, whatever type holds them.
            let whole = canvas.image(Int16.self, in: -1024...3071).claiming(untranslated)
            let image = try Volume(grid: whole.grid, voxels: whole.voxels.map { Voxel(clampingRounded: Double($0)) })
            try PhantomFiles.write(image, to: "\(folder)/imaging.nii.gz", below: root, affine: .sform)
        }
        switch subject % 3 {
        case 0: try write(Double.self)
        case 1: try write(Int16.self)
        default: try write(Float.self)
        }
        guard number < 210 else { return }
        let label = canvas.labelMap.claiming(untranslated)
        if number == 15 {
            let wide = try Volume(grid: label.grid, voxels: label.voxels.map(UInt16.init))
            try PhantomFiles.write(wide, to: "\(folder)/segmentation.nii.gz", below: root, affine: .qform)
        } else {
            try PhantomFiles.write(label, to: "\(folder)/segmentation.nii.gz", below: root, affine: .sform)
        }
    }

    func writeDescription(below root: URL) throws {
        let entries = numbers.filter { $0 < 210 }.map { number in
            #" {"case_id": "case_\#(padded(number, 5))", "voxel_spacing": {"x_spacing": \#(spacing.x), "y_spacing": \#(spacing.y), "z_spacing": \#(spacing.z)}}"#
        }
        try PhantomFiles.write("[\n\(entries.joined(separator: ",\n"))\n]\n", to: "data/kits.json", below: root)
    }
}
