import FoundationEssentials
import Glibc

/// One folder of a raw tree, listed once.
///
/// What archives and file browsers leave behind is never seen: names that begin with a dot (`._*` AppleDouble files,
/// `.DS_Store`) and `__MACOSX`. Symbolic links are followed. Names are sorted.
struct SourceFolder {
    let url: URL
    /// Names of plain files.
    let files: [String]
    /// Names of folders.
    let folders: [String]
    /// Names that are no UTF-8 (printed with replacement characters), dangling links, devices.
    let unreadable: [String]
    /// Those of the names that are symbolic links and lead to a file or folder.
    let links: [String]
    /// Device and inode, by which a loop of links is known.
    let identity: Identity

    struct Identity: Hashable {
        let device: UInt, inode: UInt
    }

    /// - Throws: ``UnreadableFolder`` when the folder cannot be listed.
    init(_ url: URL) throws(UnreadableFolder) {
        self.url = url
        var status = stat()
        guard stat(url.path, &status) == 0, let stream = opendir(url.path) else {
            throw UnreadableFolder(path: url.path, code: errno)
        }
        defer { closedir(stream) }
        identity = Identity(device: UInt(status.st_dev), inode: UInt(status.st_ino))
        var files: [String] = [], folders: [String] = [], unreadable: [String] = [], links: [String] = []
        while let entry = readdir(stream) {
            let bytes = withUnsafeBytes(of: entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
            guard bytes.first != UInt8(ascii: ".") else { continue }
            guard let name = String(validating: bytes, as: UTF8.self) else {
                unreadable.append(String(decoding: bytes, as: UTF8.self))
                continue
            }
            guard name != "__MACOSX" else { continue }
            let kind = Self.kind(entry.pointee.d_type, path: url.path + "/" + name)
            switch kind.target {
            case S_IFREG: files.append(name)
            case S_IFDIR: folders.append(name)
            default:
                unreadable.append(name)
                continue
            }
            if kind.isLink { links.append(name) }
        }
        (self.files, self.folders, self.unreadable) = (files.sorted(), folders.sorted(), unreadable.sorted())
        self.links = links.sorted()
    }

    /// The kind of a file, following links; the listing's own word is taken where it has one, which saves a system call.
    private static func kind(_ type: UInt8, path: String) -> (target: mode_t, isLink: Bool) {
        if Int(type) == DT_REG { return (S_IFREG, false) }
        if Int(type) == DT_DIR { return (S_IFDIR, false) }
        var own = stat(), target = stat()
        let isLink = lstat(path, &own) == 0 && own.st_mode & S_IFMT == S_IFLNK
        return (stat(path, &target) == 0 ? target.st_mode & S_IFMT : 0, isLink)
    }

    /// The subfolder called `name`; where there is none, the only one that differs in case alone.
    func folder(_ name: String) -> String? { Self.match(name, in: folders) }

    /// The file called `name`; where there is none, the only one that differs in case alone.
    func file(_ name: String) -> String? { Self.match(name, in: files) }

    private static func match(_ name: String, in names: [String]) -> String? {
        if names.contains(name) { return name }
        let near = names.filter { $0.lowercased() == name.lowercased() }
        return near.count == 1 ? near[0] : nil
    }

    /// The listing in a few words, for error messages.
    var summary: String {
        let shown = (folders.map { $0 + "/" } + files).prefix(8)
        let more = folders.count + files.count - shown.count
        return shown.isEmpty ? "an empty folder" : shown.joined(separator: ", ") + (more > 0 ? " and \(more) more" : "")
    }

    /// A problem for each name that cannot be used.
    var problems: [LayoutProblem] {
        unreadable.map { name in
            LayoutProblem(
                .unreadableFile, severity: .warning, file: url.path + "/" + name,
                expected: "a file or folder with a UTF-8 name",
                found: "a broken link, a device or a name in another encoding", fix: "Rename or remove it.")
        }
    }
}

/// A folder that cannot be listed.
struct UnreadableFolder: Error {
    let path: String
    /// The system's error number.
    let code: CInt

    var reason: String { String(cString: strerror(code)) }

    var problem: LayoutProblem {
        LayoutProblem(
            .unreadableFile, file: path, expected: "a folder that can be listed", found: reason,
            fix: "Check that the folder exists and its permissions.")
    }
}
