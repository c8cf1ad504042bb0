import FoundationEssentials

/// Presents a Medical Segmentation Decathlon (MSD) task folder as cases.
///
/// Nothing outside this file knows that layout: a `dataset.json` beside `imagesTr`, `labelsTr` and `imagesTs`. Tasks with several
/// channels keep them along the fourth axis of one file; each channel is a case of one subject. A complete pair of files
/// that the list forgets is used and reported.
struct DecathlonAdapter: DatasetAdapter {
    let folder: URL
    let manifest: Manifest

    func cases() throws -> CaseListing {
        let root = try SourceFolder.root(folder, manifest: manifest) {
            $0.file("dataset.json") != nil && $0.folder("imagesTr") != nil
        }
        return try DatasetDescription.listing(root, manifest) { description, file in
            guard !description.isVersion2 else {
                throw LayoutError(
                    root, manifest, found: "a dataset.json of nnU-Net version 2", fix: "Use the dataset nnunet.")
            }
            var reading = DecathlonReading(
                root: root.url, description: description,
                dataset: description.datasetName(folder: root.url, manifest: manifest), file: file)
            let table = try description.classTable(manifest.structures, file: file)
            reading.read(description.training, split: .train, labelled: true)
            reading.read(description.validation, split: .val, labelled: true)
            reading.read(description.test, split: .test, labelled: false)
            guard !reading.hasChannelFiles else {
                throw LayoutError(
                    root, manifest,
                    found: "one file per channel (_0000), the raw layout of nnU-Net", fix: "Use the dataset nnunet.")
            }
            reading.readUnlisted(
                labelsFolder: root.folder("labelsTr") ?? "labelsTr", imagesFolder: root.folder("imagesTr")!,
                testFolder: root.folder("imagesTs"))
            reading.checkCounts()
            return CaseListing(
                dataset: reading.dataset, cases: reading.cases,
                problems: root.problems + reading.folders.problems + reading.problems,
                classes: table.classes, ignoredValue: table.ignoredValue)
        }
    }
}

/// One pass over the lists and folders of a task.
private struct DecathlonReading {
    let description: DatasetDescription
    let dataset: String
    let file: String
    var folders: ListedFolders
    var cases: [SourceCase] = []
    var problems: [LayoutProblem] = []
    /// Whether a listed image is absent while its first channel lies there in a file of its own.
    var hasChannelFiles = false
    private var seen: Set<String> = []
    private var used: Set<String> = []

    init(root: URL, description: DatasetDescription, dataset: String, file: String) {
        (self.description, self.dataset, self.file) = (description, dataset, file)
        folders = ListedFolders(root: root)
    }

    mutating func read(_ entries: [DatasetDescription.Entry], split: Split, labelled: Bool) {
        for entry in entries {
            do { try read(entry, split: split, labelled: labelled) } catch { problems.append(error) }
        }
    }

    private mutating func read(_ entry: DatasetDescription.Entry, split: Split, labelled: Bool) throws(LayoutProblem) {
        guard let path = SafePath(entry.image) else { throw .unsafePath(entry.image, listedIn: file) }
        guard let id = VolumeFileName(path.fileName)?.stem else {
            throw .misnamed(path.resolved(in: folders.root), expected: "a name ending in .nii or .nii.gz")
        }
        guard seen.insert("\(split == .test) \(id)").inserted else {
            throw LayoutProblem(
                .duplicateCase, severity: .warning, case: id, file: file, expected: "one entry for \(id)",
                found: "several",
                fix: "Take the others out of dataset.json.")
        }
        guard let image = folders.file(path) else {
            hasChannelFiles = hasChannelFiles || folders.volumes(in: path.components.dropLast())[id + "_0000"] != nil
            // The label that waits for this image is accounted for by this problem.
            if let label = entry.label.flatMap(SafePath.init).flatMap({ folders.file($0) }) { used.insert(label.path) }
            throw LayoutProblem(
                .missingImage, case: id, file: path.resolved(in: folders.root).path,
                expected: "the image that dataset.json names",
                found: "no file", fix: "Copy the file there, or take the entry out of dataset.json.")
        }
        used.insert(image.path)
        let label = labelled ? try self.label(entry, id: id, image: image) : nil
        append(id, image: image, label: label, split: split)
    }

