import Volumes

/// Why something cannot be predicted.
public enum InferenceError: Error, Equatable, Sendable, CustomStringConvertible {
    case unlabelled(name: String)
    case otherGrid(name: String, image: GridShape, labels: GridShape)
    /// No class that is asked for occurs in the references.
    case nothingToSegment(asked: [TaskClass], shown: [UInt8])
    case noReference(strategy: Strategy)
    case noMemoryBank(file: String)
    case notInBank(asked: [TaskClass], dataset: String, known: [String])
    case noDescriptor(name: String)
    case tooFewForTuning(found: Int)
    case checkpoint(file: String, problem: String)
    case embeddings(file: String, problem: String)
    case notFinite(name: String)
    case noFilePair(found: String)
    case quarantined(name: String)
    /// Label values of another dataset mean other structures.
    case otherDataset(name: String, dataset: String)
    /// No window of the references that were held out, or of the others, shows a class that is wanted.
    case nothingToTune(heldOut: Bool, names: [String])

    public var description: String {
        switch self {
        case .unlabelled(let name):
            "\(name): expected a labelled case but found no labels. Choose a labelled case as reference."
        case .otherGrid(let name, let image, let labels):
            """
            \(name): the image has \(Self.text(image)) voxels but its labels \(Self.text(labels)). Resample the labels onto \
            the image's grid by nearest neighbour.
            """
        case .nothingToSegment(let asked, let shown):
            """
            none of the classes asked for (\(asked.map(\.description).joined(separator: ", "))) is in a reference; they show \
            \(shown.isEmpty ? "nothing" : "the values " + shown.map { "\($0)" }.joined(separator: ", ")). Name other classes \
            or other references.
            """
        case .noReference(let strategy):
            "\(strategy.rawValue) needs at least one labelled reference but found none. Name one, or use memory-bank."
        case .noMemoryBank(let file):
            "\(file): holds no memory bank. Train with memoryBankDecay above 0, or name references."
        case .notInBank(let asked, let dataset, let known):
            """
            the memory bank has none of \(asked.map(\.description).joined(separator: ", ")) of \(dataset); it knows \
            \(known.joined(separator: ", ")). Name another dataset or other classes, or give references.
            """
        case .noDescriptor(let name):
            """
            \(name): its embedding was stored without the whole image's features, which image-retrieval compares. Encode it \
            again with --describe-images.
            """
        case .tooFewForTuning(let found):
            """
            tuning needs at least 2 labelled references, so that one can be held out to stop early, but found \(found). Name \
            more, or use ensemble.
            """
        case .checkpoint(let file, let problem), .embeddings(let file, let problem): "\(file): \(problem)"
        case .notFinite(let name):
            """
            \(name): the network's output is not a number. Compute in float32, or use an earlier checkpoint.
            """
        case .noFilePair(let found):
            """
            \(found): expected IMAGE:LABEL with two existing files. Check both paths; a case of a store needs --store.
            """
        case .otherDataset(let name, let dataset):
            """
            \(name): is not of \(dataset), and label values of another dataset mean other structures. Name cases of \(dataset), \
            or another --dataset.
            """
        case .nothingToTune(let heldOut, let names):
            """
            none of the references that tuning \(heldOut ? "is judged by" : "learns from") (\(names.joined(separator: ", "))) \
            shows a class that is wanted. Name other references, or put them in another order: the last are held out.
            """
        case .quarantined(let name):
            "\(name): was set aside when its dataset was prepared. iris store show says why; choose another case."
        }
    }

    private static func text(_ shape: GridShape) -> String { "\(shape.i) x \(shape.j) x \(shape.k)" }
}
