import Digests
import FoundationEssentials
import GRDB
import Volumes

/// What became of the cases of a store that was merged into another.
public struct StoreMerge: Sendable {
    /// Numbers of prepared cases copied, and of those that were there already with equal content.
    public private(set) var copied = 0, present = 0
    /// Quarantined cases taken over.
    public private(set) var quarantined = 0

    fileprivate mutating func count(_ outcome: Outcome) {
        switch outcome {
        case .copied: copied += 1
        case .present: present += 1
        case .quarantined: quarantined += 1
        case .ignored: break
        }
    }

    fileprivate enum Outcome { case copied, present, quarantined, ignored }
}

extension StoreWriter {
    /// Adds the cases of `other`, checking the digest of every file on the way. Doing it twice changes nothing.
    ///
    /// - Parameters:
    ///   - other: the store whose cases are added.
    ///   - progress: called after each case.
    /// - Throws: `StoreError.cannotMerge`, before anything is written, when a dataset was prepared with another configuration
    ///   or class table, or a case is in both stores with different content; `StoreError.damagedFile` when a file of
    ///   `other` is not what its index says. Cases merged before that stay.
    public func merge(_ other: VolumeStore, progress: () -> Void = {}) throws -> StoreMerge {
        let theirs = try other.cases()
        try checkMergeable(theirs, of: other)
        for record in try other.datasets() { try register(record) }
        for digest in Set(theirs.map(\.configurationDigest)) {
            if let text = try other.configuration(digest) { _ = try register(configuration: text) }
        }
        var merge = StoreMerge()
        for record in theirs {
            merge.count(try take(record, from: other))
            progress()
        }
        return merge
    }

    private func checkMergeable(_ theirs: [StoredCase], of other: VolumeStore) throws {
        let known = Dictionary(uniqueKeysWithValues: try store.datasets().map { ($0.name, $0) })
        for dataset in try other.datasets() {
            if let ours = known[dataset.name], ours.canonicalText != dataset.canonicalText {
                throw StoreError.cannotMerge(
                    "\(other.folder.path): the class table of \(dataset.name) differs from that of \(store.folder.path). "
                        + "Prepare one of them again with the other's manifest.")
            }
            let digests = try Set(store.configurations(of: dataset.name) + other.configurations(of: dataset.name))
            guard digests.count <= 1 else {
                let list = digests.map { $0.hexadecimal.prefix(12) }.sorted().joined(separator: " and ")
                throw StoreError.cannotMerge(
                    "\(other.folder.path): \(dataset.name) was prepared with different configurations (\(list)) than in "
                        + "\(store.folder.path). Prepare one of them again with the other's configuration.")
            }
        }
        for record in theirs {
            guard case .prepared(let prepared) = record.status, let ours = try store.record(of: record.key),
                case .prepared(let present) = ours.status
            else { continue }
            guard present.image.digest == prepared.image.digest, present.label?.digest == prepared.label?.digest else {
                throw StoreError.cannotMerge(
                    "\(record.key): the two stores hold it with different voxels. Find out which source is right and prepare "
                        + "that one again.")
            }
        }
    }

    private func take(_ record: StoredCase, from other: VolumeStore) throws -> StoreMerge.Outcome {
        let ours = try store.record(of: record.key)
        switch record.status {
        case .quarantined(let reason):
            guard ours == nil else { return .ignored }
            try quarantine(
                QuarantinedCase(
                    key: record.key, subject: record.subject, modality: record.modality,
                    officialSplit: record.officialSplit,
                    paperSplit: record.paperSplit, sources: record.sources,
                    configurationDigest: record.configurationDigest,
                    reason: reason, findings: try other.findings(of: record.key)))
            return .quarantined
        case .prepared(let prepared):
            if case .prepared = ours?.status { return .present }
            try commit(stageCopy(of: record, prepared, from: other))
            return .copied
        }
    }

    /// Stages a case of another store from its mapped files, whose digests it checks.
    private func stageCopy(of record: StoredCase, _ prepared: PreparedRecord, from other: VolumeStore) throws
        -> StagedCase
    {
        let opened = try other.open(prepared, key: record.key)
        let description = CaseDescription(
            key: record.key, subject: record.subject, modality: record.modality, officialSplit: record.officialSplit,
            paperSplit: record.paperSplit, sourceGrid: prepared.sourceGrid,
            sourceIntensities: prepared.sourceIntensities,
            quantisation: prepared.quantisation, normalisation: prepared.normalisation, sources: record.sources,
            configurationDigest: record.configurationDigest, findings: try other.findings(of: record.key))
        let staged = try withExtendedLifetime(opened) {
            try stage(
                description, image: VolumeView(grid: prepared.grid, voxels: opened.image.buffer),
                labels: opened.labels.map { try Volume(grid: prepared.grid, voxels: Array($0.buffer)) },
                bricks: opened.bricks != nil)
        }
        for (copy, original) in [(staged.image, prepared.image), (staged.label, prepared.label)] {
            guard let copy, let original, copy.digest != original.digest else { continue }
            throw StoreError.damagedFile(
                other.path(original), expected: "the digest \(original.digest)", found: "\(copy.digest)")
        }
        return staged
    }
}
