import FoundationEssentials

/// Presents an nnU-Net raw dataset, version 2 or 1, as cases.
///
/// Nothing outside this file knows that layout: a `dataset.json` beside `imagesTr/CASE_0000.nii.gz` (one file per channel),
/// `labelsTr/CASE.nii.gz` and `imagesTs`. Each channel is a case; the channels of one image are one subject.
struct NNUNetAdapter: DatasetAdapter {
    let folder: URL
    let manifest: Manifest

    func cases() throws -> CaseListing {
        let root = try SourceFolder.root(folder, manifest: manifest) { root in
            root.file("dataset.json") != nil && (root.folder("imagesTr") != nil || root.folder("imagesTs") != nil)
        }
        return try DatasetDescription.listing(root, manifest) { description, file in
            if let ending = description.fileEnding, ![".nii", ".nii.gz"].contains(ending.lowercased()) {
                throw LayoutError(
                    root, manifest, found: "files ending in \(ending), of which none is read",
                    fix: "Convert them to .nii.gz, and say so under file_ending.")
            }
            let table = try description.classTable(manifest.structures, file: file)
            var reading = NNUNetReading(
                root: root.url, description: description,
                dataset: description.datasetName(folder: root.url, manifest: manifest), file: file)
            if let cases = description.explicitCases {
                reading.read(cases)
            } else {
                try reading.readFolders(root) { LayoutError(root, manifest, found: $0, fix: $1) }
            }
            return CaseListing(
                dataset: reading.dataset, cases: reading.cases,
                problems: root.problems + reading.folders.problems + reading.problems,
                classes: table.classes, ignoredValue: table.ignoredValue)
        }
    }
}

/// One pass over the folders, or the explicit map, of a raw dataset.
private struct NNUNetReading {
    let description: DatasetDescription
    let dataset: String
    let file: String
    var folders: ListedFolders
    var cases: [SourceCase] = []
    var problems: [LayoutProblem] = []

    init(root: URL, description: DatasetDescription, dataset: String, file: String) {
        (self.description, self.dataset, self.file) = (description, dataset, file)
        folders = ListedFolders(root: root)
    }

    private var channels: [Int] { description.channels.isEmpty ? [0] : description.channels.keys.sorted() }

    /// The explicit map of `dataset.json`, which replaces the search of folders.
    mutating func read(_ entries: [(id: String, images: [String], label: String?)]) {
        for entry in entries {
            do {
                guard SafePath(entry.id)?.components.count == 1 else {
                    throw LayoutProblem.unsafePath(entry.id, listedIn: file)
                }
                guard entry.images.count == channels.count else {
                    throw LayoutProblem(
                        .missingImage, case: entry.id, file: file,
                        expected: "\(channels.count) images, one for each channel",
                        found: "\(entry.images.count)", fix: "Correct the entry in dataset.json.")
                }
                var images: [(channel: Int, image: SourceImage)] = []
                for (channel, path) in zip(channels, entry.images) {
                    images.append((channel, SourceImage(file: try existing(path, .missingImage, id: entry.id))))
                }
                let label = try entry.label.map { (path) throws(LayoutProblem) in
                    try existing(path, .missingLabel, id: entry.id)
                }
                cases += description.channelCases(
                    entry.id, of: dataset, split: label == nil ? .test : .train, images: images,
                    label: label.map { .file($0) })
            } catch let problem as LayoutProblem {
                problems.append(problem)
            } catch {}
        }
    }

    private mutating func existing(_ path: String, _ code: FindingCode, id: String) throws(LayoutProblem) -> URL {
        guard let safe = SafePath(path) else {
            var problem = LayoutProblem.unsafePath(path, listedIn: file)
            problem.caseID = id
            throw problem
        }
        guard let url = folders.file(safe) else {
            throw LayoutProblem(
                code, case: id, file: safe.resolved(in: folders.root).path,
                expected: "the file that dataset.json names", found: "no file",
                fix: "Copy the file there, or correct dataset.json.")
        }
        return url
    }

