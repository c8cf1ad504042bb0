import Episodes
import VolumeStore
import Volumes

/// The patches that are measured, and that `Benchmarks/render/peer.py` makes with other tools.
enum PatchKind: String, CaseIterable {
    case crop
    case affine
    case elastic = "affine and elastic"
    case chain = "affine and six intensity steps"
    case elasticChain = "elastic and six intensity steps"

    static let shape = try! GridShape(128, 128, 128)

    /// Whether only the sampler works.
    var isSpatial: Bool { self == .crop || self == .affine || self == .elastic }

    /// A patch around the middle of a source.
    func plan(_ source: RenderSource) -> PatchPlan {
        // A third of a voxel beside the middle, so that every neighbour has its share.
        let middle = SIMD3<Double>(source.shape.components) / 2 + SIMD3(0.3, -0.4, 0.2)
        var parameters = SpatialParameters(centre: middle)
        parameters.rotation = SIMD3(repeating: self == .crop ? 0 : 0.5)
        var plan = PatchPlan(
            source: CaseKey(dataset: "render", name: "0"), shape: Self.shape,
            map: parameters.voxelMap(shape: Self.shape, sourceSpacing: source.spacing))
        if self == .elastic || self == .elasticChain {
            plan.elastic = ElasticDeformation(
                controlPoints: SIMD3(9, 9, 9), amplitude: SIMD3(8, 8, 8), key: RandomKey(7))
        }
        if !isSpatial {
            plan.intensity = [
                .brightnessMultiply(factor: 1.1), .brightnessAdd(offset: 0.05), .contrast(factor: 1.1),
                .gamma(exponent: 0.9), .gaussianBlur(sigma: SIMD3(0.75, 0.75, 0.75)),
                .gaussianNoise(sigma: 0.05, key: RandomKey(3)),
            ]
        }
        return plan
    }
}
