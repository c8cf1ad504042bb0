import FoundationEssentials

/// Presents the brain tissue package ("Brain Aging") as cases.
///
/// Nothing outside this file knows that layout: `train|valid|test`, in each `image/NAME_img.nii` and
/// `mask/NAME_probmask_graymatter.nii`, `…_whitematter.nii`, `…_csf.nii`, plain or gzipped. A map may lie in another part
/// than its image; a case without all three maps cannot be used.
struct BrainAgingAdapter: DatasetAdapter {
    let folder: URL
    let manifest: Manifest

    private static let parts: [(names: [String], split: Split)] = [
        (["train"], .train), (["valid", "val", "validation"], .val), (["test"], .test),
    ]
    private static let tissues = ["graymatter", "whitematter", "csf"]

    /// The maps of a case by tissue.
    private typealias Maps = [String: [URL]]

    func cases() throws -> CaseListing {
        let root = try SourceFolder.root(folder, manifest: manifest) { root in
            Self.parts.contains { part in
                part.names.contains {
                    root.folder($0).flatMap { try? SourceFolder(root.url.appending(path: $0)) }?.folder("image") != nil
                }
            }
        }
        var problems = root.problems, setAside: Set<String> = []
        var images: [String: [(url: URL, split: Split)]] = [:]
        var maps: [String: Maps] = [:]
        for part in Self.parts {
            for name in part.names.compactMap(root.folder) {
                let url = root.url.appending(path: name)
                for file in files("image", of: url, &problems) {
                    guard let stem = VolumeFileName(file.lastPathComponent)?.stem, stem.lowercased().hasSuffix("_img")
                    else {
                        problems.append(.misnamed(file, expected: "a name ending in _img.nii"))
                        continue
                    }
                    images[String(stem.dropLast(4)), default: []].append((file, part.split))
                }
                for file in files("mask", of: url, &problems) {
                    guard let (id, tissue) = Self.map(file.lastPathComponent) else {
                        // A third party's hard masks stand beside the maps in some copies.
                        if file.lastPathComponent.contains("_labelmask") {
                            setAside.insert(file.path)
                        } else {
                            problems.append(
                                .misnamed(file, expected: "a name ending in _probmask_graymatter, _whitematter or _csf")
                            )
                        }
                        continue
                    }
                    maps[id, default: [:]][tissue, default: []].append(file)
                }
            }
        }
        var cases: [SourceCase] = []
        for id in Set(images.keys).union(maps.keys).sorted() {
            do { cases.append(try join(id, images[id] ?? [], maps[id] ?? [:])) } catch { problems.append(error) }
        }
        return CaseListing(dataset: manifest.name, cases: cases, problems: problems, setAside: setAside)
    }

    private func join(_ id: String, _ images: [(url: URL, split: Split)], _ maps: Maps) throws(LayoutProblem)
        -> SourceCase
    {
        if let repeated = images.count > 1 ? images.map(\.url) : maps.values.first(where: { $0.count > 1 }) {
            throw LayoutProblem(
                .duplicateCase, case: id, file: repeated[0].path, expected: "one file for \(id)",
                found: repeated.map(\.path).sorted().joined(separator: " and "), fix: "Keep the right one.")
        }
        guard let image = images.first else {
            let map = maps.values.flatMap { $0 }.min { $0.path < $1.path }!
            throw LayoutProblem(
                .missingImage, case: id,
                file: map.deletingLastPathComponent().deletingLastPathComponent().appending(path: "image/\(id)_img.nii")
                    .path,
                expected: "the image of \(map.path)", found: "no file", fix: "Copy the image there, or remove the maps."
            )
        }
        let missing = Self.tissues.filter { maps[$0] == nil }
        guard missing.isEmpty else {
            let folder = image.url.deletingLastPathComponent().deletingLastPathComponent().appending(path: "mask")
            throw LayoutProblem(
                .missingMap, case: id, file: folder.appending(path: "\(id)_probmask_\(missing[0]).nii").path,
                expected: "maps of grey matter, white matter and CSF",
                found: "no map of \(missing.joined(separator: " and "))",
                fix: "Copy the missing file there, or remove the case.")
        }
        return SourceCase(
            dataset: manifest.name, id: id, modality: .mr, officialSplit: image.split,
            paperSplit: manifest.paperSplit?[id],
            image: SourceImage(file: image.url),
            label: .probabilityMaps(
                grayMatter: maps["graymatter"]![0], whiteMatter: maps["whitematter"]![0], csf: maps["csf"]![0]),
            ignoresLabelHeader: manifest.labelGeometry == .image)
    }

    /// The volumes in a subfolder of a part.
    private func files(_ name: String, of part: URL, _ problems: inout [LayoutProblem]) -> [URL] {
        do {
            let folder = try SourceFolder(part)
            guard let name = folder.folder(name) else { return [] }
            let inner = try SourceFolder(part.appending(path: name))
            problems += inner.problems
            return inner.files.filter { VolumeFileName($0) != nil }.map { inner.url.appending(path: $0) }
        } catch {
            problems.append(error.problem)
            return []
        }
    }

    private static func map(_ name: String) -> (id: String, tissue: String)? {
        guard let stem = VolumeFileName(name)?.stem else { return nil }
        for tissue in tissues where stem.lowercased().hasSuffix("_probmask_" + tissue) {
            return (String(stem.dropLast("_probmask_".count + tissue.count)), tissue)
        }
        return nil
    }
}
