import Configuration
import Datasets
import Digests
import FoundationEssentials
import NIfTI
import VolumeStore
import Volumes

/// Prepares single files in memory the way the cases of a store were prepared.
///
/// The steps are those of `iris prepare`: mend the geometry, order RAS, resample, crop to the labels if there are any and the
/// configuration says so, find the intensity window. An image without labels is kept whole.
public struct FilePreparation: Sendable, Equatable {
    private let resolved: ResolvedConfiguration

    /// - Parameters:
    ///   - canonicalText: a configuration as a store keeps it, `VolumeStore.configuration(_:)`. What it says of its dataset's label
    ///     values does not matter here: every value from 1 to 255 is a label.
    ///   - file: where the text comes from, for complaints.
    /// - Throws: `ConfigurationError` when the text cannot be read, or is of a program that prepares differently.
    public init(canonicalText: String, file: String) throws(ConfigurationError) {
        resolved = try ResolvedConfiguration(canonicalText: canonicalText, file: file)
    }

    /// Equal preparations make equal volumes.
    public static func == (a: FilePreparation, b: FilePreparation) -> Bool { a.resolved.text == b.resolved.text }

    /// Prepares an image and, if given, its labels.
    ///
    /// - Throws: an error that names file, expectation, finding and remedy when they cannot be used.
    public func prepare(image: URL, labels: URL?, modality: Modality) throws -> PreparedFile {
        let source = SourceCase(
            dataset: "", id: Self.name(of: image), modality: modality, image: SourceImage(file: image),
            label: labels.map { .file($0) })
        let content = try CasePreparation(folder: URL(filePath: "/"), dataset: "", configuration: resolved)
            .prepare(source)
        let description = content.description
        return PreparedFile(
            name: source.id, image: content.image.volume, quantisation: description.quantisation,
            normalisation: description.normalisation, labels: content.labels, sourceGrid: description.sourceGrid,
            fileGrid: try NIfTIFile.readHeader(at: image.path).grid, sources: description.sources,
            findings: description.findings)
    }

    /// The file's name without folder and without `.nii` or `.nii.gz`.
    public static func name(of file: URL) -> String {
        let name = file.lastPathComponent
        for ending in [".nii.gz", ".nii"] where name.lowercased().hasSuffix(ending) {
            return String(name.dropLast(ending.count))
        }
        return name
    }
}

/// An image file, prepared.
public struct PreparedFile: Sendable {
    /// The file's name without folder and ending.
    public let name: String
    /// The voxels as stored integers.
    public let image: Volume<Int16>
    /// How stored integers become intensities.
    public let quantisation: Quantisation
    /// How intensities are clipped and scaled.
    public let normalisation: IntensityNormalisation
    /// On the grid of `image`.
    public let labels: LabelMap?
    /// Where the voxels of the file lie after repairs, in the file's own order: `image` was resampled from there.
    public let sourceGrid: Grid
    /// Where the file's header says that they lie; the same but for repairs.
    public let fileGrid: Grid
    /// The files with their digests.
    public let sources: [SourceFile]
    /// What was repaired.
    public let findings: [StoredFinding]
}
