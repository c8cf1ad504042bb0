import FoundationEssentials

/// A `dataset.json` of the Medical Segmentation Decathlon family: MSD, AMOS22, nnU-Net version 1 and 2.
struct DatasetDescription {
    /// One case of its lists, by the paths as written.
    struct Entry {
        let image: String
        let label: String?
    }

    let name: String
    /// Channel index to channel name (`modality` or `channel_names`).
    let channels: [Int: String]
    /// Label names by value; a region of nnU-Net has several values.
    let labels: [(name: String, values: [Int])]
    let training: [Entry]
    let validation: [Entry]
    let test: [Entry]
    let numTraining: Int?
    let numTest: Int?
    /// Only nnU-Net version 2 has it.
    let fileEnding: String?
    /// nnU-Net version 2's explicit map of cases, which replaces the search of folders.
    let explicitCases: [(id: String, images: [String], label: String?)]?
    /// Whether it is nnU-Net version 2.
    let isVersion2: Bool

    /// - Throws: ``UnreadableDescription`` when the file is no JSON object or a label has no number.
    init(_ file: URL) throws(UnreadableDescription) {
        let value: JSONValue
        do { value = try JSONDecoder().decode(JSONValue.self, from: Data(contentsOf: file)) } catch {
            throw UnreadableDescription(file: file.path, reason: "not a JSON file that can be read")
        }
        guard case .object(let keys) = value else {
            throw UnreadableDescription(file: file.path, reason: "not a JSON object")
        }
        name = keys["name"]?.string ?? ""
        isVersion2 = keys["channel_names"] != nil || keys["file_ending"] != nil
        let channelNames = (keys["channel_names"] ?? keys["modality"])?.object ?? [:]
        channels = Dictionary(
            channelNames.compactMap { key, value in Int(key).flatMap { index in value.string.map { (index, $0) } } },
            uniquingKeysWith: { first, _ in first })
        labels = try Self.labels(keys["labels"]?.object ?? [:], file: file.path)
        training = Self.entries(keys["training"])
        validation = Self.entries(keys["validation"])
        test = Self.entries(keys["test"])
        numTraining = keys["numTraining"]?.int
        numTest = keys["numTest"]?.int
        fileEnding = keys["file_ending"]?.string
        explicitCases = keys["dataset"]?.object.map { cases in
            cases.map { id, value in
                (id, value.object?["images"]?.array?.compactMap(\.string) ?? [], value.object?["label"]?.string)
            }.sorted { $0.0 < $1.0 }
        }
    }

    /// Opens the `dataset.json` of a folder that has one and lets `read` turn it, with its path, into cases. Then the manifest
    /// has its say: the paper's split and, where it is of one dataset rather than of the layout, name, modality and label
    /// table.
    ///
    /// - Throws: ``LayoutError`` when the file cannot be used; whatever `read` throws.
    static func listing(
        _ root: SourceFolder, _ manifest: Manifest, read: (DatasetDescription, String) throws -> CaseListing
    ) throws -> CaseListing {
        let file = root.url.appending(path: root.file("dataset.json")!)
        do {
            let description = try DatasetDescription(file)
            var listing = try read(description, file.path)
            listing.tellTestCasesApart()
            if let split = manifest.paperSplit {
                for n in listing.cases.indices { listing.cases[n].paperSplit = split[listing.cases[n].subject] }
            }
            guard !manifest.isGeneric else { return listing }
            try manifest.checkLabelTable(description, root, file: file.path)
            (listing.dataset, listing.classes) = (manifest.name, nil)
            for n in listing.cases.indices {
                listing.cases[n].dataset = manifest.name
                if case .constant(let modality) = manifest.modality { listing.cases[n].modality = modality }
            }
            return listing
        } catch let error as UnreadableDescription {
            throw LayoutError(root, manifest, found: "\(error.file) with \(error.reason)")
        }
    }

    /// Value to name (MSD: keys are numbers, perhaps zero-padded) or name to value, or values (nnU-Net version 2).
    private static func labels(_ object: [String: JSONValue], file: String) throws(UnreadableDescription)
        -> [(name: String, values: [Int])]
    {
        var result: [(name: String, values: [Int])] = []
        for (key, value) in object {
            if let name = value.string, let number = Int(key) {
                result.append((name, [number]))
            } else if let number = value.int ?? value.string.flatMap({ Int($0) }) {
                result.append((key, [number]))
            } else if let numbers = value.array?.compactMap(\.int), !numbers.isEmpty {
                result.append((key, numbers))
            } else {
                throw UnreadableDescription(file: file, reason: "a label \"\(key)\" with neither a number nor a name")
            }
        }
        return result.sorted { ($0.values[0], $0.name) < ($1.values[0], $1.name) }
    }

    private static func entries(_ value: JSONValue?) -> [Entry] {
        (value?.array ?? []).compactMap { item in
            if let path = item.string { return Entry(image: path, label: nil) }
            guard let image = item.object?["image"]?.string else { return nil }
            return Entry(image: image, label: item.object?["label"]?.string)
        }
    }
}

/// A `dataset.json` that cannot be used.
struct UnreadableDescription: Error {
    let file: String
    let reason: String

    func problem(severity: Severity) -> LayoutProblem {
        LayoutProblem(
            .unreadableMetadata, severity: severity, file: file, expected: "a dataset.json of the Decathlon family",
            found: reason,
            fix: "Restore the file from the archive.")
    }
}
