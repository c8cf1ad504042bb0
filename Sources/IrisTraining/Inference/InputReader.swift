import Datasets
import FoundationEssentials
import Metrics
import Preparation
import VolumeStore
import Volumes

/// Opens what people name as queries and references: files from anywhere, prepared as the checkpoint says, and cases of a
/// store, which are prepared already.
public struct InputReader {
    private let catalogue: StoreCatalogue?
    private let record: InferenceRecord
    private let checkpoint: String
    private let dataset, modality: String?
    private let storeDataset: String?
    /// Told what preparation found remarkable in a file, such as values that are not finite.
    public var report: (String) -> Void = { _ in }

    /// - Parameters:
    ///   - predictor: the model that images are prepared for.
    ///   - dataset: whose preparation files get; `nil` when the checkpoint knows only one way.
    ///   - modality: of files; `nil` when the checkpoint knows only one.
    ///   - catalogue: where cases are looked up.
    ///   - storeDataset: the only dataset whose cases may be named; `nil` for all.
    public init(
        _ predictor: Predictor, dataset: String? = nil, modality: String? = nil, catalogue: StoreCatalogue? = nil,
        storeDataset: String? = nil
    ) {
        (record, checkpoint) = (predictor.record, predictor.file)
        (self.dataset, self.modality, self.catalogue) = (dataset, modality, catalogue)
        self.storeDataset = storeDataset
    }

    /// A query: an image file or, with a store, a case.
    public func query(_ word: String) throws -> Query {
        guard let catalogue, !FileManager.default.fileExists(atPath: word) else {
            let file = try prepare(URL(filePath: word), labels: nil)
            return Query(
                name: file.name, image: ModelImage(file), sourceGrid: file.sourceGrid, fileGrid: file.fileGrid,
                sources: file.inputs)
        }
        return try query(case: index(of: word, in: catalogue), of: catalogue)
    }

    /// A case of a store as a query.
    public func query(case index: Int, of catalogue: StoreCatalogue) throws -> Query {
        let key = catalogue.key(of: index), opened = try catalogue.open(index)
        // The catalogue lists prepared cases only.
        guard let stored = try catalogue.store.record(of: key), case .prepared(let prepared) = stored.status else {
            throw StoreError.changedSinceOpened("\(key)")
        }
        return Query(
            name: key.name, image: ModelImage(opened), sourceGrid: prepared.sourceGrid, fileGrid: prepared.sourceGrid,
            sources: [Self.input(prepared.image, catalogue)])
    }

    /// A reference: `IMAGE:LABEL` or, with a store, a case.
    public func reference(_ word: String) throws -> (reference: Reference, sources: [FileDigest]) {
        if let (image, labels) = Self.files(word) {
            let file = try prepare(URL(filePath: image), labels: URL(filePath: labels))
            return (try Reference(file), file.inputs)
        }
        guard let catalogue else { throw InferenceError.noFilePair(found: word) }
        return try reference(case: index(of: word, in: catalogue), of: catalogue)
    }

    /// A labelled case of a store as a reference.
    public func reference(case index: Int, of catalogue: StoreCatalogue) throws
        -> (reference: Reference, sources: [FileDigest])
    {
        let key = catalogue.key(of: index), reference = try Reference(catalogue.open(index))
        guard let stored = try catalogue.store.record(of: key), case .prepared(let prepared) = stored.status else {
            throw StoreError.changedSinceOpened("\(key)")
        }
        return (reference, [prepared.image, prepared.label].compactMap { $0 }.map { Self.input($0, catalogue) })
    }

    private func prepare(_ image: URL, labels: URL?) throws -> PreparedFile {
        let file = try record.preparation(dataset: dataset, file: checkpoint).prepare(
            image: image, labels: labels,
            modality: record.modality(named: modality, dataset: dataset, file: checkpoint))
        for finding in file.findings {
            report(
                "\(finding.file ?? image.path): expected \(finding.expected) but found \(finding.found). \(finding.fix)"
            )
        }
        return file
    }

    /// The two files of `IMAGE:LABEL`; names may hold colons themselves. `nil` when no division names two files.
    public static func files(_ word: String) -> (image: String, labels: String)? {
        word.indices.lazy.filter { word[$0] == ":" }.map { colon in
            (String(word[..<colon]), String(word[word.index(after: colon)...]))
        }.first { FileManager.default.fileExists(atPath: $0.0) && FileManager.default.fileExists(atPath: $0.1) }
    }

    private func index(of word: String, in catalogue: StoreCatalogue) throws -> Int {
        // A name that several datasets use means that of the one in question.
        if let storeDataset, let index = catalogue.index(of: CaseKey(dataset: storeDataset, name: word)) {
            return index
        }
        let key = try catalogue.store.record(named: word).key
        guard storeDataset == nil || key.dataset == storeDataset else {
            throw InferenceError.otherDataset(name: "\(key)", dataset: storeDataset!)
        }
        guard let index = catalogue.index(of: key) else { throw InferenceError.quarantined(name: "\(key)") }
        return index
    }

    private static func input(_ file: StoredFile, _ catalogue: StoreCatalogue) -> FileDigest {
        FileDigest(path: catalogue.store.path(file), digest: file.digest.hexadecimal)
    }
}

extension PreparedFile {
    fileprivate var inputs: [FileDigest] {
        sources.map { FileDigest(path: $0.path, digest: $0.digest.hexadecimal) }
    }
}
