import FoundationEssentials
import IrisTraining
import NIfTI
import Volumes

/// Writes what `iris predict` found, each file whole or not at all.
struct PredictionWriter {
    let folder: URL
    let probabilities, uncertainty: Bool

    /// Makes the folders.
    ///
    /// - Parameter inputs: files that are read; names of cases do no harm.
    /// - Throws: `UsageError` when two queries would be written to one file, or an input would be overwritten.
    func prepare(for names: [String], inputs: [String]) throws {
        var seen: Set<String> = []
        for name in names {
            guard seen.insert(name).inserted else {
                throw UsageError("two queries would be written as \(name).nii.gz. Predict them into different folders.")
            }
        }
        let own = Set(names.map { file($0).standardizedFileURL.resolvingSymlinksInPath().path })
        for input in inputs where own.contains(URL(filePath: input).standardizedFileURL.resolvingSymlinksInPath().path)
        {
            throw UsageError("\(input): would be overwritten by a label map. Choose another --output.")
        }
        var folders = [folder]
        if probabilities { folders += names.map { folder.appending(path: "probabilities/\($0)") } }
        if uncertainty { folders.append(folder.appending(path: "uncertainty")) }
        for folder in folders {
            do { try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true) } catch {
                throw UsageError("\(folder.path): cannot be made (\(error)). Choose another --output.")
            }
        }
    }

    /// Writes the files of one query.
    ///
    /// - Returns: the label map's path below the folder.
    func write(_ result: Segmentation, labels: LabelMap, of query: Query) throws -> String {
        if probabilities {
            for (place, entry) in result.classes.enumerated() {
                let path = folder.appending(path: "probabilities/\(query.name)/\(entry.value).nii.gz").path
                try NIfTIWriter.write(
                    result.probability(of: place, query: query), to: path, gzip: true, description: "p(\(entry.name))")
            }
        }
        if let uncertainty = result.uncertainty(of: query) {
            let path = folder.appending(path: "uncertainty/\(query.name).nii.gz").path
            try NIfTIWriter.write(uncertainty, to: path, gzip: true, description: "entropy, bits")
        }
        // Last, so that a label map means that all is there.
        try NIfTIWriter.write(labels, to: file(query.name).path, gzip: true, description: "iris predict")
        return file(query.name).lastPathComponent
    }

    func write(_ record: PredictionRecord) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        var data = try encoder.encode(record)
        data.append(UInt8(ascii: "\n"))
        try data.write(to: folder.appending(path: "prediction.json"), options: .atomic)
    }

    private func file(_ name: String) -> URL { folder.appending(path: "\(name).nii.gz") }
}
