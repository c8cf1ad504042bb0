import Digests
import FoundationEssentials
import Metrics
import Tensors
import VolumeStore

extension EvaluationProvenance {
    /// Writes down where a result comes from.
    ///
    /// - Parameters:
    ///   - program: name and version.
    ///   - predictor: the model, with what its checkpoint says of its training.
    ///   - checkpoint: the file of the model.
    ///   - ledger: the file that the ledger was written to, named by `ledgerName` in the result.
    ///   - ledgerFile: where the ledger was written.
    ///   - ledgerName: the ledger's path in the result.
    ///   - store: whose cases took part.
    public init(
        program: String, predictor: Predictor, checkpoint: URL, ledger: EvaluationLedger, ledgerFile: URL,
        ledgerName: String, store: VolumeStore
    ) throws {
        let metadata = try SafeTensors(contentsOf: checkpoint).metadata
        var cases: [Case] = []
        for entry in Set(ledger.queries + ledger.references).sorted(by: { $0.key < $1.key }) {
            guard let record = try store.record(of: entry.key) else {
                throw EvaluationError.otherCase("\(entry.key)", problem: "the store no longer holds it")
            }
            cases.append(
                Case(
                    dataset: entry.dataset, name: entry.name, image: entry.image, label: entry.label,
                    sources: record.sources.map { FileDigest(path: $0.path, digest: $0.digest.hexadecimal) }))
        }
        var preparations: [String: [String]] = [:]
        for dataset in Set(cases.map(\.dataset)) {
            preparations[dataset] = try store.configurations(of: dataset).map(\.hexadecimal)
        }
        self.init(
            program: program,
            checkpoint: FileDigest(path: checkpoint.standardizedFileURL.path, digest: try fileDigest(checkpoint)),
            model: predictor.modelDigest.hexadecimal,
            training: Training(
                run: try Self.runFile(of: checkpoint).map {
                    FileDigest(path: $0.standardizedFileURL.path, digest: try fileDigest($0))
                },
                configuration: metadata["configuration"].map { SHA256Digest(of: $0).hexadecimal },
                episodes: metadata["episodes"], store: metadata["store"]),
            ledger: FileDigest(path: ledgerName, digest: try fileDigest(ledgerFile)),
            store: Store(
                folder: store.folder.path, digest: try store.catalogue().digest.hexadecimal,
                preparations: preparations),
            cases: cases)
    }

    /// The `run.json` of the run that wrote a checkpoint: beside it, or beside the folder of numbered checkpoints.
    static func runFile(of checkpoint: URL) -> URL? {
        let folder = checkpoint.deletingLastPathComponent()
        return [folder, folder.deletingLastPathComponent()].map { $0.appending(path: "run.json") }
            .first { FileManager.default.fileExists(atPath: $0.path) }
    }
}
