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

    mutating func addImage(_ id: String, _ image: Image) { images[id, default: []].append(image) }
    mutating func addLabel(_ id: String, _ url: URL) { labels[id, default: []].append(url) }

    /// Whether any image or label of the case was found.
    func knows(_ id: String) -> Bool { images[id] != nil || labels[id] != nil }

    func image(_ id: String) -> Image? { images[id]?.first }

    /// The ids that have an image.
    var imageIDs: Set<String> { Set(images.keys) }

    /// Gives each id with exactly one image and, where it needs one, exactly one label to `use`; the others become problems.
    mutating func pairs(imagePlace: (String) -> String, use: (String, Image, URL?) -> Void) {
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
                    LayoutProblem(
                        .missingImage, case: id, file: imagePlace(id), expected: "the image of \(labels[0].path)",
                        found: "no file",
                        fix: "Copy the image there, or remove the label."))
                continue
            }
            if let place = image.labelPlace, labels.isEmpty {
                problems.append(
                    LayoutProblem(
                        .missingLabel, case: id, file: place, expected: "the label of \(image.url.path)",
                        found: "no file",
                        fix: "Copy the label there, or remove the image."))
                continue
            }
            use(id, image, labels.first)
        }
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
