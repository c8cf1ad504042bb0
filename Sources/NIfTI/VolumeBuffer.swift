import Volumes

/// A volume in memory of the kind that files are decoded into, which ``BufferMemory`` can keep for the next one. What was
/// decoded becomes a volume where it is, unless its voxels have to be converted or moved. Copies share the memory.
public struct VolumeBuffer<Voxel: VoxelScalar>: Sendable {
    /// Shape and place of the volume.
    public let grid: Grid
    private let buffer: RawBuffer
    /// The byte of the buffer that the first voxel begins at.
    private let offset: Int

    /// Voxels in memory that is there already.
    init(grid: Grid, buffer: RawBuffer, offset: Int) { (self.grid, self.buffer, self.offset) = (grid, buffer, offset) }

    /// Uninitialised voxels.
    private init(uninitialised grid: Grid, file: String) throws(NIfTIError) {
        let bytes = grid.shape.count * MemoryLayout<Voxel>.stride
        self.init(grid: grid, buffer: try RawBuffer(count: bytes, file: file), offset: 0)
    }

    /// A volume whose voxels `fill` writes, all of them.
    ///
    /// - Throws: ``NIfTIError/outOfMemory(file:bytes:)`` that names `file`.
    public init(grid: Grid, file: String, fill: (UnsafeMutableBufferPointer<Voxel>) -> Void) throws(NIfTIError) {
        try self.init(uninitialised: grid, file: file)
        withPlaces(fill)
    }

    /// A copy of an array's voxels in the order `order` gives.
    ///
    /// - Throws: ``NIfTIError/outOfMemory(file:bytes:)`` that names `file`.
    /// - Precondition: there are `order.source.shape.count` voxels.
    public init(_ voxels: [Voxel], order: Reorientation, file: String) throws(NIfTIError) {
        try self.init(grid: order.target, file: file) { places in
            voxels.withUnsafeBufferPointer { order.apply($0, into: places) }
        }
    }

    /// Hands the voxels to `body`.
    public func withView<Result, Failure>(_ body: (VolumeView<Voxel>) throws(Failure) -> Result) throws(Failure)
        -> Result
    {
        try withExtendedLifetime(buffer) { () throws(Failure) in
            try body(VolumeView(grid: grid, voxels: UnsafeBufferPointer(places)))
        }
    }

    /// The same voxels in an array.
    public var volume: Volume<Voxel> {
        // A view fills its grid.
        withView { try! Volume(grid: $0.grid, voxels: Array($0.voxels)) }
    }

    /// Hands the voxels to `body`, which may write them while no other thread has a copy.
    private func withPlaces(_ body: (UnsafeMutableBufferPointer<Voxel>) -> Void) {
        withExtendedLifetime(buffer) { body(places) }
    }

    private var places: UnsafeMutableBufferPointer<Voxel> {
        let bytes = UnsafeMutableRawBufferPointer(rebasing: buffer.bytes[offset...])
        return UnsafeMutableBufferPointer(rebasing: bytes.assumingMemoryBound(to: Voxel.self)[..<grid.shape.count])
    }

    /// The same voxels in another order.
    fileprivate func ordered(by order: Reorientation, file: String) throws(NIfTIError) -> VolumeBuffer {
        if order.isIdentity { return VolumeBuffer(grid: order.target, buffer: buffer, offset: offset) }
        return try VolumeBuffer(grid: order.target, file: file) { places in
            withView { order.apply($0.voxels, into: places) }
        }
    }
}

extension VolumeBuffer where Voxel == Float {
    /// The voxels with `value` in the place of those that are infinite or not numbers. Writes them where they are: the
    /// voxels that this is called on are not to be used any more.
    ///
    /// - Precondition: they come from ``NIfTIImage/floatVoxels(frame:order:)``.
    public consuming func replacingNonFinite(by value: Float) -> VolumeBuffer {
        withPlaces { voxels in
            for n in voxels.indices where !voxels[n].isFinite { voxels[n] = value }
        }
        return self
    }

    /// The volume in 16 bits. Not-a-number becomes the lowest value.
    ///
    /// - Throws: ``NIfTIError/outOfMemory(file:bytes:)`` that names `file`.
    public func quantised(_ quantisation: Quantisation, file: String) throws(NIfTIError) -> VolumeBuffer<Int16> {
        try VolumeBuffer<Int16>(grid: grid, file: file) { places in
            withView { $0.quantise(quantisation, into: places) }
        }
    }
}

extension NIfTIImage {
    /// The values of one frame in the order `order` gives, when each is exactly a whole number from -32768 to 32767,
    /// otherwise `nil`.
    ///
    /// - Throws: ``NIfTIError/outOfMemory(file:bytes:)``.
    /// - Precondition: `order` is one of a grid of this file's shape.
    public func int16Voxels(frame: Int, order: Reorientation) throws(NIfTIError) -> VolumeBuffer<Int16>? {
        if isStored(as: .int16) { return try stored(frame: frame, order) }
        var fits = true
        let converted = try VolumeBuffer<Int16>(grid: order.source, file: path) {
            fits = convert(frame: frame, to: $0) == nil
        }
        return fits ? try converted.ordered(by: order, file: path) : nil
    }

    /// The values of one frame in the order `order` gives, each rounded to single precision once, in memory of their own.
    ///
    /// - Throws: ``NIfTIError/outOfMemory(file:bytes:)``.
    /// - Precondition: `order` is one of a grid of this file's shape.
    public func floatVoxels(frame: Int, order: Reorientation) throws(NIfTIError) -> VolumeBuffer<Float> {
        let converted = try VolumeBuffer<Float>(grid: order.source, file: path) { convert(frame: frame, to: $0) }
        return try converted.ordered(by: order, file: path)
    }

    /// The values of one frame as labels in the order `order` gives; see ``labelMap(frame:)``.
    ///
    /// - Throws: ``NIfTIError/notALabel(file:voxel:frame:value:)`` with the first voxel that is none, and
    ///   ``NIfTIError/outOfMemory(file:bytes:)``.
    /// - Precondition: `order` is one of a grid of this file's shape.
    public func labelVoxels(frame: Int, order: Reorientation) throws(NIfTIError) -> VolumeBuffer<UInt8> {
        if isStored(as: .uint8) { return try stored(frame: frame, order) }
        var first: Int?
        let converted = try VolumeBuffer<UInt8>(grid: order.source, file: path) {
            first = convert(frame: frame, to: $0)
        }
        if let first { throw notALabel(first, frame: frame) }
        return try converted.ordered(by: order, file: path)
    }

    /// One frame of a file that stores what is wanted.
    private func stored<Voxel>(frame: Int, _ order: Reorientation) throws(NIfTIError) -> VolumeBuffer<Voxel> {
        precondition((0..<header.frameCount).contains(frame), "frame \(frame) of \(header.frameCount)")
        precondition(order.source.shape == header.grid.shape, "an order of another shape")
        let offset = header.voxelOffset + frame * frameVoxels * MemoryLayout<Voxel>.stride
        return try VolumeBuffer(grid: order.source, buffer: buffer, offset: offset).ordered(by: order, file: path)
    }
}
