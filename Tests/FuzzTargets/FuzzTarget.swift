import Configuration
import Datasets
import Episodes
import FoundationEssentials
import NIfTI
import Tensors
import Volumes

/// A reader of bytes that may come from anywhere. Whatever it is given, it ends with a value or with an error.
///
/// What can be read must also be usable: images give their voxels, plans print as themselves, and so on.
public enum FuzzTarget: String, CaseIterable, Sendable {
    /// An uncompressed NIfTI file.
    case nifti
    /// A `.nii.gz` file.
    case gzip
    /// The text of a dataset's manifest.
    case manifest
    /// One line of an episode plan.
    case plan
    case safetensors
    /// The resume token of a stream.
    case token

    /// How an input ended.
    public enum Outcome: Sendable, Equatable { case read, refused }

    /// Reads `bytes` as this target's format.
    public func read(_ bytes: [UInt8]) -> Outcome {
        do {
            switch self {
            case .nifti: try Self.readImage(bytes, ending: ".nii")
            case .gzip: try Self.readImage(bytes, ending: ".nii.gz")
            case .manifest: try Self.readManifest(String(decoding: bytes, as: UTF8.self))
            case .plan: try Self.readPlan(String(decoding: bytes, as: UTF8.self))
            case .safetensors:
                let file = try SafeTensors(Data(bytes), file: "fuzz.safetensors")
                for (name, tensor) in file.tensors {
                    precondition(
                        tensor.values.count == tensor.shape.reduce(1, *), "\(name) has values of another shape")
                }
            case .token:
                let token = try ResumeToken(String(decoding: bytes, as: UTF8.self))
                precondition(try! ResumeToken(token.description) == token, "a token does not print as itself")
            }
            return .read
        } catch {
            precondition(!"\(error)".isEmpty, "an error without a text")
            return .refused
        }
    }

    /// Small enough for many thousand inputs a second, large enough for every branch.
    private static let limits = NIfTILimits(voxels: 1 << 16, bytes: 1 << 18, voxelOffset: 1 << 14)

    private static func readImage(_ bytes: [UInt8], ending: String) throws {
        let file = FileManager.default.temporaryDirectory.appending(
            path: "iris-fuzz-\(ProcessInfo.processInfo.processIdentifier)\(ending)")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data(bytes).write(to: file)
        _ = try? NIfTIFile.readHeader(at: file.path, limits: limits)
        let image = try NIfTIFile.read(at: file.path, limits: limits)
        let header = image.header
        precondition(header.voxelCount <= limits.voxels && header.voxelBytes <= limits.bytes, "limits were passed over")
        let summary = image.summary(digest: true)
        precondition(summary.nonFinite <= header.voxelCount, "more voxels than there are")
        for frame in [0, header.frameCount - 1] {
            precondition(image.scaledFloats(frame: frame).count == header.grid.shape.count, "a frame of another shape")
            _ = try? image.labelMap(frame: frame)
            _ = image.int16Volume(frame: frame)?.reoriented(to: .ras)
        }
    }

    private static let structures = Result { try ManifestLibrary.standard().structures }

    private static func readManifest(_ text: String) throws {
        // Without them every input would be refused, and the fuzzer would find nothing.
        let structures = try! structures.get()
        let manifest = try Manifest(text: text, file: "fuzz.yaml", structures: structures) { path in
            precondition(!path.hasPrefix("/") && !path.split(separator: "/").contains(".."), "\(path) leads elsewhere")
            return #"{"train": ["a"], "test": ["b"]}"#
        }
        precondition(!manifest.name.isEmpty, "a manifest without a name")
    }

    private static func readPlan(_ text: String) throws {
        let plan = try EpisodePlan(json: text)
        precondition(try! EpisodePlan(json: plan.json) == plan, "a plan does not print as itself")
        for patch in plan.references.map(\.patch) + [plan.query] {
            try patch.validate()
            _ = patch.elastic?.displacements()
        }
    }
}
