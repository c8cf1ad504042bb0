import Glibc
import Volumes

/// Which axes of a patch run backwards through the source.
public struct Flips: Hashable, Sendable, Codable {
    /// Whether the axis is reversed.
    public var i, j, k: Bool

    public init(i: Bool = false, j: Bool = false, k: Bool = false) { (self.i, self.j, self.k) = (i, j, k) }

    /// -1 along flipped axes, 1 along the others.
    public var signs: SIMD3<Double> { SIMD3(i ? -1 : 1, j ? -1 : 1, k ? -1 : 1) }
}

/// Where a patch lies in its source and how it is turned, stretched, sheared and flipped.
///
/// A patch place p is taken to millimetres about the patch's centre, flipped, scaled, sheared, rotated and moved, in this
/// order, and then to source voxels about `centre`:
///
///     source = centre + S⁻¹ (R H K F P (p - (n - 1) / 2) + t)
///
/// with P and S the spacings of patch and source, F the flips, K the scale, H the shear, R = Rk Rj Ri the rotation (about
/// the i axis first, then j, then k) and t the translation. Rotation and shear act on millimetres, so a sphere stays a
/// sphere whatever the spacing.
public struct SpatialParameters: Hashable, Sendable, Codable {
    /// The source place, in voxels, of the patch's centre before translation.
    public var centre: SIMD3<Double>
    /// Angles about the i, j and k axes, in radians, right-handed.
    public var rotation: SIMD3<Double> = .zero
    /// Source millimetres per patch millimetre along i, j and k: above 1 the patch takes in more and things look smaller.
    public var scale: SIMD3<Double> = .one
    /// Shear factors: i per j, i per k, and j per k.
    public var shear: SIMD3<Double> = .zero
    /// The shift of the patch's centre in the source, in millimetres along i, j and k.
    public var translation: SIMD3<Double> = .zero
    /// Axes that are reversed.
    public var flips = Flips()

    public init(centre: SIMD3<Double>) { self.centre = centre }

    /// The map from patch voxels to source voxels.
    ///
    /// - Parameters:
    ///   - shape: the patch's size.
    ///   - sourceSpacing: the source's voxel size.
    ///   - patchSpacing: the patch's voxel size; the source's when `nil`.
    public func voxelMap(shape: GridShape, sourceSpacing: Spacing, patchSpacing: Spacing? = nil) -> VoxelMap {
        let patch = (patchSpacing ?? sourceSpacing).components, source = sourceSpacing.components
        func step(_ axis: Int) -> SIMD3<Double> {
            var v = SIMD3<Double>.zero
            v[axis] = patch[axis] * flips.signs[axis] * scale[axis]
            v = SIMD3(v.x + shear.x * v.y + shear.y * v.z, v.y + shear.z * v.z, v.z)
            return rotated(v) / source
        }
        let columns = (step(0), step(1), step(2))
        let half = SIMD3<Double>(shape.components &- 1) / 2
        return VoxelMap(
            columnI: columns.0, columnJ: columns.1, columnK: columns.2,
            origin: centre + translation / source - columns.0 * half.x - columns.1 * half.y - columns.2 * half.z)
    }

    private func rotated(_ v: SIMD3<Double>) -> SIMD3<Double> {
        let c = SIMD3(cos(rotation.x), cos(rotation.y), cos(rotation.z))
        let s = SIMD3(sin(rotation.x), sin(rotation.y), sin(rotation.z))
        let aboutI = SIMD3(v.x, c.x * v.y - s.x * v.z, s.x * v.y + c.x * v.z)
        let aboutJ = SIMD3(c.y * aboutI.x + s.y * aboutI.z, aboutI.y, c.y * aboutI.z - s.y * aboutI.x)
        return SIMD3(c.z * aboutJ.x - s.z * aboutJ.y, s.z * aboutJ.x + c.z * aboutJ.y, aboutJ.z)
    }
}
