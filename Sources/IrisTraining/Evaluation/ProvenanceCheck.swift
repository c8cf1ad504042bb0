import Datasets
import Digests
import FoundationEssentials
import Metrics
import Tensors
import VolumeStore

/// The chain from a result to source files, each link compared with what is there now.
public struct ProvenanceCheck: Sendable, Encodable {
    /// One thing that the result hangs on.
    public struct Link: Sendable, Encodable {
        /// What a comparison came to.
        public enum Status: String, Sendable, Encodable {
            case verified
            /// Something is not what it was.
            case broken
            /// Nothing to compare with was named.
            case unchecked
        }
        /// What was compared.
        public let name: String
        /// The file or folder, and how many files it stands for.
        public let what: String
        /// The digest that the result names; `nil` where there are several.
        public let digest: String?
        /// What the comparison came to.
        public let status: Status
        /// What differs, or why nothing was checked.
        public let problem: String?
    }

    /// Every comparison, in order.
    public let links: [Link]

    /// Whether no link is broken.
    public var holds: Bool { !links.contains { $0.status == .broken } }

    /// Where things lie now, when not where the result says.
    public struct Places: Sendable {
        /// The checkpoint's file, when not where the result says.
        public var checkpoint: URL?
        /// The store's folder, when not where the result says.
        public var store: URL?
        /// The source folders, by dataset.
        public var sources: [String: URL] = [:]

        public init() {}
    }

    /// Compares every link.
    ///
    /// - Throws: `EvaluationFileError` when the file holds no result, ``EvaluationError/otherSource(_:known:)`` when `places` names
    ///   a dataset that the result does not know.
    public init(of file: URL, places: Places = Places()) throws {
        let (result, isIntact) = try EvaluationFile.read(file)
        let folder = file.deletingLastPathComponent(), provenance = result.provenance
        let known = Set(provenance.cases.map(\.dataset))
        if let stranger = places.sources.keys.sorted().first(where: { !known.contains($0) }) {
            throw EvaluationError.otherSource(stranger, known: known.sorted())
        }
        var links = [
            Link(
                name: "result", what: file.path, digest: nil, status: isIntact ? .verified : .broken,
                problem: isIntact ? nil : "the file was changed after it was written")
        ]
        let predictions = result.runs.compactMap(\.prediction)
        if !predictions.isEmpty { links.append(Self.files("predictions", predictions, below: folder)) }
        links.append(
            Self.file("ledger", provenance.ledger, at: folder.appending(path: provenance.ledger.path), below: folder))
        let checkpoint = places.checkpoint ?? URL(filePath: provenance.checkpoint.path)
        links.append(Self.file("checkpoint", provenance.checkpoint, at: checkpoint))
        links.append(Self.configuration(provenance.training, checkpoint: checkpoint))
        links += Self.store(provenance, at: places.store ?? URL(filePath: provenance.store.folder))
        links += Self.sources(provenance, places.sources)
        self.links = links
    }

    private static func file(_ name: String, _ expected: FileDigest, at url: URL, below folder: URL? = nil) -> Link {
        let problem =
            folder.map { Self.problem(of: expected, below: $0) } ?? Self.problem(of: url, expected.digest)
        return Link(
            name: name, what: url.path, digest: expected.digest, status: problem == nil ? .verified : .broken,
            problem: problem)
    }

    private static func files(_ name: String, _ expected: [FileDigest], below folder: URL) -> Link {
        let problems = expected.compactMap { entry in
            problem(of: entry, below: folder).map { "\(entry.path): \($0)" }
        }
        return Link(
            name: name, what: "\(folder.path) (\(expected.count) files)", digest: nil,
            status: problems.isEmpty ? .verified : .broken, problem: summary(problems))
    }

    /// The same of a file in `folder`: what a result names is read nowhere else.
    private static func problem(of entry: FileDigest, below folder: URL) -> String? {
        guard SafePath(entry.path) != nil else { return "expected a path below \(folder.path)" }
        return problem(of: folder.appending(path: entry.path), entry.digest)
    }

    /// What is wrong with a file; `nil` when its digest is the expected one.
    private static func problem(of url: URL, _ expected: String) -> String? {
        guard let found = try? fileDigest(url) else { return "expected a file of digest \(expected.short), found none" }
        return found == expected ? nil : "expected the digest \(expected.short), found \(found.short)"
    }

