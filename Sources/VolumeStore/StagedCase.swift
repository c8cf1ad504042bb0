import Digests
import Volumes

/// A case whose files are written under a temporary name, waiting for ``StoreWriter/commit(_:)``.
public struct StagedCase: Sendable {
    public let description: CaseDescription
    /// The grid of the prepared volumes.
    public let grid: Grid
    /// The image's file.
    public let image: StoredFile
    /// The label's file; `nil` without labels.
    public let label: StoredFile?
    /// What the label map holds; empty for a case without labels.
    public let survey: ClassSurvey
    /// Where the files are, beside the place they are meant for.
    let staging: StagingFolder

    /// SHA-256 over everything that episodes depend on, equal wherever and whenever the case was prepared.
    var contentDigest: SHA256Digest {
        CaseContent(
            key: description.key, subject: description.subject, modality: description.modality,
            officialSplit: description.officialSplit, paperSplit: description.paperSplit,
            configurationDigest: description.configurationDigest, grid: grid, quantisation: description.quantisation,
            normalisation: description.normalisation, image: image.digest, label: label?.digest,
            classes: survey.classes,
            positions: survey.samples.map(VoxelPositions.encode)
        ).digest
    }
}

/// The facts of a case that its content digest covers.
struct CaseContent {
    let key: CaseKey
    let subject, modality: String
    let officialSplit, paperSplit: CaseSplit
    let configurationDigest: SHA256Digest
    let grid: Grid
    let quantisation: Quantisation
    let normalisation: IntensityNormalisation
    let image: SHA256Digest
    let label: SHA256Digest?
    let classes: [ClassPresence]
    /// Encoded, in the order of `classes`.
    let positions: [[UInt8]]

    /// Numbers are written in Swift's shortest form that reads back equal.
    var digest: SHA256Digest {
        let hasher = SHA256Hasher()
        let affine = grid.affine.rows.prefix(3).joined().map { "\($0)" }.joined(separator: " ")
        hasher.update(
            """
            case\t\(key)\t\(subject)\t\(modality)\t\(officialSplit.name)\t\(paperSplit.name)
            configuration\t\(configurationDigest)
            grid\t\(grid.shape.i) \(grid.shape.j) \(grid.shape.k)\t\(affine)
            intensities\t\(quantisation.slope) \(quantisation.intercept)\t\(normalisation.clipLow) \(normalisation.clipHigh) \
            \(normalisation.mean) \(normalisation.standardDeviation)
            files\t\(image)\t\(label?.hexadecimal ?? "-")

            """)
        for (presence, offsets) in zip(classes, positions) {
            let (low, high, centre) = (presence.box.lower, presence.box.upper, presence.centroid)
            hasher.update(
                """
                class\t\(presence.value)\t\(presence.voxels)\t\(low.x) \(low.y) \(low.z)\t\(high.x) \(high.y) \(high.z)\t\
                \(centre.x) \(centre.y) \(centre.z)\t\(offsets.count)

                """)
            offsets.withUnsafeBytes(hasher.update)
        }
        return hasher.finish()
    }
}
