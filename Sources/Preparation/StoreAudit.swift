import Datasets
import FoundationEssentials
import VolumeStore

/// Audits the volumes of a store, of all its datasets together.
///
/// What the audit checks of a raw tree it checks here of the prepared volumes; besides, files are held against the digests
/// of the index, and scans that two datasets share come to light.
public struct StoreAudit: Sendable {
    /// What audits the volumes.
    public let auditor: CollectionAuditor

    /// Reads the index of a store.
    ///
    /// - Parameters:
    ///   - store: the one to audit.
    ///   - library: gives the structures, and for datasets with a manifest what it says about labels.
    ///   - options: what is looked at.
    public init(of store: VolumeStore, library: ManifestLibrary, options: AuditOptions = AuditOptions()) throws {
        let cases = try store.cases()
        let known = Set(try library.names())
        var locked: [String: LockFile.Entry] = [:]
        let members = try store.datasets().map { dataset -> CollectionAuditor.Member in
            let manifest = known.contains(dataset.name) ? try library.manifest(dataset.name) : nil
            var sources: [SourceCase] = [], findings: [Finding] = []
            for stored in cases where stored.key.dataset == dataset.name {
                switch stored.status {
                case .prepared(let prepared):
                    sources.append(SourceCase(stored, prepared, in: store))
                    for file in [prepared.image, prepared.label].compactMap({ $0 }) {
                        locked[file.path] = LockFile.Entry(size: file.bytes, sha256: file.digest.hexadecimal)
                    }
                case .quarantined:
                    findings += try store.findings(of: stored.key).compactMap { Finding($0, of: stored.key) }
                }
            }
            return CollectionAuditor.Member(
                dataset: dataset.name, classes: dataset.classes.map { ManifestClass($0, manifest: manifest) },
                rules: manifest?.labelRules ?? [], cases: sources, findings: findings)
        }
        auditor = CollectionAuditor(
            name: "store", title: "Prepared volumes of \(members.count) datasets", root: store.folder,
            members: members, structures: library.structures, options: options,
            lock: options.headersOnly ? nil : LockFile(dataset: "store", files: locked))
    }
}

extension SourceCase {
    /// A prepared case as the audit looks at it: its volumes are the files.
    fileprivate init(_ stored: StoredCase, _ prepared: PreparedRecord, in store: VolumeStore) {
        self.init(
            dataset: stored.key.dataset, id: stored.key.name, subject: stored.subject,
            modality: Modality(rawValue: stored.modality) ?? .other, officialSplit: Split(stored.officialSplit),
            paperSplit: Split(stored.paperSplit), image: SourceImage(file: URL(filePath: store.path(prepared.image))),
            label: prepared.label.map { .file(URL(filePath: store.path($0))) })
    }
}

extension Split {
    /// `nil` for a case that the list does not name.
    fileprivate init?(_ split: CaseSplit) { self.init(rawValue: split.name) }
}

extension ManifestClass {
    fileprivate init(_ stored: StoredClass, manifest: Manifest?) {
        self.init(
            value: Int(stored.value), name: stored.name, structure: stored.structure,
            side: Side(rawValue: stored.side.rawValue) ?? .none, pairedValue: stored.pairedValue.map { Int($0) },
            mayBeAbsent: manifest?.classes.first { $0.value == Int(stored.value) }?.mayBeAbsent ?? false)
    }
}

extension Finding {
    /// Why a case was set aside. It is known, so it does not make the audit fail.
    fileprivate init?(_ stored: StoredFinding, of key: CaseKey) {
        guard let code = FindingCode(rawValue: stored.code) else { return nil }
        self.init(
            code, severity: Severity(rawValue: stored.severity.rawValue), dataset: key.dataset, case: key.name,
            file: stored.file, expected: stored.expected, found: stored.found, fix: stored.fix)
        acknowledgement = "the case was set aside when the store was made and has no volumes there. \(stored.fix)"
    }
}
