import CKernels

/// Where one episode of a batch goes in a slot.
struct EpisodeDestination: @unchecked Sendable {
    let layout: EpisodeLayout
    /// The first byte of the slot.
    let slot: UnsafeMutableRawPointer
    /// The episode's place in the batch.
    let place: Int

    private var voxels: Int { layout.shape.count }

    var queryImage: UnsafeMutablePointer<Float> {
        (slot + layout.queryImages).assumingMemoryBound(to: Float.self) + place * voxels
    }

    func referenceImage(_ number: Int) -> UnsafeMutablePointer<Float> {
        (slot + layout.referenceImages).assumingMemoryBound(to: Float.self) + (place * layout.references + number)
            * voxels
    }

    /// K masks, one after the other.
    var queryMasks: UnsafeMutablePointer<UInt8> {
        (slot + layout.queryMasks).assumingMemoryBound(to: UInt8.self) + place * layout.classes * voxels
    }

    /// K masks, one after the other.
    func referenceMasks(_ number: Int) -> UnsafeMutablePointer<UInt8> {
        (slot + layout.referenceMasks).assumingMemoryBound(to: UInt8.self)
            + (place * layout.references + number) * layout.classes * voxels
    }

    /// Zeros the references from `references` on, and everywhere the masks from `classes` on: the slot held another episode
    /// before.
    func clearPadding(references: Int, classes: Int) {
        let padding = (layout.classes - classes) * voxels
        if padding > 0 {
            iris_clear(queryMasks + classes * voxels, padding)
            for number in 0..<references { iris_clear(referenceMasks(number) + classes * voxels, padding) }
        }
        for number in references..<layout.references {
            iris_clear(referenceImage(number), 4 * voxels)
            iris_clear(referenceMasks(number), layout.classes * voxels)
        }
    }

    /// Zeros the whole episode.
    func clear() {
        iris_clear(queryImage, 4 * voxels)
        clearPadding(references: 0, classes: 0)
    }
}
