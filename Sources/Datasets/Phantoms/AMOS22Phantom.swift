import FoundationEssentials
import RandomNumbers
import Volumes

/// AMOS22: CT and MR in one tree, three parts, mixed orientations, MR scales that differ by six orders of magnitude, MR that
/// does not reach the pelvis, one MR in coronal slices, the class name "arota", unlabelled test images, AppleDouble junk.
struct AMOS22Phantom: PhantomLayout {
    static let usualSubjects = 6

    let seed: UInt64
    let scale: Double
    private let values: [String: UInt8]
    private let classNames: [String]
    private let scans: [(id: String, split: Split, isCT: Bool)]

    init(manifest: Manifest, subjects: Int, seed: UInt64, scale: Double) {
        (self.seed, self.scale) = (seed, scale)
        values = manifest.paintValues
        classNames = manifest.classes.map { $0.name == "aorta" ? "arota" : $0.name }
        let turns: [(Split, Bool)] = [
            (.train, true), (.train, false), (.val, true), (.train, true), (.val, false), (.test, true),
        ]
        // Ids of the release, so that its official lists hold for the phantom.
        var pools: [Split: [Bool: [String]]] = [:]
        for split in Split.allCases {
            pools[split] = Dictionary(grouping: manifest.officialSplit?.ids[split] ?? []) { id in
                manifest.modality.modality(number: VolumeFileName.number(in: id, after: "amos_")) == .ct
            }
        }
        scans = (0..<subjects).map { n in
            let (split, isCT) = turns[n % turns.count]
            let earlier = (0..<n).count { turns[$0 % turns.count] == (split, isCT) }
            return (pools[split]![isCT]![earlier], split, isCT)
        }
    }

    private static func folders(_ split: Split) -> (images: String, labels: String) {
        switch split {
        case .train: ("imagesTr", "labelsTr")
        case .val: ("imagesVa", "labelsVa")
        case .test: ("imagesTs", "labelsTs")
        }
    }

    func write(subject: Int, below root: URL) throws {
        let (id, split, isCT) = scans[subject]
        let folders = Self.folders(split)
        var generator = Philox(seed: seed, purpose: "phantom amos22", UInt64(subject))
        let orientation = ["RAS", "LPS", "LAS"][subject % 3]
        let isCoronal = !isCT && subject % 6 == 4
        let scan = AbdomenScan(
            low: isCT ? [-185, -98, -325] : [-190, -100, -112], high: isCT ? [185, 158, 165] : [190, 160, 148],
            spacing: (isCT ? [3, 3, 5] : isCoronal ? [2.4, 5, 2.4] : [2.2, 2.2, 5]) * scale,
            orientation: isCoronal ? "RSP" : orientation, isCT: isCT, absent: subject % 6 == 3 ? ["gallbladder"] : [])
        let gain = [Float(1e3), 4e2, 3e6][(subject / 3) % 3]
        let canvas = try scan.render(
            values: isCT ? values : values.filter { $0.value < 14 }, gain: gain, using: &generator)
        let image = "\(folders.images)/\(id).nii.gz"
        if isCT {
            try PhantomFiles.write(canvas.image(Int16.self, in: -1024...3071), to: image, below: root)
        } else {
            try PhantomFiles.write(canvas.image(Float.self, in: 0...3.4e6), to: image, below: root)
        }
        if split != .test { try PhantomFiles.write(canvas.labelMap, to: "\(folders.labels)/\(id).nii.gz", below: root) }
        if subject == 0 { try PhantomFiles.writeJunk(beside: image, below: root) }
    }

    func writeDescription(below root: URL) throws {
        func entries(_ split: Split) -> String {
            scans.filter { $0.split == split }.map { scan in
                let folders = Self.folders(split)
                let label = split == .test ? "" : #", "label": "./\#(folders.labels)/\#(scan.id).nii.gz""#
                return #"  {"image": "./\#(folders.images)/\#(scan.id).nii.gz"\#(label)}"#
            }.joined(separator: ",\n")
        }
        func count(_ split: Split) -> Int { scans.count { $0.split == split } }
        let labels = (["background"] + classNames).enumerated().map { #""\#($0.offset)": "\#($0.element)""# }.joined(
            separator: ", ")
        try PhantomFiles.write(
            """
            {
             "name": "AMOS",
             "description": "Synthetic phantom in the layout of AMOS22; no patient is in it",
             "licence": "none needed",
             "release": "phantom",
             "tensorImageSize": "3D",
             "modality": {"0": "CT"},
             "labels": {\(labels)},
             "numTraining": \(count(.train)),
             "numValidation": \(count(.val)),
             "numTest": \(count(.test)),
             "training": [
            \(entries(.train))
             ],
             "validation": [
            \(entries(.val))
             ],
             "test": [
            \(entries(.test))
             ]
            }

            """, to: "dataset.json", below: root)
    }
}
