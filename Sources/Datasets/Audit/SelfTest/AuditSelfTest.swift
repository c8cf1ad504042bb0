import FoundationEssentials
import Glibc
import Volumes

/// Builds a clean set, injects one fault after the other, and tells which the audit finds.
public struct AuditSelfTest: Sendable {
    /// One injected fault and what the audit said.
    public struct Row: Sendable {
        /// The fault that was injected.
        public let fault: Fault
        /// The case that got the fault.
        public let caseID: String
        /// The codes of findings that the clean set does not have, in the catalogue's order.
        public let found: [FindingCode]
        /// Whether the fault's own code was among those found.
        public var isDetected: Bool { found.contains(fault.expected) }
    }

    /// What all faults came to.
    public struct Outcome: Sendable {
        /// One row for each fault.
        public let rows: [Row]
        /// Errors and warnings about the clean set: there should be none.
        public let falseAlarms: [Finding]
        /// The number of faults that were found.
        public var detected: Int { rows.count { $0.isDetected } }
        /// At most one fault may slip through, and nothing clean may be accused.
        public var passed: Bool { detected >= rows.count - 1 && falseAlarms.isEmpty }
    }

    /// The manifest of AMOS22, whose phantom is the clean set.
    public let manifest: Manifest
    /// The seed of the phantom.
    public let seed: UInt64
    /// The voxel size of the phantom.
    public let size: Phantom.Size
    private static let subjects = 12

    public init(manifest: Manifest, seed: UInt64 = 1, size: Phantom.Size = .tiny) {
        (self.manifest, self.seed, self.size) = (manifest, seed, size)
    }

    /// - Parameters:
    ///   - folder: an existing folder to work in; what is written there is removed again.
    ///   - jobs: files read at once.
    ///   - progress: called after each fault, with those done and all.
    public func run(in folder: URL, jobs: Int, progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }) async throws
        -> Outcome
    {
        let clean = folder.appending(path: "clean"), others = folder.appending(path: "others"),
            work = folder.appending(path: "faulty")
        defer { for one in [clean, others, work] { try? FileManager.default.removeItem(at: one) } }
        try await Phantom(manifest, subjects: Self.subjects, seed: seed, size: size).write(to: clean, jobs: jobs)
        try await Phantom(manifest, subjects: 2, seed: seed &+ 1, size: size).write(to: others, jobs: jobs)
        let baseline = try await Auditor(manifest: manifest, source: clean, options: AuditOptions(digestsFiles: true))
            .run(jobs: jobs)
        let lock = LockFile(baseline)
        let stranger = try manifest.adapter(for: others).cases().cases.first { $0.modality == .mr && $0.label != nil }
        guard let (subject, partner) = Self.alike(baseline.cases), let stranger else {
            throw AuditSelfTestError.noSuitableCases
        }
        let known = Set(baseline.findings.map { Issue($0) })
        var rows: [Row] = []
        for fault in Fault.allCases {
            try? FileManager.default.removeItem(at: work)
            try Self.link(clean, to: work)
            let injection = FaultInjection(
                subject: subject.moved(from: clean, to: work), partner: partner.moved(from: clean, to: work),
                stranger: stranger)
            try injection.inject(fault)
            let report = try await Auditor(
                manifest: manifest, source: work, lock: fault == .bitFlipInVoxels ? lock : nil
            ).run(jobs: jobs)
            let new = report.findings.filter {
                !known.contains(Issue($0)) && $0.code != .splitSum && $0.code != .incompleteCopy
            }
            rows.append(Row(fault: fault, caseID: subject.id, found: Set(new.map(\.code)).sorted()))
            progress(rows.count, Fault.allCases.count)
        }
        return Outcome(rows: rows, falseAlarms: baseline.findings.filter { $0.severity > .information })
    }

    /// What makes two findings the same for the comparison with the clean set.
    private struct Issue: Hashable {
        let code: FindingCode
        let caseID: String?
        init(_ finding: Finding) { (code, caseID) = (finding.code, finding.caseID) }
    }

    /// Two labelled CT cases, of one shape where there are such, so that nothing but the voxels tells their labels apart.
    private static func alike(_ cases: [CaseRecord]) -> (SourceCase, SourceCase)? {
        let usable = cases.filter { $0.source.modality == .ct && $0.label?.classes.count ?? 0 >= 12 }
        for (n, b) in usable.enumerated() {
            if let a = usable[..<n].first(where: { $0.image?.grid.shape == b.image?.grid.shape }) {
                return (a.source, b.source)
            }
        }
        return usable.count >= 2 ? (usable[0].source, usable[1].source) : nil
    }

    /// A copy of a tree made of hard links, which cost nothing.
    private static func link(_ from: URL, to: URL) throws {
        try FileManager.default.createDirectory(at: to, withIntermediateDirectories: true)
        for name in try FileManager.default.contentsOfDirectory(atPath: from.path) {
            let source = from.appending(path: name), target = to.appending(path: name)
            var isFolder = false
            _ = FileManager.default.fileExists(atPath: source.path, isDirectory: &isFolder)
            if isFolder {
                try link(source, to: target)
            } else if Glibc.link(source.path, target.path) != 0 {
                try FileManager.default.copyItem(at: source, to: target)
            }
        }
    }
}

/// Why the self-test cannot run.
public enum AuditSelfTestError: Error, Equatable, Sendable, CustomStringConvertible {
    case noSuitableCases

    public var description: String {
        "self-test: expected two labelled CT cases and a labelled MR case in the phantom but found none. Check the phantom."
    }
}

extension SourceCase {
    /// The same case in another copy of its tree.
    fileprivate func moved(from old: URL, to new: URL) -> SourceCase {
        func moved(_ url: URL) -> URL {
            URL(filePath: url.path.replacing(old.path, with: new.path, maxReplacements: 1))
        }
        var copy = self
        copy.image.file = moved(image.file)
        if case .file(let file, let frame)? = label { copy.label = .file(moved(file), frame: frame) }
        return copy
    }
}
