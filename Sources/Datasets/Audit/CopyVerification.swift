import NIfTI

/// A second look at two scans that may be one: do they agree down to the noise?
///
/// Scans of different patients may have much the same shape, phantoms above all; their noise differs. Both are sampled at
/// the same places; what is compared is each sample less the mean of its surroundings, cut off where edges of organs would
/// outweigh the texture.
package struct CopyVerification {
    /// What the one is suspected to be of the other.
    enum Relation {
        /// Both show the same box; the ``CubeSymmetries`` of this number takes cells of the first to those of the second.
        case whole(symmetry: Int)
        /// They overlap, voxel on voxel; the placement is in voxels.
        case voxels(ScanPlacement)
        /// They overlap; the placement is good to about so many mm.
        case part(ScanPlacement, within: Double)
    }

    let first, second: SourceImage
    let relation: Relation
    /// Nobody asks how much smaller a correlation is that is smaller than this.
    let least: Double

    private static let (places, fewPlaces) = (ScanPair.mostPlaces, 1_500)
    /// Two scans whose coarse detail correlates less where they are said to overlap are not looked at more closely.
    private static let hopeless = 0.08
    /// What a correlation over few places may be too small by: four and a half standard errors.
    private static let doubt = 0.12

    /// The correlation of the detail, from -1 to 1; `nil` when a file cannot be read any more or has no texture.
    func correlation() -> Double? {
        guard let a = try? NIfTIFile.read(at: first.file.path), let b = try? NIfTIFile.read(at: second.file.path) else {
            return nil
        }
        let pair = ScanPair(
            first: a, firstFrame: first.frame ?? 0, second: b, secondFrame: second.frame ?? 0)
        switch relation {
        case .whole(let symmetry):
            // Shapes are compared as boxes, so that a header with a wrong spacing changes nothing.
            return finest(pair.boxes(), ScanPlacement(boxes: symmetry))
        case .voxels(var placement):
            placement.shift.round(.toNearestOrAwayFromZero)
            return finest(pair.voxels(), placement)
        case .part(var placement, var uncertainty):
            // From coarse detail, which is still alike some voxels away, to the finest.
            let coarser = pair.coarserSpacing(placement)
            let coarse = pair.correlation(placement, places: Self.fewPlaces, reach: max(1.5, uncertainty / coarser))
            guard let coarse, coarse >= Self.hopeless else { return coarse }
            while uncertainty > 0.3 * coarser {
                placement = refined(placement, by: uncertainty, of: pair, reach: max(1.5, uncertainty / coarser))
                uncertainty /= 2
            }
            return finest(pair, placement)
        }
    }

    /// The correlation of the finest detail; over few places where that is enough to know it for smaller than ``least``.
    private func finest(_ pair: ScanPair, _ placement: ScanPlacement) -> Double? {
        let quick = pair.correlation(placement, places: Self.fewPlaces, reach: 1.5)
        guard let quick, Self.mayReach(least, quick: quick) else { return quick }
        return pair.correlation(placement, places: Self.places, reach: 1.5)
    }

    /// Whether a correlation may be as large as that which is so large over few places.
    package static func mayReach(_ least: Double, quick: Double) -> Bool { quick >= least - doubt }

    /// The best placement among those one step away along each axis, until none is better.
    private func refined(_ start: ScanPlacement, by step: Double, of pair: ScanPair, reach: Double) -> ScanPlacement {
        func value(_ placement: ScanPlacement) -> Double {
            pair.correlation(placement, places: Self.fewPlaces, reach: reach) ?? -1
        }
        var best = (value: value(start), placement: start)
        for _ in 0..<4 {
            var next = best
            for n in 0..<6 {
                var placement = best.placement
                placement.shift[n / 2] += n % 2 == 0 ? step : -step
                let found = value(placement)
                if found > next.value { next = (found, placement) }
            }
            if next.placement == best.placement { break }
            best = next
        }
        return best.placement
    }
}
