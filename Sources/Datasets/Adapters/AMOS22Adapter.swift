import FoundationEssentials

/// Presents an AMOS22 tree as cases.
///
/// Nothing outside this file knows that layout: `imagesTr` with `labelsTr`, `imagesVa` with `labelsVa`, `imagesTs`, and
/// a `dataset.json` that is checked but not needed. Conversions to nnU-Net names (`amos_0507_0000.nii.gz`), often with
/// both labelled folders merged into `imagesTr`, are read as well. A label may lie in either label folder. The unlabelled
/// extension lies in folders called `amos22_unlabeled_ct_5000_5399` and so on.
struct AMOS22Adapter: DatasetAdapter {
    let folder: URL
    let manifest: Manifest

    private static let parts: [(images: String, labels: String, split: Split)] = [
        ("imagesTr", "labelsTr", .train), ("imagesVa", "labelsVa", .val), ("imagesTs", "labelsTs", .test),
    ]
    private static let fileName = "amos_ and a number, such as amos_0507.nii.gz or amos_0507_0000.nii.gz"
    /// The lists of the release and of the two tasks of the challenge.
    private static let descriptionNames = ["dataset.json", "task1_dataset.json", "task2_dataset.json"]

    private static func isExtension(_ name: String) -> Bool { name.lowercased().hasPrefix("amos22_unlabeled") }

    func cases() throws -> CaseListing {
        let root = try SourceFolder.root(folder, manifest: manifest) { folder in
            Self.parts.contains { folder.folder($0.images) != nil } || folder.folders.contains(where: Self.isExtension)
        }
        var pairing = CasePairing()
        pairing.problems = root.problems
        for part in Self.parts {
            if let images = open(part.images, below: root, &pairing) {
                let labelFolder = root.url.appending(path: root.folder(part.labels) ?? part.labels)
                for (id, url) in volumes(in: images, &pairing.problems) {
                    let place = part.split == .test ? nil : labelFolder.appending(path: "\(id).nii.gz").path
                    pairing.addImage(id, .init(url: url, split: part.split, labelPlace: place))
                }
            }
            if let labels = open(part.labels, below: root, &pairing) {
                for (id, url) in volumes(in: labels, &pairing.problems) { pairing.addLabel(id, url) }
            }
        }
        for name in root.folders.filter(Self.isExtension) {
            guard let (folders, problems) = open(name, below: root, &pairing)?.tree(depth: 2) else { continue }
            pairing.problems += problems
            for (id, url) in folders.flatMap({ volumes(in: $0, &pairing.problems) }) {
                pairing.addImage(id, .init(url: url, split: nil, labelPlace: nil))
            }
        }
        pairing.problems += try checkDescriptions(root, pairing)

        // Where the validation folder was merged into the training folder, only the official list can tell them apart.
        let isMerged = root.folder("imagesVa") == nil
        var cases: [SourceCase] = []
        var outOfRange: [LayoutProblem] = []
        pairing.pairs(imagePlace: Self.imagePlace) { id, image, label in
            guard let modality = manifest.modality.modality(number: VolumeFileName.number(in: id, after: "amos_"))
            else {
                outOfRange.append(
                    LayoutProblem(
                        .misnamedFile, case: id, file: image.url.path,
                        expected: "an id of the release, 1 to 600 or 5000 to 6899",
                        found: id, fix: "Remove the file, or extend the manifest's modality rule."))
                return
            }
            let listed = manifest.officialSplit?[id]
            let disagreement = isMerged ? nil : listed.flatMap { $0 == image.split ? nil : $0 }
            cases.append(
                SourceCase(
                    dataset: manifest.name, id: id, modality: modality,
                    officialSplit: isMerged ? listed ?? image.split : image.split, paperSplit: manifest.paperSplit?[id],
                    image: SourceImage(file: image.url), label: label.map { .file($0) },
                    spacingCorrection: manifest.spacingCorrections[id],
                    ignoresLabelHeader: manifest.labelGeometry == .image,
                    notes: disagreement.map {
                        [
                            "The official list has it in \($0.rawValue), the folder in \(image.split?.rawValue ?? "the unlabelled extension")."
                        ]
                    } ?? []))
        }
        return CaseListing(dataset: manifest.name, cases: cases, problems: pairing.problems + outOfRange)
    }

