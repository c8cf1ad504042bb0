import ArgumentParser
import FoundationEssentials
import IrisTraining
import Metrics
import Tensors

/// `iris encode`: references as task embeddings in a file.
struct Encode: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Encode labelled examples once, for any number of predictions.",
        discussion: """
            The file holds an embedding per reference and class with names and digests; iris predict --embeddings segments \
            by it with no reference at hand, and refuses it for another model.

            Example:
              iris encode --checkpoint best.safetensors --reference a.nii.gz:a_seg.nii.gz --output a.safetensors
            """)

    @OptionGroup var options: InferenceOptions

    @Flag(help: "Describe the whole images too, which image-retrieval compares.") var describeImages = false

    @Option(help: "File to write.", completion: .file(extensions: ["safetensors"])) var output: String

    @Flag(help: "Print one JSON document.") var json = false

    func validate() throws {
        guard !options.reference.isEmpty else { throw ValidationError("Name at least one --reference.") }
    }

    private struct Report: Encodable {
        struct Entry: Encodable {
            let name: String
            let classes: [TaskClass]
            let sources: [FileDigest]
        }
        let file: String
        let model: String
        let references: [Entry]
        let work: Predictor.Work
    }

    func run() throws {
        ThreadPolicy.applyShortSpin()
        let session = try InferenceSession(options)
        let encoded = try session.encode(describingImages: describeImages).encoded
        try EmbeddingFile(encoded).write(to: URL(filePath: output), by: session.predictor)
        Terminal.writeError(session.predictor.work.line + "\n")
        if json {
            return try JSONOutput.print(
                Report(
                    file: output, model: session.predictor.modelDigest.hexadecimal,
                    references: encoded.map {
                        .init(name: $0.name, classes: $0.embeddings.classes, sources: $0.sources)
                    },
                    work: session.predictor.work))
        }
        var table = Table([.longText("reference"), .longText("classes")])
        for reference in encoded {
            let classes = reference.embeddings.classes.map(\.description).joined(separator: ", ")
            table.add([reference.name, classes.isEmpty ? "none" : classes])
        }
        table.printFitted()
    }
}
