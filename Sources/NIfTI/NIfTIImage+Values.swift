import CKernels
import Volumes

extension NIfTIImage {
    private var slope: Double { header.scaling?.slope ?? 1 }
    private var intercept: Double { header.scaling?.intercept ?? 0 }

    /// The values of one frame, i fastest: stored * slope + intercept in double precision.
    public func scaledDoubles(frame: Int = 0) -> [Double] {
        let count = frameVoxels
        return [Double](unsafeUninitializedCapacity: count) { values, initialized in
            withUnsafeBytes(frame: frame) { bytes in
                iris_values_as_double(
                    header.datatype.kernelScalar, bytes.baseAddress, values.baseAddress, count, slope, intercept)
            }
            initialized = count
        }
    }

    /// The values of one frame, i fastest, each rounded to single precision once.
    public func scaledFloats(frame: Int = 0) -> [Float] {
        [Float](unsafeUninitializedCapacity: frameVoxels) { values, initialized in
            convert(frame: frame, to: values)
            initialized = values.count
        }
    }

    /// The values of one frame on its grid.
    public func volume(frame: Int = 0) -> Volume<Float> { volume(of: scaledFloats(frame: frame)) }

    /// The values of one frame when each is exactly a whole number from -32768 to 32767, otherwise `nil`.
    ///
    /// Stored int16 without scaling, as CT usually comes, is copied; other types are checked voxel by voxel.
    public func int16Volume(frame: Int = 0) -> Volume<Int16>? {
        var fits = true
        let values = [Int16](unsafeUninitializedCapacity: frameVoxels) { values, initialized in
            fits = convert(frame: frame, to: values) == nil
            initialized = fits ? values.count : 0
        }
        return fits ? volume(of: values) : nil
    }

    /// The values of one frame as labels.
    ///
    /// Every value must be a whole number from 0 to 255. Where the header scales stored numbers, a value may be off by
    /// 1e-3, because a slope such as 1/255 is only approximately representable.
    ///
    /// - Throws: ``NIfTIError/notALabel(file:voxel:frame:value:)`` with the first voxel that is none.
    public func labelMap(frame: Int = 0) throws(NIfTIError) -> LabelMap {
        var first: Int?
        let labels = [UInt8](unsafeUninitializedCapacity: frameVoxels) { labels, initialized in
            first = convert(frame: frame, to: labels)
            initialized = first == nil ? labels.count : 0
        }
        if let first { throw notALabel(first, frame: frame) }
        return volume(of: labels)
    }

    /// What to say of a voxel whose value is no label.
    func notALabel(_ offset: Int, frame: Int) -> NIfTIError {
        let shape = header.grid.shape
        let voxel = SIMD3(offset % shape.i, offset / shape.i % shape.j, offset / (shape.i * shape.j))
        return .notALabel(file: path, voxel: voxel, frame: frame, value: value(at: offset, frame: frame))
    }

    /// Whether the stored voxels are the values, in this type.
    func isStored(as datatype: NIfTIDatatype) -> Bool { header.datatype == datatype && header.scaling == nil }

    /// Writes the values of one frame, each rounded to single precision once.
    func convert(frame: Int, to values: UnsafeMutableBufferPointer<Float>) {
        precondition(values.count >= frameVoxels, "too few places")
        withUnsafeBytes(frame: frame) { bytes in
            iris_values_as_float(
                header.datatype.kernelScalar, bytes.baseAddress, values.baseAddress, frameVoxels, slope, intercept)
        }
    }

    /// Writes the values of one frame, and returns the place of the first that is not exactly an `Int16`.
    func convert(frame: Int, to values: UnsafeMutableBufferPointer<Int16>) -> Int? {
        precondition(values.count >= frameVoxels, "too few places")
        return withUnsafeBytes(frame: frame) { bytes in
            if isStored(as: .int16) {
                UnsafeMutableRawBufferPointer(values).copyMemory(from: bytes)
                return nil
            }
            let first = iris_values_as_int16(
                header.datatype.kernelScalar, bytes.baseAddress, values.baseAddress, frameVoxels, slope, intercept, 0)
            return first == frameVoxels ? nil : first
        }
    }

    /// Writes the values of one frame as labels, and returns the place of the first that is none.
    func convert(frame: Int, to labels: UnsafeMutableBufferPointer<UInt8>) -> Int? {
        precondition(labels.count >= frameVoxels, "too few places")
        return withUnsafeBytes(frame: frame) { bytes in
            if isStored(as: .uint8) {
                UnsafeMutableRawBufferPointer(labels).copyMemory(from: bytes)
                return nil
            }
            let first = iris_values_as_uint8(
                header.datatype.kernelScalar, bytes.baseAddress, labels.baseAddress, frameVoxels, slope, intercept,
                header.scaling == nil ? 0 : 1e-3)
            return first == frameVoxels ? nil : first
        }
    }

    /// One value, at a place in the memory order of its frame.
    public func value(at offset: Int, frame: Int = 0) -> Double {
        precondition((0..<frameVoxels).contains(offset), "voxel \(offset) of \(frameVoxels)")
        var value = 0.0
        withUnsafeBytes(frame: frame) { bytes in
            iris_values_as_double(
                header.datatype.kernelScalar, bytes.baseAddress! + offset * header.datatype.bytesPerVoxel, &value, 1,
                slope, intercept)
        }
        return value
    }

    /// Calls `body` with consecutive runs of values of all frames in double precision.
    func forEachRun(of length: Int, _ body: (UnsafeBufferPointer<Double>) -> Void) {
        withUnsafeTemporaryAllocation(of: Double.self, capacity: length) { run in
            withUnsafeBytes { bytes in
                for start in stride(from: 0, to: header.voxelCount, by: length) {
                    let count = min(length, header.voxelCount - start)
                    iris_values_as_double(
                        header.datatype.kernelScalar, bytes.baseAddress! + start * header.datatype.bytesPerVoxel,
                        run.baseAddress, count, slope, intercept)
                    body(UnsafeBufferPointer(rebasing: run[..<count]))
                }
            }
        }
    }

    private func volume<Voxel>(of voxels: [Voxel]) -> Volume<Voxel> {
        // One frame fills the grid of the first three axes, so this cannot fail.
        try! Volume(grid: header.grid, voxels: voxels)
    }
}
