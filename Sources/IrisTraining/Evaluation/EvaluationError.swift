import Configuration

/// Why a model cannot be evaluated.
public enum EvaluationError: Error, Equatable, Sendable, CustomStringConvertible {
    case noQueries(split: String, list: String, known: [String])
    case noReferences(dataset: String, modality: String, splits: [String])
    case noOtherSubject(case: String)
    case unknownDataset(String, known: [String])
    case otherSource(String, known: [String])
    case otherCase(String, problem: String)
    case inconsistent(String)
    case otherSetting(file: String, name: String, expected: String, found: String)
    case ledger(file: String, problem: String)

    public var description: String {
        switch self {
        case .noQueries(let split, let list, let known):
            """
            no labelled case of the store is in the part \(split) of the \(list) split; there are labelled cases in \
            \(known.isEmpty ? "none" : known.joined(separator: ", ")). Choose another with --split, or the other list with --split-list.
            """
        case .noReferences(let dataset, let modality, let splits):
            """
            \(dataset): no labelled \(modality) case is in the parts \(splits.joined(separator: ", ")), which give references. Choose others with \
            --reference-split.
            """
        case .noOtherSubject(let name):
            "\(name): every reference case is of the query's own subject. Choose another part with --reference-split."
        case .unknownDataset(let name, let known):
            "the store has no dataset \(name); it has \(known.joined(separator: ", ")). Name one of these."
        case .otherSource(let name, let known):
            """
            the result knows no dataset \(name); it has \(known.joined(separator: ", ")).\
            \(nearestName(to: name, among: known).map { " Did you mean \($0)?" } ?? "")
            """
        case .otherCase(let name, let problem):
            """
            \(name): the ledger was drawn from other data: \(problem). Use the store that it was drawn from, or draw a new \
            ledger.
            """
        case .inconsistent(let problem):
            "the ledger contradicts itself: \(problem). Use it as iris evaluate wrote it, or draw a new one."
        case .otherSetting(let file, let name, let expected, let found):
            """
            \(file): the ledger was drawn with \(name) \(expected), but \(found) is asked for. Leave the option out, or name a \
            file that does not exist yet to draw a new one.
            """
        case .ledger(let file, let problem): "\(file): \(problem) Name a file that iris evaluate wrote, or a new one."
        }
    }
}
