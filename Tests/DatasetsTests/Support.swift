import Datasets
import FoundationEssentials
import TestData

/// The project's manifests.
let library = try! ManifestLibrary.standard()

extension TemporaryFolder {
    /// Writes files of one byte, or of the given text; folders are made on the way. Adapters open no image, so that is
    /// all they need.
    @discardableResult func write(_ paths: [String], _ text: String = "x") throws -> TemporaryFolder {
        for path in paths {
            let file = url.appending(path: path)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: file)
        }
        return self
    }
}

extension CaseListing {
    /// The cases as lines that a test can state literally.
    var lines: [String] {
        cases.map { one in
            [
                one.id, one.subject, one.modality.rawValue, one.officialSplit?.rawValue ?? "-",
                one.paperSplit?.rawValue ?? "-",
                one.label == nil ? "unlabelled" : "labelled",
            ].joined(separator: " ")
        }
    }

    /// The problems by code, case and file name.
    var problemLines: [String] {
        problems.map { "\($0.code.rawValue) \($0.caseID ?? "-") \(URL(filePath: $0.file).lastPathComponent)" }.sorted()
    }
}

/// Lists a tree with the manifest of a name.
func listing(_ name: String, _ folder: URL) throws -> CaseListing {
    try library.manifest(name).adapter(for: folder).cases()
}
