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
                "changed-file", file: path(file), expected: "a file that nobody writes to",
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
            "shape-mismatch", file: path(URL(filePath: image.path)),
            expected: wanted.map { "at least \($0 + 1) frames along the fourth axis" } ?? "one volume",
            found: "\(count)", fix: "Check that this is the file that belongs to the case.")
    }

    /// The path below the dataset's folder.
    func path(_ file: URL) -> String { Self.path(file, below: folder) }

    static func path(_ file: URL, below folder: URL) -> String {
        let root = folder.standardizedFileURL.path + "/", path = file.standardizedFileURL.path
        return path.hasPrefix(root) ? String(path.dropFirst(root.count)) : path
    }

    func refusal(_ error: NIfTIError) -> CaseRefusal {
        let code =
            switch error {
            case .cannotOpen, .cannotRead, .cannotWrite, .outOfMemory: "unreadable-file"
            case .notNIfTI, .analyze, .headerAndImagePair, .headerTruncated, .limit: "invalid-header"
            case .dimensions: "invalid-dimensions"
            case .datatypeRefused, .datatypeUnknown, .bitsPerVoxel: "invalid-datatype"
            case .voxelOffset: "invalid-voxel-offset"
            case .intercept: "invalid-scaling"
            case .quaternion, .geometry: "invalid-geometry"
            case .truncated: "truncated-file"
            case .compressionName: "misleading-name"
            case .notALabel: "unknown-label"
            case .gzip(_, .truncated): "truncated-gzip"
            case .gzip(_, .checksum), .gzip(_, .length), .gzip(_, .corrupt): "corrupt-gzip"
            case .gzip(_, .trailingBytes): "trailing-bytes"
            }
        return CaseRefusal(code, file: path(URL(filePath: error.file)), problem: error.problem)
    }
}

extension CaseRefusal {
    /// From a complaint of the form "expected A but found B. Do C."; any other form counts as what was found.
    init(_ code: String, file: String, problem: String) {
        let joint = problem.firstRange(of: " but found ") ?? problem.firstRange(of: " but ")
        guard problem.hasPrefix("expected "), let joint else {
            self.init(
                code, file: file, expected: "a usable NIfTI file", found: problem,
                fix: "Fetch or convert the file again.")
            return
        }
        let expected = problem[problem.index(problem.startIndex, offsetBy: 9)..<joint.lowerBound]
        let rest = problem[joint.upperBound...]
        let end = rest.firstRange(of: ". ") ?? rest.firstRange(of: ": ")
        self.init(
            code, file: file, expected: String(expected), found: String(end.map { rest[..<$0.lowerBound] } ?? rest),
            fix: end.map { String(rest[$0.upperBound...]) } ?? "Fetch the file again.")
    }
}
