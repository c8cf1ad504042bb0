/// Why a store cannot be opened, read or written.
public enum StoreError: Error, Equatable, Sendable {
    /// The folder holds no index.
    case noStore(folder: String)
    /// The file is no index of this project.
    case notAnIndex(file: String, found: String)
    /// The index has another format than this program writes.
    case format(file: String, problem: String)
    /// A dataset or case name that cannot name a folder.
    case invalidName(kind: String, found: String)
    case unknownDataset(String, known: [String])
    case unknownCase(String, folder: String)
    /// A case name that several datasets use.
    case ambiguousCase(String, datasets: [String])
    /// A case was handed over with parts that do not fit each other.
    case inconsistentCase(String, problem: String)
    /// The class table of a dataset is not the one that the store holds.
    case classTableDiffers(dataset: String, folder: String)
    /// A volume file is not what the index says.
    case damagedFile(String, expected: String, found: String)
    /// The index or a file changed since the catalogue was read.
    case changedSinceOpened(String)
    /// Two stores cannot become one.
    case cannotMerge(String)
    case file(String, problem: String)
}

extension StoreError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .noStore(let folder):
            "\(folder): expected a store (a folder with index.sqlite) but found none. Make one with iris prepare, or correct --store."
        case .notAnIndex(let file, let found):
            "\(file): expected the index of an Iris store but found \(found). Point --store at another folder."
        case .format(let file, let problem):
            "\(file): \(problem)"
        case .invalidName(let kind, let found):
            """
            expected a \(kind) name of at most 128 letters, digits, points, hyphens and underscores that does not begin \
            with a point, but found "\(found)". Rename it.
            """
        case .unknownDataset(let name, let known):
            "the store has no dataset \"\(name)\"; it has \(known.isEmpty ? "none" : known.joined(separator: ", "))."
        case .unknownCase(let name, let folder):
            "\(folder): the store has no case \"\(name)\". List its cases with iris store ls."
        case .ambiguousCase(let name, let datasets):
            "several datasets have a case \"\(name)\". Say which: \(datasets.map { "\($0)/\(name)" }.joined(separator: " or "))."
        case .inconsistentCase(let name, let problem):
            "\(name): \(problem)"
        case .classTableDiffers(let dataset, let folder):
            """
            \(folder): the store holds \(dataset) with another class table than its manifest has now. \
            Prepare it again with --update, or use a new store.
            """
        case .damagedFile(let file, let expected, let found):
            "\(file): expected \(expected) but found \(found). Prepare the case again with iris prepare --update."
        case .changedSinceOpened(let name):
            "\(name): the store changed since its catalogue was read. Open the store again."
        case .cannotMerge(let problem):
            problem
        case .file(let file, let problem):
            "\(file): \(problem)"
        }
    }
}
