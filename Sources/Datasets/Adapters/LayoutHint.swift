import Configuration
import FoundationEssentials
import Glibc

/// What to advise somebody who named the wrong folder or the wrong dataset.
enum LayoutHint {
    /// Advice for a folder that is not of the layout `wanted`: the dataset that it looks like, if any.
    static func fix(for folder: SourceFolder, wanted: LayoutName) -> String {
        let found = layouts(in: folder).subtracting([wanted]).map(\.rawValue).sorted()
        guard !found.isEmpty else { return "Name the folder that holds it." }
        return "It looks like \(found.joined(separator: " and ")): use that dataset, or name another folder."
    }

    /// Advice for a folder inside of a dataset's.
    static func above(_ root: SourceFolder) -> String { "Name \(root.url.path), the folder above that holds it." }

    /// Why a folder cannot be read, in words.
    static func obstacle(_ error: UnreadableFolder) -> String {
        switch error.code {
        case ENOENT: "no such folder"
        case ENOTDIR: "a file"
        default: "a folder that cannot be read: \(error.reason)"
        }
    }

    /// Advice for a folder that cannot be read: the folder beside it whose name is most like it, if it is not there at all.
    static func fix(for error: UnreadableFolder) -> String {
        switch error.code {
        case ENOENT:
            let url = URL(filePath: error.path).standardizedFileURL, parent = url.deletingLastPathComponent()
            let names = (try? SourceFolder(parent))?.folders ?? []
            guard let name = nearestName(to: url.lastPathComponent, among: names) else { return "Check the path." }
            return "Did you mean \(parent.appending(path: name).path)?"
        case ENOTDIR: return "Name the folder that holds it."
        default: return "Check its permissions."
        }
    }

    /// The layouts whose file names lie in a folder or up to three levels below it.
    private static func layouts(in folder: SourceFolder) -> Set<LayoutName> {
        var found: Set<LayoutName> = []
        for one in folder.tree(depth: 3).folders {
            let name = one.url.lastPathComponent.lowercased()
            if one.folders.contains(where: {
                $0.utf8.count == 10 && VolumeFileName.number(in: $0, after: "case_") != nil
            }) {
                found.insert(.kits19)
            }
            if one.file("dataset.json") != nil, let images = one.folder("imagesTr") {
                let stems = ((try? SourceFolder(one.url.appending(path: images)))?.files ?? []).compactMap(
                    VolumeFileName.init)
                if !stems.contains(where: { $0.number(after: "amos_") != nil }) {
                    found.insert(stems.contains { $0.channel != nil } ? .nnUNet : .decathlon)
                }
            }
            for file in one.files.compactMap(VolumeFileName.init) {
                let stem = file.stem.lowercased()
                if file.number(after: "volume-") != nil || file.number(after: "segmentation-") != nil {
                    found.insert(.lits)
                } else if stem.hasSuffix("_sa") || stem.hasSuffix("_sa_gt") {
                    found.insert(.mnms)
                } else if stem.contains("_probmask_") {
                    found.insert(.brainAging)
                } else if file.number(after: "amos_") != nil, name.hasPrefix("images") {
                    found.insert(.amos22)
                } else if file.number(after: "img") != nil, ["img", "imagestr", "imagests"].contains(name) {
                    found.insert(.bcv)
                }
            }
        }
        return found
    }
}
