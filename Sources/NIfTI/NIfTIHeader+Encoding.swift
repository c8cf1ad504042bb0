import Volumes

extension NIfTIHeader {
    /// Which of the header's descriptions of the affine are switched on when writing.
    public enum WrittenAffine: Hashable, Sendable {
        /// sform and qform, as this project writes its own files.
        case sformAndQform
        case sform
        case qform
        /// Voxel sizes only: readers do not learn where the image lies.
        case neither
    }

    /// The header of a little-endian NIfTI-1 single file, to be written.
    ///
    /// The qform can say rotation and voxel sizes only; of a sheared affine it gets the nearest rotation, the sform all.
    /// Numbers are rounded to single precision, as the format stores them; ``grid`` is what a reader will get.
    ///
    /// - Parameters:
    ///   - grid: shape and affine of one frame.
    ///   - frames: sizes along the fourth and further dimensions; empty for a single volume.
    ///   - datatype: how a voxel is stored.
    ///   - slope: what a stored number is multiplied with to give an intensity.
    ///   - intercept: what is added then.
    ///   - written: which codes are set (to 1, scanner coordinates).
    ///   - frameStep: pixdim[4], in seconds.
    ///   - description: up to 79 bytes are kept.
    ///   - file: the path it is meant for, for messages.
    /// - Throws: ``NIfTIError`` when a size exceeds 32767, there are more than four sizes of frames, or the rounded affine
    ///   is no longer invertible.
    public init(
        writing grid: Grid, frames: [Int] = [], datatype: NIfTIDatatype, slope: Double = 1, intercept: Double = 0,
        affine written: WrittenAffine = .sformAndQform, frameStep: Double = 0, description: String = "",
        file: String = ""
    ) throws(NIfTIError) {
        let sizes = [grid.shape.i, grid.shape.j, grid.shape.k] + frames
        guard sizes.count <= 7, sizes.allSatisfy({ (1...Int(Int16.max)).contains($0) }) else {
            throw .dimensions(file: file, found: [sizes.count] + sizes)
        }
        let spacing = grid.spacing.components
        let rotation = grid.affine.nearestRotation
        let mirrored = grid.affine.determinant < 0

        format = .nifti1
        endianness = .little
        self.datatype = datatype
        dimensions = sizes
        pixdim = [mirrored ? -1 : 1, spacing.x, spacing.y, spacing.z, frames.isEmpty ? 0 : frameStep, 0, 0, 0].map(
            single)
        voxelOffset = 352
        self.slope = single(slope)
        self.intercept = single(intercept)
        sformCode = written == .sformAndQform || written == .sform ? 1 : 0
        qformCode = written == .sformAndQform || written == .qform ? 1 : 0
        sformRows =
            sformCode > 0
            ? grid.affine.rows.prefix(3).map { $0.map(single) } : [[0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]]
        if qformCode > 0 {
            let q = Self.quaternion(of: mirrored ? [rotation[0], rotation[1], -rotation[2]] : rotation)
            quaternion = SIMD3(single(q.x), single(q.y), single(q.z))
            let origin = grid.affine.origin
            quaternionOffset = SIMD3(single(origin.x), single(origin.y), single(origin.z))
        } else {
            (quaternion, quaternionOffset) = (.zero, .zero)
        }
        units = frames.isEmpty ? 2 : 2 + 8
        intentCode = 0
        intentName = ""
        var kept = description
        while kept.utf8.count > 79 { kept.removeLast() }
        descrip = kept
        (affineSource, self.grid) = try Self.geometry(
            file: file, dimensions: dimensions, pixdim: pixdim, sform: (sformCode, sformRows),
            qform: (qformCode, quaternion, quaternionOffset), format: .nifti1)
    }

    /// The parts b, c, d of the unit quaternion (with a >= 0) of a proper rotation, given by its columns.
    ///
    /// Shepperd's method: the largest of the four parts comes from the diagonal, so no small number is divided by.
    private static func quaternion(of columns: [SIMD3<Double>]) -> SIMD3<Double> {
        let (xx, yy, zz) = (columns[0].x, columns[1].y, columns[2].z)
        let xy = columns[1].x, yx = columns[0].y, xz = columns[2].x, zx = columns[0].z, yz = columns[2].y,
            zy = columns[1].z
        let squares = [1 + xx + yy + zz, 1 + xx - yy - zz, 1 - xx + yy - zz, 1 - xx - yy + zz]
        let largest = squares.indices.max { squares[$0] < squares[$1] }!
        let root = squares[largest].squareRoot()
        let (part, rest) = (root / 2, 0.5 / root)
        let (a, b, c, d) =
            switch largest {
            case 0: (part, (zy - yz) * rest, (xz - zx) * rest, (yx - xy) * rest)
            case 1: ((zy - yz) * rest, part, (xy + yx) * rest, (xz + zx) * rest)
            case 2: ((xz - zx) * rest, (xy + yx) * rest, part, (yz + zy) * rest)
            default: ((yx - xy) * rest, (xz + zx) * rest, (yz + zy) * rest, part)
            }
        return a < 0 ? -SIMD3(b, c, d) : SIMD3(b, c, d)
    }

    /// The 352 bytes before the voxels of a file that this header describes.
    ///
    /// - Precondition: the header was made by ``init(writing:frames:datatype:slope:intercept:affine:frameStep:description:file:)``.
    public func encoded() -> [UInt8] {
        precondition(format == .nifti1 && endianness == .little && voxelOffset == 352, "only headers made for writing")
        var bytes = [UInt8](repeating: 0, count: 352)
        func put<Word: FixedWidthInteger>(_ word: Word, _ offset: Int) {
            withUnsafeBytes(of: word.littleEndian) { raw in
                for (n, byte) in raw.enumerated() { bytes[offset + n] = byte }
            }
        }
        func put(_ value: Double, _ offset: Int) { put(Float(value).bitPattern, offset) }
        func put(_ text: String, _ offset: Int) { for (n, byte) in text.utf8.enumerated() { bytes[offset + n] = byte } }

        put(Int32(348), 0)
        put(UInt8(ascii: "r"), 38)
        put(Int16(dimensions.count), 40)
        for n in 0..<7 { put(Int16(n < dimensions.count ? dimensions[n] : 1), 42 + 2 * n) }
        put(Int16(datatype.rawValue), 70)
        put(Int16(datatype.bytesPerVoxel * 8), 72)
        for (n, step) in pixdim.enumerated() { put(step, 76 + 4 * n) }
        put(Double(voxelOffset), 108)
        put(slope, 112)
        put(intercept, 116)
        put(UInt8(units), 123)
        put(descrip, 148)
        put(Int16(qformCode), 252)
        put(Int16(sformCode), 254)
        for n in 0..<3 {
            put(quaternion[n], 256 + 4 * n)
            put(quaternionOffset[n], 268 + 4 * n)
            for m in 0..<4 { put(sformRows[n][m], 280 + 16 * n + 4 * m) }
        }
        put("n+1", 344)
        return bytes
    }
}

/// The nearest number of single precision.
private func single(_ value: Double) -> Double { Double(Float(value)) }
