import Digests
import FoundationEssentials

/// Everything that decides the voxels of one episode. It is a pure function of store, configuration, seed and index, and
/// rendering it again gives the same bytes on the same instruction set.
public struct EpisodePlan: Hashable, Sendable, Codable {
    /// The format of plans in JSON, and of the way in which they are drawn.
    public static let format = 1

    /// The format of plans when it was made.
    public let format: Int
    /// SHA-256 of what the store holds, in hexadecimal digits.
    public let store: String
    /// SHA-256 of the configuration's canonical JSON, in hexadecimal digits.
    public let configuration: String
    /// The stream's seed.
    public let seed: UInt64
    /// The episode's number in the stream.
    public let index: UInt64
    /// The dataset that all patches come from.
    public let dataset: String
    /// The modality of the query.
    public let modality: String
    /// The classes of the episode; masks come in this order. The first is the anchor that the episode was drawn for.
    public let classes: [PlannedClass]
    /// Whether the query's case lacks the anchor class.
    public let isNegative: Bool
    /// The labelled examples, one or more.
    public let references: [PlannedReference]
    /// The patch to be segmented.
    public let query: PatchPlan

    public init(
        store: String, configuration: String, seed: UInt64, index: UInt64, dataset: String, modality: String,
        classes: [PlannedClass], isNegative: Bool, references: [PlannedReference], query: PatchPlan
    ) {
        format = Self.format
        (self.store, self.configuration, self.seed, self.index) = (store, configuration, seed, index)
        (self.dataset, self.modality, self.classes, self.isNegative) = (dataset, modality, classes, isNegative)
        (self.references, self.query) = (references, query)
    }
}

/// A class of an episode.
public struct PlannedClass: Hashable, Sendable, Codable {
    /// The label value in the dataset.
    public let value: UInt8
    /// The canonical structure.
    public let structure: String

    public init(value: UInt8, structure: String) { (self.value, self.structure) = (value, structure) }
}

/// A reference of an episode: its patch, and the errors that its masks are given.
public struct PlannedReference: Hashable, Sendable, Codable {
    /// The patient of the reference.
    public let subject: String
    /// The patch to be rendered.
    public let patch: PatchPlan
    /// Applied to the masks after rendering, in order.
    public let maskChanges: [MaskChange]

    public init(subject: String, patch: PatchPlan, maskChanges: [MaskChange]) {
        (self.subject, self.patch, self.maskChanges) = (subject, patch, maskChanges)
    }
}

/// A change of one mask that stands for an annotator's error. It is left out where fewer than `keepAtLeast` voxels would remain.
public struct MaskChange: Hashable, Sendable, Codable {
    /// What is done to a mask, in voxels.
    public enum Kind: Hashable, Sendable, Codable {
        /// Voxels with a face neighbour inside join, `radius` times over.
        case grow(radius: Int)
        /// Voxels with a face neighbour outside leave, `radius` times over. The patch's edge is no neighbour.
        case shrink(radius: Int)
        /// The mask moves by whole voxels along i, j and k; what leaves the patch is lost.
        case shift(offset: SIMD3<Int>)
    }

    /// The mask's place among the episode's classes.
    public let mask: Int
    /// What is done.
    public let kind: Kind
    /// The fewest voxels that must be left; a change that leaves fewer is not made.
    public let keepAtLeast: Int

    public init(mask: Int, kind: Kind, keepAtLeast: Int) {
        (self.mask, self.kind, self.keepAtLeast) = (mask, kind, keepAtLeast)
    }
}

/// Why a plan written earlier cannot be used.
public enum EpisodePlanError: Error, Equatable, Sendable, CustomStringConvertible {
    case unreadable(file: String, line: Int, problem: String)
    case format(found: Int)
    case otherStore(expected: String, found: String)

    public var description: String {
        switch self {
        case .unreadable(let file, let line, let problem):
            "\(file):\(line): expected the plan of an episode as JSON on one line: \(problem). Write it anew with iris episodes plan."
        case .format(let found):
            "expected a plan of format \(EpisodePlan.format) but found \(found). Use the version of iris that wrote it, or plan anew."
        case .otherStore(let expected, let found):
            """
            expected a plan for this store (digest \(expected.prefix(12))) but found one for another (\(found.prefix(12))). \
            Point --store at the store that it was made for, or plan anew.
            """
        }
    }
}

extension EpisodePlan {
    /// The plan on one line of JSON with sorted keys. Reading it back gives an equal plan, and printing that the same bytes.
    public var json: String { canonicalText(self) }

    /// Reads what ``json`` wrote; `file` and `line` are named in complaints.
    ///
    /// - Throws: ``EpisodePlanError``.
    public init(json: String, file: String = "plan", line: Int = 1) throws(EpisodePlanError) {
        struct Version: Decodable { let format: Int }
        let data = Data(json.utf8), decoder = JSONDecoder()
        guard let version = try? decoder.decode(Version.self, from: data) else {
            throw .unreadable(file: file, line: line, problem: "found no number under the key format")
        }
        guard version.format == Self.format else { throw .format(found: version.format) }
        do {
            self = try decoder.decode(EpisodePlan.self, from: data)
        } catch {
            throw .unreadable(file: file, line: line, problem: Self.explain(error))
        }
        do throws(PlanError) { try validate() } catch {
            switch error {
            case .invalid(let field, let found, let expected):
                throw .unreadable(file: file, line: line, problem: "\(field) is \(found) but should be \(expected)")
            }
        }
    }

    private static func explain(_ error: any Error) -> String {
        func place(_ path: [any CodingKey]) -> String { path.map(\.stringValue).joined(separator: ".") }
        return switch error {
        case DecodingError.keyNotFound(let key, let context):
            "the key \(place(context.codingPath + [key])) is missing"
        case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context),
            DecodingError.dataCorrupted(let context):
            "\(place(context.codingPath)): \(context.debugDescription)"
        default: "\(error)"
        }
    }
}
