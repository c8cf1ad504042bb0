import VolumeStore
import Volumes

/// Proves that a patch shows a class with at least so many voxels, without rendering it.
///
/// A patch voxel counts when the place that it maps to lies well inside one source voxel: at least a thousandth of a voxel
/// from the next, far more than the renderer's rounding. So the count never exceeds what the renderer makes of it.
///
/// The store's sampled voxels of the class are tried first: each is mapped into the patch and back, and counts when it
/// meets itself. That needs the index only. Where the sample is too thin the label map is read.
struct PresenceProof {
    private let map: VoxelMap
    private let field: ElasticField?
    private let shape, source: GridShape
    /// The largest displacement along each source axis, in voxels.
    private let reach: SIMD3<Double>

    init(map: VoxelMap, elastic: ElasticDeformation?, shape: GridShape, source: GridShape) {
        (self.map, self.shape, self.source) = (map, shape, source)
        field = elastic.map { ElasticField($0, shape: shape) }
        reach = elastic?.amplitude ?? .zero
    }

    /// How hard to look before giving up.
    enum Effort {
        /// Only the sampled voxels.
        case sample
        /// Also the neighbours, up to two voxels away, of those that the patch shows.
        case neighbours
        /// Every voxel of the patch that can show the class.
        case exhaustive
    }

    /// Whether at least `needed` patch voxels show the class.
    ///
    /// - Parameters:
    ///   - value: the label value in the source.
    ///   - presence: where the class lies in the source.
    ///   - positions: sampled voxels of the class.
    ///   - labels: opens the label map of the source.
    func shows(
        _ value: UInt8, presence: ClassPresence, positions: VoxelPositions, atLeast needed: Int, effort: Effort,
        labels: () throws -> MappedVolume<UInt8>
    ) throws -> Bool {
        guard let box = patchBox(of: presence.box) else { return false }
        var seen: [SIMD3<Int>] = []
        for position in positions {
            guard let patch = patchVoxel(showing: position), contains(patch), sourceVoxel(of: patch) == position else {
                continue
            }
            seen.append(patch)
            if seen.count >= needed { return true }
        }
        // A copy shows each source voxel once, so a complete sample has told all.
        if positions.count == presence.voxels, isCopy { return false }
        switch effort {
        case .sample: return false
        case .neighbours:
            return try !seen.isEmpty && countsNeighbours(of: seen, value, atLeast: needed, labels: labels())
        case .exhaustive: return try counts(value, in: box, atLeast: needed, labels: labels())
        }
    }

    private func shows(_ value: UInt8, at patch: SIMD3<Int>, _ labels: MappedVolume<UInt8>) -> Bool {
        sourceVoxel(of: patch).map { labels[$0.x, $0.y, $0.z] == value } ?? false
    }

    private func countsNeighbours(
        of seen: [SIMD3<Int>], _ value: UInt8, atLeast needed: Int, labels: MappedVolume<UInt8>
    ) -> Bool {
        var found = Set(seen)
        for centre in seen {
            for k in -2...2 {
                for j in -2...2 {
                    for i in -2...2 {
                        let patch = centre &+ SIMD3(i, j, k)
                        guard contains(patch), shows(value, at: patch, labels), found.insert(patch).inserted else {
                            continue
                        }
                        if found.count >= needed { return true }
                    }
                }
            }
        }
        return false
    }

    /// Counts patch voxels of the class one by one, within a box that holds them all.
    private func counts(_ value: UInt8, in box: VoxelBox, atLeast needed: Int, labels: MappedVolume<UInt8>) -> Bool {
        var count = 0
        for k in box.lower.z..<box.upper.z {
            for j in box.lower.y..<box.upper.y {
                for i in box.lower.x..<box.upper.x where shows(value, at: SIMD3(i, j, k), labels) {
                    count += 1
                    if count >= needed { return true }
                }
            }
        }
        return false
    }

    /// The source voxel that a patch voxel shows; `nil` outside the source and near the border of two voxels.
    func sourceVoxel(of patch: SIMD3<Int>) -> SIMD3<Int>? {
        let p = SIMD3<Double>(patch)
        var place = map(p)
        if let field { place += field.displacement(at: p) }
        let nearest = place.rounded(.toNearestOrEven), off = place - nearest
        guard all(off .< 0.499), all(off .> -0.499) else { return nil }
        guard all(nearest .>= 0), all(nearest .< SIMD3<Double>(source.components)) else { return nil }
        return SIMD3<Int>(nearest)
    }

    /// The patch voxel nearest to where a source voxel appears.
    private func patchVoxel(showing voxel: SIMD3<Int>) -> SIMD3<Int>? {
        let target = SIMD3<Double>(voxel)
        guard var p = map.inverse(target) else { return nil }
        if let field {
            // p = M⁻¹(s - u(p)) by iteration; the displacement varies slowly, so it settles fast. What is wrong afterwards
            // is caught by the way back.
            for _ in 0..<3 {
                guard let next = map.inverse(target - field.displacement(at: p)) else { return nil }
                p = next
            }
        }
        guard all(p .> -1e6), all(p .< 1e6) else { return nil }
        return SIMD3<Int>(p.rounded(.toNearestOrEven))
    }

    private func contains(_ p: SIMD3<Int>) -> Bool { shape.contains(p.x, p.y, p.z) }

    /// Whether the patch is a piece of the source, at most flipped: then no two patch voxels show the same source voxel.
    private var isCopy: Bool {
        func isUnit(_ v: SIMD3<Double>, _ axis: Int) -> Bool {
            abs(v[axis]) == 1 && (0..<3).allSatisfy { $0 == axis || v[$0] == 0 }
        }
        return field == nil && isUnit(map.columnI, 0) && isUnit(map.columnJ, 1) && isUnit(map.columnK, 2)
    }

    /// A box of patch voxels outside which no voxel of the source box can appear; `nil` when it misses the patch.
    private func patchBox(of box: VoxelBox) -> VoxelBox? {
        var low = SIMD3<Double>(repeating: .infinity), high = -low
        for corner in 0..<8 {
            var place = SIMD3<Double>.zero
            for axis in 0..<3 {
                let isUpper = corner >> axis & 1 == 1
                place[axis] =
                    isUpper ? Double(box.upper[axis]) - 0.5 + reach[axis] : Double(box.lower[axis]) - 0.5 - reach[axis]
            }
            guard let p = map.inverse(place) else { return nil }
            low = pointwiseMin(low, p)
            high = pointwiseMax(high, p)
        }
        let size = SIMD3<Double>(shape.components)
        low = pointwiseMax(low.rounded(.down), .zero)
        high = pointwiseMin(high.rounded(.up) + 1, size)
        guard all(low .< high) else { return nil }
        return VoxelBox(lower: SIMD3<Int>(low), upper: SIMD3<Int>(high))
    }
}
