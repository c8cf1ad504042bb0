import Volumes

extension NIfTIHeader {
    /// The affine by the rule sform, else qform, else voxel sizes, and the grid of the first three axes.
    static func geometry(
        file: String, dimensions: [Int], pixdim: [Double], sform: (code: Int, rows: [[Double]]),
        qform: (code: Int, quaternion: SIMD3<Double>, offset: SIMD3<Double>), format: Format
    ) throws(NIfTIError) -> (AffineSource, Grid) {
        let source: AffineSource = sform.code > 0 ? .sform : qform.code > 0 ? .qform : .pixdim
        let rotation = rotation(qform.quaternion, format: format)
        if source == .qform, rotation == nil { throw .quaternion(file: file, found: qform.quaternion) }
        do throws(GeometryError) {
            let sizes = dimensions + [1, 1]
            let shape = try GridShape(sizes[0], sizes[1], sizes[2])
            let affine =
                switch (source, rotation) {
                case (.sform, _): try Affine(rows: sform.rows)
                case (.qform, let columns?): try self.affine(columns, pixdim: pixdim, origin: qform.offset)
                default: Affine(spacing: try voxelSizes(pixdim))
                }
            return (source, Grid(shape: shape, affine: affine))
        } catch {
            throw .geometry(file: file, source: source, problem: error)
        }
    }

    /// The voxel sizes that qform and pixdim use, in mm.
    ///
    /// A stored 0 means unknown and counts as 1, a negative size as its amount, as in nifti_clib and nibabel.
    private static func voxelSizes(_ pixdim: [Double]) throws(GeometryError) -> Spacing {
        let sizes = pixdim[1...3].map { $0 == 0 ? 1 : abs($0) }
        return try Spacing(sizes[0], sizes[1], sizes[2])
    }

    /// The affine of a rotation with the header's voxel sizes. The standard: a pixdim[0] below 0 turns the third axis
    /// round; 0 counts as 1.
    private static func affine(_ rotation: [SIMD3<Double>], pixdim: [Double], origin: SIMD3<Double>)
        throws(GeometryError) -> Affine
    {
        let sizes = try voxelSizes(pixdim)
        return try Affine(
            columnI: rotation[0] * sizes.i, columnJ: rotation[1] * sizes.j,
            columnK: rotation[2] * (pixdim[0] < 0 ? -sizes.k : sizes.k), origin: origin)
    }

    /// The columns of the rotation that a unit quaternion with parts b, c, d (and a >= 0) stands for; `nil` when the
    /// squares of b, c, d sum to more than 1 beyond rounding.
    ///
    /// As in nibabel, a sum within three units of rounding of 1 means a = 0, and the quaternion is brought to unit length.
    private static func rotation(_ q: SIMD3<Double>, format: Format) -> [SIMD3<Double>]? {
        let tolerance = 3 * (format == .nifti1 ? Double(Float.ulpOfOne) : Double.ulpOfOne)
        let rest = 1 - (q * q).sum()
        guard rest.isFinite, rest > -tolerance else { return nil }
        let a = rest < tolerance ? 0 : rest.squareRoot()
        let s = 2 / (a * a + (q * q).sum())
        let (b, c, d) = (q.x, q.y, q.z)
        let columnI = SIMD3(1 - s * (c * c + d * d), s * (b * c + a * d), s * (b * d - a * c))
        let columnJ = SIMD3(s * (b * c - a * d), 1 - s * (b * b + d * d), s * (c * d + a * b))
        let columnK = SIMD3(s * (b * d + a * c), s * (c * d - a * b), 1 - s * (b * b + c * c))
        return [columnI, columnJ, columnK]
    }

    /// The affine of the sform, whatever its code; `nil` when it is not invertible.
    public var sformAffine: Affine? { try? Affine(rows: sformRows) }

    /// The affine of the qform, whatever its code; `nil` when the quaternion or the voxel sizes are unusable.
    public var qformAffine: Affine? {
        guard let rotation = Self.rotation(quaternion, format: format) else { return nil }
        return try? Self.affine(rotation, pixdim: pixdim, origin: quaternionOffset)
    }
}