    private mutating func label(_ entry: DatasetDescription.Entry, id: String, image: URL) throws(LayoutProblem) -> URL
    {
        let written = entry.label ?? "labelsTr/\(image.lastPathComponent)"
        guard let path = SafePath(written) else { throw .unsafePath(written, listedIn: file) }
        guard let label = folders.file(path) else {
            throw LayoutProblem(
                .missingLabel, case: id, file: path.resolved(in: folders.root).path,
                expected: "the label of \(image.path)",
                found: "no file", fix: "Copy the label there, or take the entry out of dataset.json.")
        }
        used.insert(label.path)
        let stem = VolumeFileName(label.lastPathComponent)!.stem
        if stem != id, folders.volumes(in: path.components.dropLast())[id] != nil {
            problems.append(
                LayoutProblem(
                    .misnamedFile, severity: .warning, case: id, file: file,
                    expected: "the label named like its image, \(id)",
                    found: "\(written), while \(id) is there too", fix: "Correct the entry in dataset.json."))
        }
        return label
    }

    private mutating func append(_ id: String, image: URL, label: URL?, split: Split) {
        let channels = max(1, description.channels.count)
        let images = (0..<channels).map { ($0, SourceImage(file: image, frame: channels == 1 ? nil : $0)) }
        cases += description.channelCases(id, of: dataset, split: split, images: images, label: label.map { .file($0) })
    }

    /// The files on disk that no entry names.
    mutating func readUnlisted(labelsFolder: String, imagesFolder: String, testFolder: String?) {
        let labels = folders.volumes(in: [labelsFolder]), images = folders.volumes(in: [imagesFolder])
        for (id, names) in images.sorted(by: { $0.key < $1.key }) {
            for name in names {
                let image = folders.root.appending(path: imagesFolder).appending(path: name)
                guard !used.contains(image.path) else { continue }
                let label = labels[id]?.map { folders.root.appending(path: labelsFolder).appending(path: $0) }.first {
                    !used.contains($0.path)
                }
                unlisted(id, image, hasLabel: label != nil)
                if let label, seen.insert("false \(id)").inserted {
                    used.insert(label.path)
                    append(id, image: image, label: label, split: .train)
                }
            }
        }
        for (id, names) in labels.sorted(by: { $0.key < $1.key }) {
            for name in names {
                let label = folders.root.appending(path: labelsFolder).appending(path: name)
                guard !used.contains(label.path) else { continue }
                problems.append(
                    LayoutProblem(
                        .missingImage, case: id,
                        file: folders.root.appending(path: imagesFolder).appending(path: name).path,
                        expected: "the image of \(label.path)", found: "no file",
                        fix: "Copy the image there, or remove the label."))
            }
        }
        guard let testFolder else { return }
        for (id, names) in folders.volumes(in: [testFolder]).sorted(by: { $0.key < $1.key }) {
            for name in names {
                let image = folders.root.appending(path: testFolder).appending(path: name)
                if !used.contains(image.path) { unlisted(id, image, hasLabel: true) }
            }
        }
    }

    private mutating func unlisted(_ id: String, _ image: URL, hasLabel: Bool) {
        problems.append(
            LayoutProblem(
                hasLabel ? .unlistedFile : .missingLabel, severity: hasLabel ? .warning : .error, case: id,
                file: image.path,
                expected: hasLabel
                    ? "an image that dataset.json names" : "an image that dataset.json names, with a label",
                found: hasLabel ? "no entry for \(id)" : "neither",
                fix: "Add the entry to dataset.json, or remove the file."))
    }

    mutating func checkCounts() {
        for (key, stated, entries) in [
            ("numTraining", description.numTraining, description.training.count),
            ("numTest", description.numTest, description.test.count),
        ] where stated != nil && stated != entries {
            problems.append(
                LayoutProblem(
                    .countMismatch, severity: .warning, file: file, expected: "\(stated!) entries, as \(key) says",
                    found: "\(entries)",
                    fix: "Correct \(key), or restore the missing entries."))
        }
    }
}
