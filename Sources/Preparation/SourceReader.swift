import Digests
import FoundationEssentials
import NIfTI
import VolumeStore

/// Reads the files of one case and keeps account of them.
struct SourceReader {
    /// The dataset's folder, to which paths are told relative.
    let folder: URL
    /// What was read so far.
    private(set) var files: [SourceFile] = []

    init(folder: URL) { self.folder = folder }

    /// Reads a file whole.
    ///
    /// - Throws: `CaseRefusal` when it is damaged, or changed while it was read.
    mutating func read(_ file: URL, role: SourceFile.Role) throws(CaseRefusal) -> NIfTIImage {
        let before = try SourceFileStamp(file)
        let image: NIfTIImage
        do throws(NIfTIError) { image = try NIfTIFile.read(at: file.path, digestingFile: true) } catch {
            throw refusal(error)
        }
        guard try SourceFileStamp(file) == before, image.file.size == before.bytes else {
            throw CaseRefusal(
                .unreadableFile, file: path(file), expected: "a file that nobody writes to",
                found: "that it changed while it was read",
                fix: "Wait until it is complete and run the command again.")
        }
        files.append(
            SourceFile(
                role: role, path: path(file), bytes: before.bytes, modified: before.modified, digest: image.fileDigest!)
        )
        return image
    }

    /// The number of the frame wanted of a file.
    ///
    /// - Throws: `CaseRefusal` when the file has no such frame, or several and none is named.
    func frame(_ wanted: Int?, of image: NIfTIImage) throws(CaseRefusal) -> Int {
        let count = image.header.frameCount
        if let wanted, (0..<count).contains(wanted) { return wanted }
        if wanted == nil, count == 1 { return 0 }
        throw CaseRefusal(
            .shapeMismatch, file: path(URL(filePath: image.path)),
            expected: wanted.map { "at least \($0 + 1) frames along the fourth axis" } ?? "one volume",
            found: "\(count)", fix: "Check that this is the file that belongs to the case.")
    }

    /// The path below the dataset's folder.
    func path(_ file: URL) -> String { Self.path(file, below: folder) }

    static func path(_ file: URL, below folder: URL) -> String {
        let root = folder.standardizedFileURL.path + "/", path = file.standardizedFileURL.path
        return path.hasPrefix(root) ? String(path.dropFirst(root.count)) : path
    }

    func refusal(_ error: NIfTIError) -> CaseRefusal { CaseRefusal(error, file: path(URL(filePath: error.file))) }
}
