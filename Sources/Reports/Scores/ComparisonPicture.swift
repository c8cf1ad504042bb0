import FoundationEssentials
import Metrics
import Pictures
import Volumes

/// One class of a reference and of a prediction as outlines on three planes of the image.
struct ComparisonPicture {
    let reference, prediction: LabelMap
    /// On the same grid; `nil` draws on black.
    let image: Volume<Float>?

    /// The least space around the masks, in mm.
    private static let margin = 12.0

    /// The montage as a PNG data URL; `nil` when neither mask holds the class or the picture cannot be made.
    ///
    /// It shows the masks and their surroundings, cut out so that small structures are seen.
    func dataURL(value: UInt8) -> String? {
        guard image == nil || image!.grid.shape == reference.grid.shape,
            let box = (try? labelOverlaps(reference: reference, prediction: prediction))?[Int(value)].box
        else { return nil }
        let full = reference.grid
        let half = SIMD3<Double>(box.size) / 2, least = Self.margin / full.spacing.components
        let part = box.expanded(by: SIMD3<Int>(pointwiseMax(half, least).rounded(.up)), within: full.shape)
        let (truth, found) = (reference.cropped(to: part), prediction.cropped(to: part))
        let outlines = [
            MaskOutline(name: "reference", color: MaskOutline.referenceColor) { truth.voxels[$0] == value },
            MaskOutline(name: "prediction", color: MaskOutline.predictionColor) { found.voxels[$0] == value },
        ]
        let source =
            image.map { PictureSource($0.cropped(to: part)) }
            ?? PictureSource(grid: truth.grid, intensity: { _ in 0 })
        let extent = SIMD3<Double>(part.size) * full.spacing.components
        let picture = Montage.threePlanes(
            source, at: Montage.position(showing: outlines, on: truth.grid), outlines: outlines, origin: part.lower,
            options: Montage.Options(
                window: image == nil ? IntensityWindow(0, 1) : nil, pixelSize: extent.max() / 200))
        guard let bytes = try? picture.pngData() else { return nil }
        return "data:image/png;base64," + Data(bytes).base64EncodedString()
    }
}
