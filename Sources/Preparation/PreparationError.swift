/// Why a dataset cannot be prepared at all.
public enum PreparationError: Error, Equatable, Sendable {
    /// The store holds cases of the dataset that were prepared with another configuration.
    case configurationChanged(dataset: String, store: String, changes: [String])
    /// The folder holds nothing to prepare.
    case noCases(dataset: String, folder: String, unlabelled: Int)
}

extension PreparationError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .configurationChanged(let dataset, let store, let changes):
            """
            \(store): holds cases of \(dataset) that were prepared with another configuration (\(changes.joined(separator: "; "))). \
            Prepare them anew with --update, use the configuration they were prepared with, or choose another --store.
            """
        case .noCases(let dataset, let folder, let unlabelled):
            """
            \(folder): expected labelled cases of \(dataset) but found none\(unlabelled > 0 ? ", and \(unlabelled) without labels" : ""). \
            Check that the folder is complete\(unlabelled > 0 ? ", or add --include-unlabelled" : "").
            """
        }
    }
}