    /// The training configuration: what the checkpoint says of it now, and the run's own record.
    private static func configuration(_ training: EvaluationProvenance.Training, checkpoint: URL) -> Link {
        var problems: [String] = []
        if let metadata = (try? SafeTensors(contentsOf: checkpoint))?.metadata {
            for (name, expected, found) in [
                (
                    "configuration", training.configuration,
                    metadata["configuration"].map { SHA256Digest(of: $0).hexadecimal }
                ),
                ("episodes", training.episodes, metadata["episodes"]), ("store", training.store, metadata["store"]),
            ] where expected != found {
                problems.append(
                    "the checkpoint names \(name) \(found?.short ?? "none") instead of \(expected?.short ?? "none")")
            }
        } else {
            problems.append("the checkpoint cannot be read")
        }
        if let run = training.run {
            let place = EvaluationProvenance.runFile(of: checkpoint) ?? URL(filePath: run.path)
            if let problem = problem(of: place, run.digest) { problems.append("\(place.path): \(problem)") }
        }
        return Link(
            name: "configuration", what: training.run?.path ?? "in the checkpoint", digest: training.configuration,
            status: problems.isEmpty ? .verified : .broken, problem: summary(problems))
    }

    /// The store's index, the prepared files of the cases that took part, and the preparation configurations.
    private static func store(_ provenance: EvaluationProvenance, at folder: URL) -> [Link] {
        let expected = provenance.store
        guard let store = try? VolumeStore.open(at: folder, mode: .read), let catalogue = try? store.catalogue() else {
            return [
                Link(
                    name: "store", what: folder.path, digest: expected.digest, status: .broken,
                    problem: "expected a store, found none that can be opened")
            ]
        }
        let found = catalogue.digest.hexadecimal
        let index = Link(
            name: "store", what: folder.path, digest: expected.digest,
            status: found == expected.digest ? .verified : .broken,
            problem: found == expected.digest
                ? nil : "expected the digest \(expected.digest.short), found \(found.short)")
        let files = provenance.cases.flatMap { entry in
            let place = "volumes/\(entry.dataset)/\(entry.name)"
            return [FileDigest(path: "\(place)/image.nii", digest: entry.image)]
                + (entry.label.map { [FileDigest(path: "\(place)/label.nii", digest: $0)] } ?? [])
        }
        var problems: [String] = []
        for (dataset, digests) in expected.preparations.sorted(by: { $0.key < $1.key }) {
            for digest in digests {
                let text = SHA256Digest(hexadecimal: digest).flatMap { try? store.configuration($0) }
                if text.map({ SHA256Digest(of: $0).hexadecimal }) != digest {
                    problems.append("\(dataset): the configuration \(digest.short) is not in the store as it was")
                }
            }
        }
        return [
            index, self.files("prepared files", files, below: folder),
            Link(
                name: "preparation", what: "configurations in the store's index", digest: nil,
                status: problems.isEmpty ? .verified : .broken, problem: summary(problems)),
        ]
    }

    private static func sources(_ provenance: EvaluationProvenance, _ folders: [String: URL]) -> [Link] {
        Dictionary(grouping: provenance.cases, by: \.dataset).sorted { $0.key < $1.key }.map { dataset, cases in
            // A file may hold several cases, such as the frames of a series.
            let files = Set(cases.flatMap(\.sources)).sorted { $0.path < $1.path }
            guard let folder = folders[dataset] else {
                return Link(
                    name: "sources of \(dataset)", what: "\(files.count) files", digest: nil, status: .unchecked,
                    problem: "name their folder with --source \(dataset)=DIR")
            }
            return self.files("sources of \(dataset)", files, below: folder)
        }
    }

    /// The first of some problems, and how many there are.
    private static func summary(_ problems: [String]) -> String? {
        guard let first = problems.first else { return nil }
        return problems.count == 1 ? first : "\(first); and \(problems.count - 1) more"
    }
}

extension String {
    /// The beginning of a digest, enough to tell it from others by eye.
    fileprivate var short: String { String(prefix(12)) }
}
