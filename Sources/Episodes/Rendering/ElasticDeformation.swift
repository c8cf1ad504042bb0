import RandomNumbers

/// A smooth random displacement: a uniform cubic B-spline over a coarse control grid that spans the patch.
///
/// With g control points along an axis of n voxels, voxel p lies at u = (p + 1/2) (g - 3) / n of the spline, between
/// control points floor(u) + 1 and floor(u) + 2. The control values are uniform in ±amplitude and follow from `key`, so a
/// plan stays small however fine the grid is.
public struct ElasticDeformation: Hashable, Sendable, Codable {
    /// Control points along i, j and k, each 4 to 32.
    public var controlPoints: SIMD3<Int>
    /// The largest displacement of a control point along the source's axes i, j and k, in source voxels.
    public var amplitude: SIMD3<Double>
    /// Decides the control values.
    public var key: RandomKey

    public init(controlPoints: SIMD3<Int>, amplitude: SIMD3<Double>, key: RandomKey) {
        (self.controlPoints, self.amplitude, self.key) = (controlPoints, amplitude, key)
    }

    /// The displacements of all control points, in source voxels: three grids (along i, j, k), each with i fastest.
    public func displacements() -> [Float] {
        let points = controlPoints.x * controlPoints.y * controlPoints.z
        return [Float](unsafeUninitializedCapacity: 3 * points) { values, count in
            fillDisplacements(values.baseAddress!)
            count = 3 * points
        }
    }

    /// Writes the values of `displacements()` without allocating.
    func fillDisplacements(_ values: UnsafeMutablePointer<Float>) {
        var generator = Philox(key: key.value)
        let points = controlPoints.x * controlPoints.y * controlPoints.z
        for axis in 0..<3 {
            for point in 0..<points {
                values[axis * points + point] = Float(amplitude[axis] * (2 * generator.uniform() - 1))
            }
        }
    }
}
