import FoundationEssentials

/// The folders that a `dataset.json` refers to, each listed once when it is first needed.
struct ListedFolders {
    let root: URL
    private var names: [[String]: [String: [String]]] = [:]
    private(set) var problems: [LayoutProblem] = []

    init(root: URL) { self.root = root }

    /// The volumes of a folder below the root: stem to file names.
    mutating func volumes(in components: [String]) -> [String: [String]] {
        if let known = names[components] { return known }
        var found: [String: [String]] = [:]
        let url = components.reduce(root) { $0.appending(path: $1) }
        do {
            let folder = try SourceFolder(url)
            problems += folder.problems
            for file in folder.files {
                guard let stem = VolumeFileName(file)?.stem else {
                    problems.append(.misnamed(url.appending(path: file), expected: "a name ending in .nii or .nii.gz"))
                    continue
                }
                found[stem, default: []].append(file)
            }
        } catch {
            if FileManager.default.fileExists(atPath: url.path) { problems.append(error.problem) }
        }
        names[components] = found
        return found
    }

    /// The file that a path means: the one of that name, else the only one that differs in its ending alone (`.nii` for
    /// `.nii.gz`).
    mutating func file(_ path: SafePath) -> URL? {
        let folder = Array(path.components.dropLast())
        guard let stem = VolumeFileName(path.fileName)?.stem, let files = volumes(in: folder)[stem] else { return nil }
        guard let name = files.contains(path.fileName) ? path.fileName : files.count == 1 ? files[0] : nil else {
            return nil
        }
        return (folder + [name]).reduce(root) { $0.appending(path: $1) }
    }
}
