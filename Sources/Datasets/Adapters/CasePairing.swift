import FoundationEssentials

/// Images and labels of a tree by case id, on the way to becoming cases.
struct CasePairing {
    struct Image {
        let url: URL
        /// The part whose folder holds the image.
        let split: Split?
        /// Where its label belongs; `nil` when the image needs none.
        let labelPlace: String?
    }

    private var images: [String: [Image]] = [:]
    private var labels: [String: [URL]] = [:]
    var problems: [LayoutProblem] = []
    /// Folders of images or labels that cannot be listed: of what should be in them, nobody can say that it is not there.
    var unreadableFolders: Set<String> = []

    mutating func addImage(_ id: String, _ image: Image) { images[id, default: []].append(image) }
    mutating func addLabel(_ id: String, _ url: URL) { labels[id, default: []].append(url) }

    /// Whether any image or label of the case was found.
    func knows(_ id: String) -> Bool { images[id] != nil || labels[id] != nil }

    func image(_ id: String) -> Image? { images[id]?.first }

    /// The ids that have an image.
    var imageIDs: Set<String> { Set(images.keys) }

    /// Gives each id with exactly one image and, where it needs one, exactly one label to `use`; the others become problems.
    /// `imagePlace` says where the image of a label belongs.
    mutating func pairs(imagePlace: (String, URL) -> URL, use: (String, Image, URL?) -> Void) {
        for id in Set(images.keys).union(labels.keys).sorted() {
            let images = images[id] ?? [], labels = labels[id] ?? []
            guard images.count < 2, labels.count < 2 else {
                let files = images.count > 1 ? images.map(\.url.path) : labels.map(\.path)
                problems.append(
                    LayoutProblem(
                        .duplicateCase, case: id, file: files[0], expected: "one file for \(id)",
                        found: files.sorted().joined(separator: " and "), fix: "Keep the right one."))
                continue
            }
            guard let image = images.first else {
                problems.append(
                    missing(
                        .missingImage, id, imagePlace(id, labels[0]), expected: "the image of \(labels[0].path)",
                        fix: "Copy the image there, or remove the label."))
                continue
            }
            if let place = image.labelPlace, labels.isEmpty {
                problems.append(
                    missing(
                        .missingLabel, id, URL(filePath: place), expected: "the label of \(image.url.path)",
                        fix: "Copy the label there, or remove the image."))
                continue
            }
            use(id, image, labels.first)
        }
    }

    private func missing(_ code: FindingCode, _ id: String, _ place: URL, expected: String, fix: String)
        -> LayoutProblem
    {
        guard !unreadableFolders.contains(place.deletingLastPathComponent().path) else {
            return LayoutProblem(
                .unreadableFile, case: id, file: place.path, expected: expected,
                found: "a folder that cannot be listed",
                fix: "Check the folder's permissions.")
        }
        return LayoutProblem(code, case: id, file: place.path, expected: expected, found: "no file", fix: fix)
    }
}

extension LayoutProblem {
    /// A file in a folder of images or labels whose name the layout does not know.
    static func misnamed(_ url: URL, expected: String) -> LayoutProblem {
        LayoutProblem(
            .misnamedFile, severity: .warning, file: url.path, expected: expected,
            found: "the name \(url.lastPathComponent)",
            fix: "Rename it, or move it out of the dataset.")
    }
}
