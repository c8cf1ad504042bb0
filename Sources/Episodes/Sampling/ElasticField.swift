import CKernels
import Volumes

/// The displacement of an ``ElasticDeformation``, place by place, in double precision.
///
/// The sampler evaluates the same spline in single precision; the two agree to about 1e-5 voxel.
struct ElasticField {
    private let values: [Float]
    private var geometry = iris_patch_geometry()

    init(_ deformation: ElasticDeformation, shape: GridShape) {
        values = deformation.displacements()
        let points = deformation.controlPoints
        geometry.shape = (Int32(shape.i), Int32(shape.j), Int32(shape.k))
        geometry.control_points = (Int32(points.x), Int32(points.y), Int32(points.z))
    }

    /// The displacement at a patch place, in source voxels. Outside the patch it is that of the nearest place on its edge.
    func displacement(at patch: SIMD3<Double>) -> SIMD3<Double> {
        var geometry = geometry, result = SIMD3<Double>.zero
        values.withUnsafeBufferPointer { values in
            geometry.displacement = values.baseAddress
            withUnsafeBytes(of: patch) { place in
                withUnsafeMutableBytes(of: &result) { result in
                    // A SIMD3 is three doubles and padding.
                    iris_elastic_displacement(
                        &geometry, place.baseAddress!.assumingMemoryBound(to: Double.self),
                        result.baseAddress!.assumingMemoryBound(to: Double.self))
                }
            }
        }
        return result
    }
}
