import FoundationEssentials

extension SourceFolder {
    /// The folder and everything below it, each folder once, parents before children; loops of links end there. Folders
    /// that cannot be listed become problems.
    func tree(depth: Int = 6) -> (folders: [SourceFolder], problems: [LayoutProblem]) {
        var found = [self], problems = self.problems
        var seen: Set<Identity> = [identity]
        var level = [self]
        for _ in 0..<depth {
            var next: [SourceFolder] = []
            for parent in level {
                for name in parent.folders {
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
        func refused(_ found: String) -> LayoutError {
            LayoutError(folder: url.path, dataset: manifest.name, expected: manifest.layout.expected, found: found)
        }
        let top: SourceFolder
        do { top = try SourceFolder(url) } catch { throw refused("a folder that cannot be read: \(error.reason)") }
        if isRoot(top) { return top }
        let roots = top.tree(depth: 2).folders.filter(isRoot)
        guard let root = roots.first else { throw refused(top.summary) }
        guard roots.count == 1 else {
            throw refused("several: " + roots.map(\.url.path).joined(separator: ", "))
        }
        return root
    }
}