    /// Where the image of a label belongs: beside the label's folder, in the one of the same part.
    private static func imagePlace(_ id: String, of label: URL) -> URL {
        let folder = label.deletingLastPathComponent()
        let part = parts.first { $0.labels.lowercased() == folder.lastPathComponent.lowercased() } ?? parts[0]
        return folder.deletingLastPathComponent().appending(path: "\(part.images)/\(id).nii.gz")
    }

    private func open(_ name: String, below root: SourceFolder, _ pairing: inout CasePairing) -> SourceFolder? {
        guard let name = root.folder(name) else { return nil }
        do {
            let folder = try SourceFolder(root.url.appending(path: name))
            pairing.problems += folder.problems
            return folder
        } catch {
            pairing.problems.append(error.problem)
            pairing.unreadableFolders.insert(error.path)
            return nil
        }
    }

    /// The volumes of a folder by canonical id, `amos_` and four digits.
    private func volumes(in folder: SourceFolder, _ problems: inout [LayoutProblem]) -> [(id: String, url: URL)] {
        folder.files.compactMap { name in
            let url = folder.url.appending(path: name)
            guard let id = Self.caseID(name) else {
                problems.append(.misnamed(url, expected: Self.fileName))
                return nil
            }
            return (id, url)
        }
    }

    private static func caseID(_ name: String) -> String? {
        guard let file = VolumeFileName(name) else { return nil }
        // amos_0507 has the form of case "amos" with channel 507, so the plain form is tried first.
        if let number = file.number(after: "amos_") { return "amos_" + padded(number, 4) }
        guard let channel = file.channel, channel.index == 0,
            let number = VolumeFileName.number(in: channel.caseID, after: "amos_")
        else { return nil }
        return "amos_" + padded(number, 4)
    }
}

extension AMOS22Adapter {
    /// Compares the tree's own lists with its folders and with the manifest's label table.
    ///
    /// - Throws: ``LayoutError`` when a label means something else.
    private func checkDescriptions(_ root: SourceFolder, _ pairing: CasePairing) throws(LayoutError) -> [LayoutProblem]
    {
        var problems: [LayoutProblem] = []
        var listed: Set<String> = []
        var reported: Set<String> = []
        for name in Self.descriptionNames.compactMap(root.file) {
            let file = root.url.appending(path: name)
            let description: DatasetDescription
            do { description = try DatasetDescription(file) } catch {
                problems.append(error.problem(severity: .warning))
                continue
            }
            try manifest.checkLabelTable(description, root, file: file.path)
            for entry in description.training + description.validation + description.test {
                guard let path = SafePath(entry.image) else {
                    problems.append(.unsafePath(entry.image, listedIn: file.path))
                    continue
                }
                guard let id = Self.caseID(path.fileName) else {
                    problems.append(.misnamed(path.resolved(in: root.url), expected: Self.fileName))
                    continue
                }
                listed.insert(id)
                if !pairing.knows(id), reported.insert(id).inserted {
                    problems.append(
                        LayoutProblem(
                            .missingImage, case: id, file: path.resolved(in: root.url).path,
                            expected: "the image that \(name) names",
                            found: "no file", fix: "Copy the file there, or take the entry out of \(name)."))
                }
            }
        }
        guard !listed.isEmpty else { return problems }
        // The extension came later than the lists.
        for id in pairing.imageIDs.subtracting(listed).sorted() where pairing.image(id)!.split != nil {
            problems.append(
                LayoutProblem(
                    .unlistedFile, severity: .warning, case: id, file: pairing.image(id)!.url.path,
                    expected: "an image that dataset.json names", found: "no entry for \(id)",
                    fix: "Add the entry, or remove the image."))
        }
        return problems
    }
}

extension LayoutProblem {
    static func unsafePath(_ path: String, listedIn file: String) -> LayoutProblem {
        LayoutProblem(
            .unsafePath, file: file, expected: "paths below the dataset's folder", found: "\"\(path)\"",
            fix: "Name files relative to the dataset's folder.")
    }
}
