import Volumes

extension PatchPlan {
    /// Where the patch's voxels lie in the world, given the source's grid. An elastic displacement is not part of it.
    ///
    /// - Throws: `GeometryError.singularAffine` when the map has no inverse.
    public func grid(in source: Grid) throws(GeometryError) -> Grid {
        func step(_ column: SIMD3<Double>) -> SIMD3<Double> { source.affine.world(column) - source.affine.origin }
        return Grid(
            shape: shape,
            affine: try Affine(
                columnI: step(map.columnI), columnJ: step(map.columnJ), columnK: step(map.columnK),
                origin: source.affine.world(map.origin)))
    }

    /// The same place without augmentation: the patch's centre, unturned, unscaled and unflipped, with the intensities of the case.
    public var unaugmented: PatchPlan {
        var plain = self
        let centre = map(SIMD3<Double>(shape.components &- 1) / 2)
        // Voxel on voxel, so that the patch is a copy.
        let corner = (centre - SIMD3<Double>(shape.components &- 1) / 2).rounded(.toNearestOrEven)
        plain.map = VoxelMap(corner: corner)
        (plain.elastic, plain.flips, plain.labelSwaps, plain.intensity) = (nil, Flips(), [], [])
        return plain
    }
}

extension EpisodePlan {
    /// The same places without augmentation and without changes of masks.
    public var unaugmented: EpisodePlan {
        EpisodePlan(
            store: store, configuration: configuration, seed: seed, index: index, dataset: dataset, modality: modality,
            classes: classes, isNegative: isNegative,
            references: references.map {
                PlannedReference(subject: $0.subject, patch: $0.patch.unaugmented, maskChanges: [])
            },
            query: query.unaugmented)
    }
}
