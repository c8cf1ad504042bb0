import FoundationEssentials
import RandomNumbers
import Volumes

/// M&Ms: 4D cine scans on oblique stacks, labels in two frames only, the CSV table of frames, a patient of the unlabelled
/// centre with an all-zero label file, and validation scans whose direction cosines are not quite at right angles.
struct MnMsPhantom: PhantomLayout {
    static let usualSubjects = 5

    private struct Patient {
        let code, folder: String
        let vendor: (name: String, letter: String, centre: Int)
        let endDiastole, endSystole: Int
        let isLabelled: Bool
    }

    let seed: UInt64
    let scale: Double
    private static let frames = 12
    private let patients: [Patient]

    init(manifest: Manifest, subjects: Int, seed: UInt64, scale: Double) {
        (self.seed, self.scale) = (seed, scale)
        let training = manifest.paperSplit?.ids[.train] ?? [], test = manifest.paperSplit?.ids[.test] ?? []
        patients = (0..<subjects).map { n in
            var generator = Philox(seed: seed, purpose: "phantom mnms frames", UInt64(n))
            let endDiastole = generator.index(below: 3), endSystole = endDiastole + 4 + generator.index(below: 2)
            let round = n / 5
            let (code, folder, vendor): (String, String, (String, String, Int)) =
                switch n % 5 {
                case 0: (training[2 * round], "Training/Labeled", ("Siemens", "A", 1))
                case 1: (training[2 * round + 1], "Training/Labeled", ("Philips", "B", 2))
                // No published list names a patient of the unlabelled centre.
                case 2: ("Q\(round / 10)W0E\(round % 10)", "Training/Unlabeled", ("GE", "C", 4))
                case 3: (test[2 * round], "Validation", ("Canon", "D", 5))
                default: (test[2 * round + 1], "Testing", ("GE", "C", 4))
                }
            return Patient(
                code: code, folder: folder, vendor: vendor, endDiastole: endDiastole, endSystole: endSystole,
                isLabelled: n % 5 != 2)
        }
    }

    func write(subject: Int, below root: URL) throws {
        let patient = patients[subject]
        var generator = Philox(seed: seed, purpose: "phantom mnms", UInt64(subject))
        let center = SIMD3(
            generator.uniform(in: -15...5), generator.uniform(in: 0...20), generator.uniform(in: -20...20))
        let spacing = generator.uniform(in: 2.2...2.6) * scale, size = Int((172 / spacing).rounded())
        let grid = try HeartAnatomy.grid(
            size: size, slices: 10, spacing: spacing, sliceStep: generator.uniform(in: 8.8...10),
            angle: generator.uniform(in: -0.6...0.6),
            center: center)
        let beat = Double(patient.endSystole - patient.endDiastole) / Double(Self.frames)
        let heart = HeartAnatomy(endSystole: beat, using: &generator)
        let warp = PhantomWarp(amplitude: 1.2, wavelength: 90...160, using: &generator)
        let gain = Float(generator.uniform(in: 0.4...2.2)), depth = Float(generator.uniform(in: 0.05...0.15))
        // As in some files of the release: rows that lean by a quarter of a degree.
        let affine = grid.affine, lean = patient.folder == "Validation" ? 0.004 : 0
        let claimed = try Affine(
            columnI: affine.columnI, columnJ: affine.columnJ + lean * affine.columnI, columnK: affine.columnK,
            origin: affine.origin)
        var images: [Volume<Int16>] = [], labels: [LabelMap] = []
        for frame in 0..<Self.frames {
            let phase = Double((frame - patient.endDiastole + Self.frames) % Self.frames) / Double(Self.frames)
            var canvas = PhantomCanvas(grid: grid, background: 5, warp: warp)
            heart.paint(on: &canvas, phase: phase, center: center)
            canvas.addRicianNoise(deviation: 16, using: &generator)
            canvas.applyBias(depth: depth, phase: 1, gain: gain)
            images.append(canvas.image(Int16.self, in: 0...4095))
            let isDrawn = patient.isLabelled && (frame == patient.endDiastole || frame == patient.endSystole)
            labels.append(
                isDrawn
                    ? canvas.labelMap : try LabelMap(grid: grid, voxels: [UInt8](repeating: 0, count: grid.shape.count))
            )
        }
        let stem = "\(patient.folder)/\(patient.code)/\(patient.code)"
        try PhantomFiles.write(
            frames: images.map { $0.claiming(claimed) }, to: "\(stem)_sa.nii.gz", below: root, frameStep: 0.04)
        try PhantomFiles.write(
            frames: labels.map { $0.claiming(claimed) }, to: "\(stem)_sa_gt.nii.gz", below: root, frameStep: 0.04)
    }

    func writeDescription(below root: URL) throws {
        let rows = patients.enumerated().map { n, patient in
            "\(n),\(patient.code),\(patient.vendor.name),\(patient.vendor.letter),\(patient.vendor.centre),\(patient.endDiastole),\(patient.endSystole),50,NOR,F,,\n"
        }
        try PhantomFiles.write(
            ",External code,VendorName,Vendor,Centre,ED,ES,Age,Pathology,Sex,Height,Weight\n" + rows.joined(),
            to: "211230_M&Ms_Dataset_information_diagnosis_opendataset.csv", below: root)
    }
}
