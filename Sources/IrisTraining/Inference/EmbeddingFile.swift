import Digests
import FoundationEssentials
import Metrics
import Tensors

/// Encoded references in a safetensors file, so that queries can be segmented without any reference at hand.
///
/// Tensors: `embedding.<n>` K, m + 1, E and, where the whole image was described, `descriptor.<n>` C for reference n from 0.
/// Metadata: `format`, `model` (``Predictor/modelDigest``), `checkpoint` (its file name), `references` (a JSON list of
/// names, classes and source files with digests) and, of tuned embeddings, `tuning` (what ``TuningResult`` says, as JSON).
public struct EmbeddingFile: Sendable {
    /// The format of embedding files.
    public static let format = "iris-embeddings-1"

    /// The references that were encoded.
    public var references: [EncodedReference]
    /// How the embeddings were tuned; `nil` when they are as the encoder made them.
    public var tuning: TuningResult.Summary?

    public init(_ references: [EncodedReference], tuning: TuningResult.Summary? = nil) {
        (self.references, self.tuning) = (references, tuning)
    }

    private struct Entry: Codable {
        let name: String
        let classes: [TaskClass]
        let sources: [FileDigest]
    }

    /// Writes the file whole or not at all.
    ///
    /// - Parameters:
    ///   - url: the file.
    ///   - predictor: the one that encoded the references.
    public func write(to url: URL, by predictor: Predictor) throws {
        var file = SafeTensors(metadata: [
            "format": Self.format, "model": predictor.modelDigest.hexadecimal,
            "checkpoint": URL(filePath: predictor.file).lastPathComponent,
            "references": try canonicalJSON(
                references.map { Entry(name: $0.name, classes: $0.embeddings.classes, sources: $0.sources) }),
        ])
        if let tuning { file.metadata["tuning"] = try canonicalJSON(tuning) }
        for (number, reference) in references.enumerated() {
            let embeddings = reference.embeddings
            file.tensors["embedding.\(number)"] = Tensor(
                embeddings.values, shape: [embeddings.classes.count, embeddings.tokens, embeddings.width])
            if let descriptor = reference.descriptor {
                file.tensors["descriptor.\(number)"] = Tensor(descriptor, shape: [descriptor.count])
            }
        }
        try file.write(to: url)
    }

    /// Reads a file.
    ///
    /// - Parameters:
    ///   - url: the file.
    ///   - predictor: the one that will segment by the embeddings.
    /// - Throws: `SafeTensorsError`, or ``InferenceError/embeddings(file:problem:)`` when the file holds no embeddings, or
    ///   those of another model.
    public init(contentsOf url: URL, for predictor: Predictor) throws {
        let file = try SafeTensors(contentsOf: url)
        func fail(_ problem: String) -> InferenceError { .embeddings(file: url.path, problem: problem) }
        guard file.metadata["format"] == Self.format else {
            throw fail(
                "expected embeddings (\(Self.format)) but found \(file.metadata["format"] ?? "other tensors"). Name a file of iris encode or iris tune."
            )
        }
        guard file.metadata["model"] == predictor.modelDigest.hexadecimal else {
            throw fail(
                "was made with another model (\(file.metadata["checkpoint"] ?? "unknown")). Encode the references again with \(predictor.file)."
            )
        }
        let entries: [Entry]
        do {
            entries = try JSONDecoder().decode([Entry].self, from: Data((file.metadata["references"] ?? "").utf8))
            tuning = try file.metadata["tuning"].map {
                try JSONDecoder().decode(TuningResult.Summary.self, from: Data($0.utf8))
            }
        } catch { throw fail("the metadata cannot be read: \(error). Encode the references again.") }
        guard !entries.isEmpty else { throw fail("expected references but found none. Encode some.") }
        let (tokens, width) = (predictor.tokens, predictor.width)
        references = try entries.enumerated().map { number, entry in
            guard let tensor = file.tensors["embedding.\(number)"],
                tensor.shape == [entry.classes.count, tokens, width], !entry.classes.contains(where: { $0.value == 0 }),
                Set(entry.classes.map(\.value)).count == entry.classes.count, tensor.isFinite
            else {
                throw fail(
                    "embedding.\(number) is missing or does not hold \(entry.classes.count) x \(tokens) x \(width) numbers. Encode the references again."
                )
            }
            let descriptor = file.tensors["descriptor.\(number)"]
            let channels = predictor.network.configuration.channels.last!
            guard descriptor.map({ $0.shape == [channels] && $0.isFinite }) ?? true else {
                throw fail("descriptor.\(number) does not hold \(channels) numbers. Encode the references again.")
            }
            return EncodedReference(
                name: entry.name,
                embeddings: TaskEmbeddings(classes: entry.classes, tokens: tokens, width: width, values: tensor.values),
                descriptor: descriptor?.values, sources: entry.sources)
        }
    }
}
