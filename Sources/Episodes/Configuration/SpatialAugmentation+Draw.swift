import RandomNumbers
import Volumes

extension SpatialAugmentation {
    /// Draws the place and form of a patch.
    ///
    /// - Parameters:
    ///   - centre: the patch's centre in the source, in voxels.
    ///   - strength: the part of every change that is kept, 0 to 1; the same numbers are drawn whatever it is.
    ///   - spacing: the voxel size of source and patch.
    func draw(
        centre: SIMD3<Double>, flips: Flips, strength: Double, shape: GridShape, spacing: Spacing,
        using generator: inout Philox
    ) -> (map: VoxelMap, elastic: ElasticDeformation?) {
        var parameters = SpatialParameters(centre: centre)
        parameters.flips = flips
        if let degrees = rotation?.draw(using: &generator) {
            parameters.rotation = degrees * strength * (Double.pi / 180)
        }
        if let scale, generator.uniform() < scale.probability {
            let i = scale.range.draw(using: &generator)
            let j = scale.range.draw(using: &generator), k = scale.range.draw(using: &generator)
            let factors = scale.anisotropic ? SIMD3(i, j, k) : SIMD3(repeating: i)
            parameters.scale = 1 + (factors - 1) * strength
        }
        if let factors = shear?.draw(using: &generator) { parameters.shear = factors * strength }
        if let millimetres = translation?.draw(using: &generator) { parameters.translation = millimetres * strength }
        var deformation: ElasticDeformation?
        if let elastic, generator.uniform() < elastic.probability {
            let amplitude = elastic.millimetres.draw(using: &generator) * strength
            let key = RandomKey(generator.next())
            if amplitude > 0 {
                deformation = ElasticDeformation(
                    controlPoints: SIMD3(repeating: elastic.controlPoints),
                    amplitude: (amplitude / spacing.components).roundedForPlans, key: key)
            }
        }
        let map = parameters.voxelMap(shape: shape, sourceSpacing: spacing)
        return (
            VoxelMap(
                columnI: map.columnI.roundedForPlans, columnJ: map.columnJ.roundedForPlans,
                columnK: map.columnK.roundedForPlans, origin: map.origin.roundedForPlans),
            deformation
        )
    }
}

extension SpatialAugmentation.AxisStep {
    fileprivate func draw(using generator: inout Philox) -> SIMD3<Double>? {
        generator.uniform() < probability ? range.draw(using: &generator) : nil
    }
}
