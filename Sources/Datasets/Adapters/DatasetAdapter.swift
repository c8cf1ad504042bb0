import FoundationEssentials

/// Turns one foreign folder layout into cases and knows nothing else.
///
/// An adapter opens no image. Junk that archives leave behind (`._*`, `__MACOSX`) is never seen.
public protocol DatasetAdapter: Sendable {
    /// The cases of the tree, and what does not fit.
    ///
    /// - Throws: ``LayoutError`` when the folder cannot be read or is not of this layout at all.
    func cases() throws -> CaseListing
}

/// Why a folder is not a dataset of the expected layout.
public struct LayoutError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The folder that was given.
    public let folder: String
    /// The dataset's name.
    public let dataset: String
    /// The layout, in words.
    public let expected: String
    /// What is there instead.
    public let found: String
    /// What to do.
    public let fix: String

    public init(folder: String, dataset: String, expected: String, found: String, fix: String) {
        (self.folder, self.dataset, self.expected) = (folder, dataset, expected)
        (self.found, self.fix) = (found, fix)
    }

    public var description: String {
        "\(folder): expected the layout of \(dataset) (\(expected)) but found \(found). \(fix)"
    }
}

/// The layouts that this program reads, by the name that a manifest uses.
public enum LayoutName: String, CaseIterable, Sendable {
    case amos22, bcv, lits, kits19, mnms
    case brainAging = "brain-aging"
    case decathlon = "msd"
    case nnUNet = "nnunet"
}

extension Manifest {
    /// The adapter that reads `folder` in this dataset's layout.
    public func adapter(for folder: URL) -> any DatasetAdapter {
        switch layout.adapter {
        case .amos22: AMOS22Adapter(folder: folder, manifest: self)
        case .bcv: BCVAdapter(folder: folder, manifest: self)
        case .lits: LiTSAdapter(folder: folder, manifest: self)
        case .kits19: KiTS19Adapter(folder: folder, manifest: self)
        case .mnms: MnMsAdapter(folder: folder, manifest: self)
        case .brainAging: BrainAgingAdapter(folder: folder, manifest: self)
        case .decathlon: DecathlonAdapter(folder: folder, manifest: self)
        case .nnUNet: NNUNetAdapter(folder: folder, manifest: self)
        }
    }
}
