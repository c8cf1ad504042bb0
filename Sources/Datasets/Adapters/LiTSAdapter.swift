import FoundationEssentials

/// Presents LiTS as cases.
///
/// Nothing outside this file knows that layout: `volume-12.nii` and `segmentation-12.nii`, plain or gzipped, paired by
/// number wherever below the folder they lie (`Training Batch 1`, `Training_Batch2`, one merged folder), and
/// `test-volume-3.nii` without labels.
struct LiTSAdapter: DatasetAdapter {
    let folder: URL
    let manifest: Manifest

    func cases() throws -> CaseListing {
        let top = try SourceFolder.opened(folder, manifest: manifest)
        let (folders, problems) = top.tree()
        var pairing = CasePairing()
        pairing.problems = problems
        for folder in folders {
            for file in folder.files {
                guard let name = VolumeFileName(file) else { continue }
                let url = folder.url.appending(path: file)
                if let number = name.number(after: "volume-") {
                    let place = folder.url.appending(path: "segmentation-\(number).nii").path
                    pairing.addImage("volume-\(number)", .init(url: url, split: .train, labelPlace: place))
                } else if let number = name.number(after: "segmentation-") {
                    pairing.addLabel("volume-\(number)", url)
                } else if let number = name.number(after: "test-volume-") {
                    pairing.addImage("test-volume-\(number)", .init(url: url, split: .test, labelPlace: nil))
                } else {
                    pairing.problems.append(
                        .misnamed(url, expected: "volume-, segmentation- or test-volume- and a number"))
                }
            }
        }
        var cases: [SourceCase] = []
        pairing.pairs(imagePlace: { id, label in label.deletingLastPathComponent().appending(path: "\(id).nii") }) {
            id, image, label in
            let correction = manifest.spacingCorrections[id]
            cases.append(
                SourceCase(
                    dataset: manifest.name, id: id, modality: .ct, officialSplit: image.split,
                    paperSplit: manifest.paperSplit?[id],
                    image: SourceImage(file: image.url), label: label.map { .file($0) }, spacingCorrection: correction,
                    ignoresLabelHeader: manifest.labelGeometry == .image))
        }
        guard !cases.isEmpty || pairing.problems.contains(where: { $0.caseID != nil }) else {
            throw LayoutError(top, manifest, found: top.summary)
        }
        return CaseListing(dataset: manifest.name, cases: cases, problems: pairing.problems)
    }
}
