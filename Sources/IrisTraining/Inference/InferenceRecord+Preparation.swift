import Configuration
import Datasets
import Preparation

extension InferenceRecord {
    /// The dataset that is meant: the one named, or the only one.
    ///
    /// - Parameters:
    ///   - name: as the user gave it; `nil` when not.
    ///   - file: the checkpoint, for complaints.
    public func dataset(named name: String?, file: String) throws(InferenceError) -> Dataset {
        let known = datasets.map(\.name)
        guard let name else {
            guard datasets.count == 1 else {
                throw .checkpoint(
                    file: file,
                    problem: "trained on \(known.joined(separator: ", ")). Say with --dataset whose classes are meant.")
            }
            return datasets[0]
        }
        guard let found = datasets.first(where: { $0.name == name }) else {
            let hint = nearestName(to: name, among: known).map { " Did you mean \($0)?" } ?? ""
            throw .checkpoint(
                file: file,
                problem:
                    "expected a dataset of its training (\(known.joined(separator: ", "))) but found \(name).\(hint)")
        }
        return found
    }

    /// How images from anywhere are prepared: as those of the dataset named or, without a name, as those of all datasets when
    /// they were prepared alike.
    public func preparation(dataset name: String?, file: String) throws -> FilePreparation {
        let meant = name == nil ? datasets : [try dataset(named: name, file: file)]
        let preparations = try meant.map { dataset in
            guard let text = dataset.preparation else {
                throw InferenceError.checkpoint(
                    file: file,
                    problem: """
                        the cases of \(dataset.name) were prepared in several ways, so that none is recorded. Prepare them \
                        alike with iris prepare --update, and train again.
                        """)
            }
            return try FilePreparation(canonicalText: text, file: "\(file) (preparation of \(dataset.name))")
        }
        guard let first = preparations.first, preparations.allSatisfy({ $0 == first }) else {
            throw InferenceError.checkpoint(
                file: file,
                problem: """
                    trained on \(meant.map(\.name).joined(separator: ", ")), which were prepared differently. Say with \
                    --dataset whose way is meant.
                    """)
        }
        return first
    }

    /// The modality of images from anywhere: the one named, or the only one of the training.
    public func modality(named name: String?, dataset: String?, file: String) throws(InferenceError) -> Modality {
        if let name {
            if let modality = Modality.allCases.first(where: { $0.rawValue.lowercased() == name.lowercased() }) {
                return modality
            }
            throw .checkpoint(
                file: file,
                problem: """
                    expected a modality (\(Modality.allCases.map(\.rawValue).joined(separator: ", "))) but found \(name).
                    """)
        }
        let meant = dataset == nil ? datasets : [try self.dataset(named: dataset, file: file)]
        let modalities = Set(meant.flatMap(\.modalities)).sorted()
        guard modalities.count == 1, let modality = Modality(rawValue: modalities[0]) else {
            throw .checkpoint(
                file: file,
                problem: """
                    trained on images of \(modalities.joined(separator: " and ")). Say with --modality which these are.
                    """)
        }
        return modality
    }
}

extension ModelImage {
    /// The image of a prepared file.
    public init(_ file: PreparedFile) {
        self.init(
            name: file.name, file.image, quantisation: file.quantisation, normalisation: file.normalisation)
    }
}

extension Reference {
    /// A prepared file with labels.
    ///
    /// - Throws: ``InferenceError/unlabelled(name:)``.
    public init(_ file: PreparedFile) throws(InferenceError) {
        guard let labels = file.labels else { throw .unlabelled(name: file.name) }
        try self.init(ModelImage(file), labels: labels)
    }
}
