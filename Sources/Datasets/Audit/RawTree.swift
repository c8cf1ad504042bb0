import FoundationEssentials
import NIfTI

/// A raw tree divided into units of work: the cases' files, and whatever else lies there.
struct RawTree {
    let root: String
    let units: [ExaminationUnit]
    /// What the adapter found wrong, and files that belong to no case.
    let findings: [Finding]

    init(_ source: URL, listing: CaseListing) {
        root = source.path
        let root = root, dataset = listing.dataset
        func relative(_ path: String) -> String {
            path.hasPrefix(root + "/") ? String(path.dropFirst(root.count + 1)) : path
        }
        var units: [ExaminationUnit] = [], unitOfImage: [URL: Int] = [:]
        for one in listing.cases {
            if let unit = unitOfImage[one.image.file] {
                units[unit].cases.append(one)
            } else {
                unitOfImage[one.image.file] = units.count
                units.append(ExaminationUnit(cases: [one]))
            }
        }
        var findings = listing.problems.map { problem in
            Finding(
                problem.code, severity: problem.severity, dataset: dataset, case: problem.caseID,
                file: relative(problem.file),
                expected: problem.expected.replacing(root + "/", with: ""),
                found: problem.found.replacing(root + "/", with: ""),
                fix: problem.fix)
        }
        let used = Set(listing.cases.flatMap { $0.files.map(\.standardizedFileURL.path) })
        let named = Set(listing.problems.map(\.file))
        let labelFolders = Set(
            listing.cases.flatMap { $0.label?.files ?? [] }.map { $0.deletingLastPathComponent().path }
        )
        .subtracting(listing.cases.map { $0.image.file.deletingLastPathComponent().path })
        let imageFolders = Set(listing.cases.map { $0.image.file.deletingLastPathComponent().path })
        let folders = (try? SourceFolder(source))?.tree().folders ?? []
        findings += Self.linksOutside(folders, root: root, dataset: dataset, relative: relative)
        for folder in folders {
            findings += Self.junk(in: folder.url, dataset: dataset, relative: relative)
            for name in folder.files where VolumeFileName(name) != nil {
                let file = folder.url.appending(path: name)
                guard !used.contains(file.standardizedFileURL.path), !listing.isSetAside(file.path) else { continue }
                let role: FileRecord.Role =
                    labelFolders.contains(folder.url.path)
                    ? .label : imageFolders.contains(folder.url.path) ? .image : .extra
                units.append(ExaminationUnit(extra: (file, role)))
                if !named.contains(file.path) {
                    findings.append(
                        Finding(
                            .extraFile, dataset: dataset, file: relative(file.path), expected: "files of cases",
                            found: "a file of no usable case"))
                }
            }
        }
        (self.units, self.findings) = (units, findings)
    }

    /// One finding for all links that lead out of the tree: people link whole collections, whose files lie elsewhere.
    private static func linksOutside(
        _ folders: [SourceFolder], root: String, dataset: String, relative: (String) -> String
    ) -> [Finding] {
        let links = folders.flatMap { folder in folder.links.map { folder.url.path + "/" + $0 } }
            .filter { !isBelow(root, $0) }
        guard let first = links.first else { return [] }
        let number = links.count == 1 ? "a link" : "\(links.count) links, the first"
        return [
            Finding(
                .linkOutsideSource, dataset: dataset, file: relative(first),
                expected: "files below the dataset's folder", found: "\(number) to \(realPath(first) ?? "")")
        ]
    }

    /// Leftovers of archivers, which no listing shows.
    private static func junk(in folder: URL, dataset: String, relative: (String) -> String) -> [Finding] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return names.filter { $0.hasPrefix("._") || $0 == "__MACOSX" }.sorted().map {
            Finding(
                .junkFile, dataset: dataset, file: relative(folder.appending(path: $0).path),
                expected: "files of the dataset",
                found: "what an archiver of macOS left behind")
        }
    }
}
