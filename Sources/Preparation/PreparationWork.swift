import Datasets
import Digests
import FoundationEssentials
import VolumeStore

/// The part of a preparation that runs on many threads: looks at one case after the other.
struct PreparationWork: Sendable {
    let preparation: CasePreparation
    let writer: StoreWriter
    let checksSources: Bool

    enum Outcome: Sendable {
        case unchanged
        /// Ready to be committed; with the number of source voxels.
        case staged(StagedCase, sourceVoxels: Int)
        case refused(CaseRefusal, QuarantinedCase)
    }

    /// Prepares a case unless the store holds it already.
    @Sendable func prepare(_ source: SourceCase) async throws -> Outcome {
        try Task.checkCancellation()
        let key = CaseKey(dataset: preparation.dataset, name: source.id)
        let known = try writer.store.record(of: key)
        if let known, try isUpToDate(known, source) { return .unchanged }
        do {
            let content = try preparation.prepare(source)
            let staged = try content.image.withView {
                try writer.stage(content.description, image: $0, labels: content.labels)
            }
            return .staged(staged, sourceVoxels: content.sourceVoxels)
        } catch let refusal as CaseRefusal {
            return .refused(
                refusal,
                QuarantinedCase(
                    key: key, subject: source.subject, modality: source.modality.rawValue,
                    officialSplit: CaseSplit(source.officialSplit), paperSplit: CaseSplit(source.paperSplit),
                    configurationDigest: preparation.configuration.digest, reason: refusal.description,
                    findings: [refusal.finding]))
        }
    }

    /// Whether the store holds the case as this run would make it.
    private func isUpToDate(_ known: StoredCase, _ source: SourceCase) throws -> Bool {
        guard case .prepared(let prepared) = known.status,
            known.configurationDigest == preparation.configuration.digest,
            known.subject == source.subject, known.modality == source.modality.rawValue,
            known.officialSplit == CaseSplit(source.officialSplit), known.paperSplit == CaseSplit(source.paperSplit),
            writer.store.holds(prepared, key: known.key)
        else { return false }
        let wanted = source.files.map { SourceReader.path($0, below: preparation.folder) }
        guard Set(wanted) == Set(known.sources.map(\.path)) else { return false }
        for file in source.files {
            let path = SourceReader.path(file, below: preparation.folder)
            guard let earlier = known.sources.first(where: { $0.path == path }), let stamp = try? SourceFileStamp(file)
            else { return false }
            if !checksSources, stamp.bytes == earlier.bytes, stamp.modified == earlier.modified { continue }
            // Touched or copied files often have the same content.
            guard let data = try? Data(contentsOf: file, options: .alwaysMapped),
                data.withUnsafeBytes({ SHA256Digest(of: $0) }) == earlier.digest
            else { return false }
        }
        return true
    }

    /// Sets aside a case that the adapter could not put together.
    func quarantine(_ problem: LayoutProblem, modality: ModalityRule) throws -> PreparationSummary.Refused {
        let name = problem.caseID!
        let number = Int(name.reversed().prefix { $0.isNumber }.reversed().map(String.init).joined())
        let file = SourceReader.path(URL(filePath: problem.file), below: preparation.folder)
        let refusal = CaseRefusal(
            problem.code, file: file, expected: problem.expected, found: problem.found,
            fix: problem.fix)
        try writer.quarantine(
            QuarantinedCase(
                key: CaseKey(dataset: preparation.dataset, name: name), subject: name,
                modality: (modality.modality(number: number) ?? .other).rawValue,
                configurationDigest: preparation.configuration.digest, reason: refusal.description,
                findings: [refusal.finding]))
        return .init(name: name, code: refusal.code.rawValue, reason: refusal.description)
    }
}
