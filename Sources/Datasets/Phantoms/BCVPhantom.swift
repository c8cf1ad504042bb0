import FoundationEssentials
import RandomNumbers
import Volumes

/// BCV: `img` and `label` named apart, LAS, thick slices, one patient without gallbladder, one unlabelled test scan, and
/// beside them the averaged images of the same project that are no part of it.
struct BCVPhantom: PhantomLayout {
    static let usualSubjects = 5

    let seed: UInt64
    let scale: Double
    private let values: [String: UInt8]
    private let scans: [(number: Int, isTest: Bool)]

    init(manifest: Manifest, subjects: Int, seed: UInt64, scale: Double) {
        (self.seed, self.scale) = (seed, scale)
        values = manifest.paintValues
        // 0001 to 0010 and 0021 to 0040 are the release's training numbers, 0061 the first of its test.
        let training = [Int](1...10) + [Int](21...40) + [Int](101...200)
        scans = (0..<subjects).map { n -> (number: Int, isTest: Bool) in
            if n % 5 == 4 { return (61 + n / 5, true) }
            return (training[n - n / 5], false)
        }
    }

    func write(subject: Int, below root: URL) throws {
        let (number, isTest) = scans[subject]
        var generator = Philox(seed: seed, purpose: "phantom bcv", UInt64(subject))
        let scan = AbdomenScan(
            low: [-180, -95, -130], high: [180, 155, 165], spacing: [2.8, 2.8, 4.5] * scale, orientation: "LAS",
            absent: subject % 5 == 2 ? ["gallbladder"] : [])
        let canvas = try scan.render(values: values, using: &generator)
        let folder = "RawData/\(isTest ? "Testing" : "Training")", digits = padded(number, 4)
        try PhantomFiles.write(
            canvas.image(Int16.self, in: -1024...3071), to: "\(folder)/img/img\(digits).nii.gz", below: root)
        if !isTest { try PhantomFiles.write(canvas.labelMap, to: "\(folder)/label/label\(digits).nii.gz", below: root) }
    }

    func writeDescription(below root: URL) throws {
        try PhantomFiles.write("path\tparent\tname\tid\n", to: "RawData/SYNAPSE_METADATA_MANIFEST.tsv", below: root)
        let grid = Grid(shape: try GridShape(8, 8, 8), affine: Affine(spacing: try Spacing(40, 40, 40)))
        let average = try Volume<Int16>(grid: grid, voxels: (0..<512).map { Int16($0) })
        try PhantomFiles.write(average, to: "averaged-training-images/DET0000101_avg.nii.gz", below: root)
    }
}