    mutating func readFolders(_ root: SourceFolder, refused: (_ found: String, _ fix: String?) -> LayoutError) throws {
        var hasChannelFiles = false, plainNames = 0
        for (imagesName, labelsName, split) in [("imagesTr", "labelsTr", Split.train), ("imagesTs", "labelsTs", .test)]
        {
            guard let imagesFolder = root.folder(imagesName) else { continue }
            let labelsFolder = root.folder(labelsName) ?? labelsName
            let labels = folders.volumes(in: [labelsFolder])
            var images: [String: [Int: [String]]] = [:]
            for (stem, names) in folders.volumes(in: [imagesFolder]) {
                guard let channel = VolumeFileName(stem + ".nii")!.channel else {
                    plainNames += 1
                    problems.append(
                        .misnamed(
                            root.url.appending(path: imagesFolder).appending(path: names[0]),
                            expected: "a name ending in _0000 and .nii.gz"))
                    continue
                }
                hasChannelFiles = true
                images[channel.caseID, default: [:]][channel.index, default: []] += names
            }
            for id in Set(images.keys).union(labels.keys).sorted() {
                do {
                    try join(
                        id, images[id] ?? [:], labels[id] ?? [], split, imagesFolder: imagesFolder,
                        labelsFolder: labelsFolder)
                } catch {
                    problems.append(error)
                }
            }
        }
        guard hasChannelFiles else {
            guard plainNames > 0 else { throw refused(root.summary, nil) }
            throw refused(
                "images without channel suffix (_0000)",
                description.isVersion2
                    ? "Add the suffix to their names." : "This is the Decathlon layout: use the dataset msd.")
        }
        checkListedCases()
    }

    private mutating func join(
        _ id: String, _ images: [Int: [String]], _ labels: [String], _ split: Split, imagesFolder: String,
        labelsFolder: String
    ) throws(LayoutProblem) {
        func place(_ folder: String, _ name: String) -> URL {
            folders.root.appending(path: folder).appending(path: name)
        }
        if let repeated = images.values.first(where: { $0.count > 1 }) ?? (labels.count > 1 ? labels : nil) {
            throw LayoutProblem(
                .duplicateCase, case: id, file: place(images.isEmpty ? labelsFolder : imagesFolder, repeated[0]).path,
                expected: "one file for \(id)",
                found: repeated.joined(separator: " and "), fix: "Keep the right one.")
        }
        if let missing = channels.first(where: { images[$0] == nil }) {
            throw LayoutProblem(
                .missingImage, case: id, file: place(imagesFolder, "\(id)_\(padded(missing, 4)).nii.gz").path,
                expected: "channel \(missing), \(description.channels[missing] ?? "unnamed")", found: "no file",
                fix: "Copy the file there, or remove the case.")
        }
        for (channel, names) in images where !channels.contains(channel) {
            problems.append(
                LayoutProblem(
                    .misnamedFile, severity: .warning, case: id, file: place(imagesFolder, names[0]).path,
                    expected:
                        "one of the channels \(channels.map(String.init).joined(separator: ", ")) of dataset.json",
                    found: "channel \(channel)",
                    fix: "Name the channel in dataset.json, or remove the file."))
        }
        if labels.isEmpty && split == .train {
            throw LayoutProblem(
                .missingLabel, case: id, file: place(labelsFolder, "\(id).nii.gz").path, expected: "the label of \(id)",
                found: "no file",
                fix: "Copy the label there, or remove the case.")
        }
        cases += description.channelCases(
            id, of: dataset, split: split,
            images: channels.map { ($0, SourceImage(file: place(imagesFolder, images[$0]![0]))) },
            label: labels.first.map { .file(place(labelsFolder, $0)) })
    }

    /// Version 1 also lists its training cases, by names without channel; `numTraining` counts them in both versions.
    private mutating func checkListedCases() {
        let known = Set(cases.map(\.subject)).union(problems.compactMap(\.caseID))
        for entry in description.training {
            guard let id = SafePath(entry.image).flatMap({ VolumeFileName($0.fileName) })?.stem else {
                problems.append(.unsafePath(entry.image, listedIn: file))
                continue
            }
            if !known.contains(id) {
                problems.append(
                    LayoutProblem(
                        .missingImage, case: id, file: folders.root.appending(path: "imagesTr/\(id)_0000.nii.gz").path,
                        expected: "the case that dataset.json names", found: "no file",
                        fix: "Copy the files there, or correct dataset.json."))
            }
        }
        let found = Set(cases.filter { $0.officialSplit == .train }.map(\.subject)).count
        if let stated = description.numTraining, stated != found {
            problems.append(
                LayoutProblem(
                    .countMismatch, severity: .warning, file: file,
                    expected: "\(stated) training cases, as numTraining says",
                    found: "\(found)", fix: "Correct numTraining, or restore the missing cases."))
        }
    }
}
