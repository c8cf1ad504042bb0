import FoundationEssentials

/// Presents the abdomen part of "Beyond the Cranial Vault" as cases.
///
/// Nothing outside this file knows that layout: `img/img0001.nii.gz` and `label/label0001.nii.gz`, or the flat copy
/// `imagesTr/img0001.nii.gz` and `labelsTr/label0001.nii.gz`, paired by number wherever below the folder they lie.
struct BCVAdapter: DatasetAdapter {
    let folder: URL
    let manifest: Manifest

    /// Folders of the same Synapse project that hold something else.
    private static func isOtherData(_ name: String) -> Bool {
        let name = name.lowercased()
        return name.hasPrefix("averaged-") || name.hasPrefix("reg-") || name.hasPrefix("cervix")
    }

    func cases() throws -> CaseListing {
        let top = try SourceFolder.opened(folder, manifest: manifest)
        var (folders, problems) = top.tree { Self.isOtherData($0) }
        let otherData = folders.flatMap { parent in
            parent.folders.filter(Self.isOtherData).map { parent.url.appending(path: $0).path }
        }
        problems += otherData.map { path in
            LayoutProblem(
                .unsupportedVariant, severity: .information, file: path,
                expected: "the unregistered scans of the abdomen part", found: "averaged, registered or cervix data",
                fix: "Nothing to do: the folder is not read.")
        }
        var pairing = CasePairing()
        pairing.problems = problems
        for folder in folders { Self.read(folder, &pairing) }
        // One of the two folders alone: the other half of every case lies outside.
        if ["img", "label", "imagestr", "labelstr"].contains(top.url.lastPathComponent.lowercased()),
            top.folders.isEmpty
        {
            throw LayoutError(
                top, manifest, found: "\(top.url.lastPathComponent) alone, images or labels without the other",
                fix: "Name \(top.url.deletingLastPathComponent().path), the folder above.")
        }
        var cases: [SourceCase] = []
        pairing.pairs(imagePlace: { id, label in Self.imagePlace(id, of: label) }) { id, image, label in
            cases.append(
                SourceCase(
                    dataset: manifest.name, id: id, modality: .ct, officialSplit: image.split,
                    paperSplit: manifest.paperSplit?[id],
                    image: SourceImage(file: image.url), label: label.map { .file($0) },
                    ignoresLabelHeader: manifest.labelGeometry == .image))
        }
        guard !cases.isEmpty || pairing.problems.contains(where: { $0.caseID != nil }) else {
            throw LayoutError(top, manifest, found: top.summary)
        }
        return CaseListing(dataset: manifest.name, cases: cases, problems: pairing.problems, setAside: Set(otherData))
    }

    /// Where the image of a label belongs.
    private static func imagePlace(_ id: String, of label: URL) -> URL {
        let folder = label.deletingLastPathComponent()
        let name = folder.lastPathComponent.lowercased() == "label" ? "img" : "imagesTr"
        return folder.deletingLastPathComponent().appending(path: "\(name)/\(id).nii.gz")
    }

    private static func read(_ folder: SourceFolder, _ pairing: inout CasePairing) {
        let name = folder.url.lastPathComponent.lowercased()
        let parent = folder.url.deletingLastPathComponent().lastPathComponent.lowercased()
        switch name {
        case "img", "imagestr", "imagests":
            let isTest = name == "imagests" || parent.hasPrefix("test")
            let labels = name == "img" ? "label" : "labelsTr"
            for file in folder.files {
                let url = folder.url.appending(path: file)
                guard let number = VolumeFileName(file)?.number(after: "img") else {
                    if VolumeFileName(file) != nil {
                        pairing.problems.append(.misnamed(url, expected: "img and a number, such as img0001.nii.gz"))
                    }
                    continue
                }
                let place = folder.url.deletingLastPathComponent().appending(
                    path: "\(labels)/label\(padded(number, 4)).nii.gz")
                pairing.addImage(
                    "img" + padded(number, 4),
                    .init(url: url, split: isTest ? .test : .train, labelPlace: isTest ? nil : place.path))
            }
        case "label", "labelstr":
            for file in folder.files {
                let url = folder.url.appending(path: file)
                guard let number = VolumeFileName(file)?.number(after: "label") else {
                    if VolumeFileName(file) != nil {
                        pairing.problems.append(
                            .misnamed(url, expected: "label and a number, such as label0001.nii.gz"))
                    }
                    continue
                }
                pairing.addLabel("img" + padded(number, 4), url)
            }
        default: break
        }
    }
}
