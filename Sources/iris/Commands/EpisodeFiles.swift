import Episodes
import FoundationEssentials
import NIfTI
import Pictures
import VolumeStore
import Volumes

/// The patches of an episode as volumes with their place in the world.
struct EpisodePatches {
    struct Patch {
        let name: String
        let plan: PatchPlan
        let image: Volume<Float>
        /// The classes' values where their masks are set.
        let labels: LabelMap
    }

    let patches: [Patch]

    init(_ episode: Episode, catalogue: StoreCatalogue) throws {
        let plan = episode.plan, shape = episode.shape
        func patch(
            _ name: String, _ patch: PatchPlan, _ image: UnsafeBufferPointer<Float>, _ masks: UnsafeBufferPointer<UInt8>
        ) throws -> Patch {
            guard let index = catalogue.index(of: patch.source) else {
                throw EpisodeError.unknownCase("\(patch.source)")
            }
            let grid = try patch.grid(in: catalogue.grid(of: index))
            var labels = [UInt8](repeating: 0, count: shape.count)
            for (place, item) in plan.classes.enumerated() {
                for voxel in 0..<shape.count where masks[place * shape.count + voxel] != 0 {
                    labels[voxel] = item.value
                }
            }
            return Patch(
                name: name, plan: patch, image: try Volume(grid: grid, voxels: Array(image)),
                labels: try LabelMap(grid: grid, voxels: labels))
        }
        var patches: [Patch] = []
        for (number, reference) in plan.references.enumerated() {
            patches.append(
                try episode.withReferenceImage(number) { image in
                    try episode.withReferenceMasks(number) { masks in
                        try patch("reference_\(number)", reference.patch, image, masks)
                    }
                })
        }
        patches.append(
            try episode.withQueryImage { image in
                try episode.withQueryMasks { masks in try patch("query", plan.query, image, masks) }
            })
        self.patches = patches
    }
}

/// Writes an episode as NIfTI files: `reference_0_image.nii.gz`, `reference_0_label.nii.gz`, …, `query_image.nii.gz`,
/// `query_label.nii.gz`, and its plan as `plan.json`.
struct EpisodeFiles {
    private let patches: [EpisodePatches.Patch]
    private let plan: EpisodePlan

    init(_ episode: Episode, catalogue: StoreCatalogue) throws {
        patches = try EpisodePatches(episode, catalogue: catalogue).patches
        plan = episode.plan
    }

    func write(to folder: String) throws {
        try FileManager.default.createDirectory(at: URL(filePath: folder), withIntermediateDirectories: true)
        for patch in patches {
            try NIfTIWriter.write(patch.image, to: "\(folder)/\(patch.name)_image.nii.gz", gzip: true)
            try NIfTIWriter.write(patch.labels, to: "\(folder)/\(patch.name)_label.nii.gz", gzip: true)
        }
        try Data((plan.json + "\n").utf8).write(to: URL(filePath: "\(folder)/plan.json"))
    }
}

/// The patches of an episode one below the other, on the left as they lie in their cases, on the right as augmented.
struct EpisodePicture {
    private let before, after: [EpisodePatches.Patch]
    private let plan: EpisodePlan

    init(before: Episode, after: Episode, catalogue: StoreCatalogue) throws {
        self.before = try EpisodePatches(before, catalogue: catalogue).patches
        self.after = try EpisodePatches(after, catalogue: catalogue).patches
        plan = after.plan
    }

    func write(to file: String) throws {
        let rows = zip(before, after).map { before, after in
            let spacing = before.image.grid.spacing
            // One window for both, so that changes of brightness and contrast show.
            let window = source(before, spacing).automaticWindow()
            return (
                picture(before, "\(before.name) \(before.plan.source), before", spacing, window),
                picture(after, "\(after.name), augmented", spacing, window)
            )
        }
        let gap = 8, width = rows.map { $0.0.width + gap + $0.1.width }.max() ?? 1
        var result = RGBImage(
            width: width, height: rows.reduce(0) { $0 + max($1.0.height, $1.1.height) + gap }, fill: RGB(grey: 24))
        var y = 0
        for (left, right) in rows {
            result.draw(left, x: 0, y: y)
            result.draw(right, x: left.width + gap, y: y)
            y += max(left.height, right.height) + gap
        }
        try result.writePNG(to: file)
    }

    private func picture(
        _ patch: EpisodePatches.Patch, _ caption: String, _ spacing: Spacing, _ window: IntensityWindow
    ) -> RGBImage {
        let extent = SIMD3<Double>(patch.image.grid.shape.components) * spacing.components
        var options = Montage.Options(window: window, pixelSize: extent.max() / 192, caption: caption)
        options.legend = plan.classes.map { ($0.value, $0.structure) }
        return Montage.threePlanes(source(patch, spacing), options: options)
    }

    /// The patch along its own axes, as the network sees it: turned or stretched as it came from the source.
    private func source(_ patch: EpisodePatches.Patch, _ spacing: Spacing) -> PictureSource {
        PictureSource(
            grid: Grid(shape: patch.image.grid.shape, affine: Affine(spacing: spacing)),
            intensity: { Double(patch.image.voxels[$0]) }, label: { patch.labels.voxels[$0] })
    }
}
