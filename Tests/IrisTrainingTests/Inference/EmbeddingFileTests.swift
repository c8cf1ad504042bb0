import FoundationEssentials
import IrisTraining
import Metrics
import Tensors
import Testing
import Volumes

@Suite(.serialized) struct EmbeddingFileTests {
    private let file = FileManager.default.temporaryDirectory.appending(path: "iris-\(UUID().uuidString).safetensors")

    @Test func embeddingsComeBackAsTheyWere() throws {
        defer { try? FileManager.default.removeItem(at: file) }
        let predictor = try InferenceToy.predictor()
        let shape = try GridShape(20, 16, 16)
        var encoded = try (0..<2).map {
            try predictor.encode(
                InferenceToy.reference($0, shape), classes: InferenceToy.classes, describingImage: $0 == 1)
        }
        encoded[0].sources = [FileDigest(path: "a/b.nii.gz", digest: "01ab")]
        try EmbeddingFile(encoded).write(to: file, by: predictor)
        let read = try EmbeddingFile(contentsOf: file, for: predictor)
        #expect(read.references == encoded && read.tuning == nil)
        #expect(read.references[1].descriptor?.count == 16 && read.references[0].descriptor == nil)
        // The same weights from elsewhere are the same model.
        #expect(try EmbeddingFile(contentsOf: file, for: InferenceToy.predictor()).references == encoded)
    }

    @Test func anotherModelsEmbeddingsAreRefused() throws {
        defer { try? FileManager.default.removeItem(at: file) }
        let predictor = try InferenceToy.predictor(), other = try InferenceToy.predictor(seed: 4)
        let encoded = try predictor.encode(
            InferenceToy.reference(0, try GridShape(16, 16, 16)), classes: InferenceToy.classes)
        try EmbeddingFile([encoded]).write(to: file, by: predictor)
        #expect(
            throws: InferenceError.embeddings(
                file: file.path,
                problem: "was made with another model (the model). Encode the references again with the model.")
        ) { try EmbeddingFile(contentsOf: file, for: other) }
    }

    @Test func otherFilesAreRefused() throws {
        defer { try? FileManager.default.removeItem(at: file) }
        let predictor = try InferenceToy.predictor()
        try predictor.network.checkpoint().write(to: file)
        #expect(
            throws: InferenceError.embeddings(
                file: file.path,
                problem:
                    "expected embeddings (iris-embeddings-1) but found iris-model-2. Name a file of iris encode or iris tune."
            )
        ) { try EmbeddingFile(contentsOf: file, for: predictor) }
        // A tensor of another size than its entry says.
        let encoded = try predictor.encode(
            InferenceToy.reference(0, try GridShape(16, 16, 16)), classes: InferenceToy.classes)
        try EmbeddingFile([encoded]).write(to: file, by: predictor)
        var damaged = try SafeTensors(contentsOf: file)
        damaged.tensors["embedding.0"] = Tensor(zeros: [2, 1, 16])
        try damaged.write(to: file)
        #expect(
            throws: InferenceError.embeddings(
                file: file.path,
                problem: "embedding.0 is missing or does not hold 2 x 3 x 16 numbers. Encode the references again.")
        ) { try EmbeddingFile(contentsOf: file, for: predictor) }
    }
}
