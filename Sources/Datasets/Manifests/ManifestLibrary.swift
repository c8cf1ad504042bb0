import Configuration
import FoundationEssentials

/// The folder of manifests: `structures.yaml`, one `<name>.yaml` per dataset, and `splits/`.
public struct ManifestLibrary: Sendable {
    /// The folder that holds the manifests.
    public let folder: URL
    /// The canonical structures of the folder.
    public let structures: StructureCatalogue

    /// Opens the manifests of `ProjectFolder`.
    public static func standard() throws -> ManifestLibrary {
        guard let home = ProjectFolder.url else {
            throw ManifestError(
                "manifests/structures.yaml: expected it above the program or the working directory but found it in neither. "
                    + "Set IRIS_HOME to the folder that holds manifests/ and configs/.")
        }
        return try ManifestLibrary(folder: home.appending(path: "manifests"))
    }

    /// - Throws: ``ManifestError`` or `ConfigurationError` when `structures.yaml` cannot be used.
    public init(folder: URL) throws {
        self.folder = folder
        let file = folder.appending(path: "structures.yaml")
        structures = try StructureCatalogue(text: readText(file), file: file.path)
    }

    /// The names of the manifests in the folder, sorted.
    public func names() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.path)
            .filter { $0.hasSuffix(".yaml") && $0 != "structures.yaml" }.map { String($0.dropLast(5)) }.sorted()
    }

    /// Reads the manifest called `name`, or the one in the file that `name` is the path of (it has a slash or ends in
    /// `.yaml`). Lists of ids that a user's own manifest names are looked for beside it.
    public func manifest(_ name: String) throws -> Manifest {
        if name.contains("/") || name.hasSuffix(".yaml") {
            return try Manifest(file: URL(filePath: name), structures: structures)
        }
        let known = try names()
        guard known.contains(name) else {
            let beginning = known.filter { $0.hasPrefix(name.lowercased()) }
            let hint =
                (beginning.count == 1 ? beginning[0] : nearestName(to: name, among: known)).map {
                    "Did you mean \($0)?"
                }
                ?? "Known: \(known.joined(separator: ", "))."
            throw ManifestError("\(name): no such dataset in \(folder.path). \(hint)")
        }
        return try Manifest(file: folder.appending(path: "\(name).yaml"), structures: structures)
    }

    /// Every manifest of the folder, by name.
    public func all() throws -> [Manifest] { try names().map(manifest) }
}

/// Why a manifest cannot be found or read.
public struct ManifestError: Error, Equatable, Sendable, CustomStringConvertible {
    public let description: String
    init(_ description: String) { self.description = description }
}

/// The text of a file.
func readText(_ file: URL) throws -> String {
    let data: Data
    do { data = try Data(contentsOf: file) } catch {
        throw ManifestError("\(file.path): cannot be read. Check that the file exists and may be read.")
    }
    guard let text = String(validating: data, as: UTF8.self) else {
        throw ManifestError("\(file.path): expected UTF-8 text but found other bytes. Save the file as UTF-8.")
    }
    return text
}
