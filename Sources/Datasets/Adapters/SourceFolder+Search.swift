import FoundationEssentials

extension SourceFolder {
    /// The folder and everything below it, each folder once, parents before children; loops of links end there. Folders
    /// that cannot be listed become problems; those with a name that `isSkipped` accepts are left out.
    func tree(depth: Int = 6, except isSkipped: (String) -> Bool = { _ in false })
        -> (folders: [SourceFolder], problems: [LayoutProblem])
    {
        var found = [self], problems = self.problems
        var seen: Set<Identity> = [identity]
        var level = [self]
        for _ in 0..<depth {
            var next: [SourceFolder] = []
            for parent in level {
                for name in parent.folders where !isSkipped(name) {
                    do {
                        let child = try SourceFolder(parent.url.appending(path: name))
                        guard seen.insert(child.identity).inserted else { continue }
                        problems += child.problems
                        next.append(child)
                    } catch {
                        problems.append(error.problem)
                    }
                }
            }
            found += next
            level = next
        }
        return (found, problems)
    }

    /// The given folder, or the only one at most two levels below it, that `isRoot` accepts: archives often wrap a dataset
    /// in one more folder.
    ///
    /// - Throws: ``LayoutError`` when none or several do, or the folder cannot be read.
    static func root(
        _ url: URL, manifest: Manifest, where isRoot: (SourceFolder) -> Bool
    ) throws(LayoutError) -> SourceFolder {
        let top = try opened(url, manifest: manifest)
        if isRoot(top) { return top }
        let roots = top.tree(depth: 2).folders.filter(isRoot)
        guard let root = roots.first else {
            throw LayoutError(
                top, manifest, found: top.summary, fix: top.enclosing(where: isRoot).map(LayoutHint.above))
        }
        guard roots.count == 1 else {
            throw LayoutError(
                top, manifest, found: "several: " + roots.map(\.url.path).joined(separator: ", "),
                fix: "Name one of them.")
        }
        return root
    }

    /// The nearest of the three folders around this one that `isRoot` accepts.
    private func enclosing(where isRoot: (SourceFolder) -> Bool) -> SourceFolder? {
        var url = url.standardizedFileURL
        for _ in 0..<3 {
            url = url.deletingLastPathComponent()
            if let folder = try? SourceFolder(url), isRoot(folder) { return folder }
        }
        return nil
    }

    /// The folder that a user named.
    ///
    /// - Throws: ``LayoutError`` when it cannot be read.
    static func opened(_ url: URL, manifest: Manifest) throws(LayoutError) -> SourceFolder {
        do { return try SourceFolder(url) } catch {
            throw LayoutError(
                folder: url.path, dataset: manifest.name, expected: manifest.layout.expected,
                found: LayoutHint.obstacle(error), fix: LayoutHint.fix(for: error))
        }
    }
}

extension LayoutError {
    /// - Parameter fix: what to do; by default a guess from what lies in the folder.
    init(_ folder: SourceFolder, _ manifest: Manifest, found: String, fix: String? = nil) {
        self.init(
            folder: folder.url.path, dataset: manifest.name, expected: manifest.layout.expected, found: found,
            fix: fix ?? LayoutHint.fix(for: folder, wanted: manifest.layout.adapter))
    }
}
