import CKernels

/// How intensities are kept as 16-bit integers: intensity = stored · slope + intercept.
public struct Quantisation: Hashable, Sendable, Codable {
    /// An intensity is a stored integer times slope plus intercept.
    public let slope, intercept: Double

    /// - Precondition: both are finite and the slope is not 0.
    public init(slope: Double, intercept: Double) {
        precondition(slope.isFinite && slope != 0 && intercept.isFinite, "slope \(slope), intercept \(intercept)")
        (self.slope, self.intercept) = (slope, intercept)
    }

    /// Whole numbers kept as they are.
    public static let identity = Quantisation(slope: 1, intercept: 0)

    /// The nearest stored value, ties to even, of an intensity; beyond 16 bits the nearest end.
    public func stored(_ intensity: Double) -> Int16 { Int16(clampingRounded: (intensity - intercept) / slope) }

    /// The intensity of a stored integer.
    public func intensity(_ stored: Int16) -> Double { Double(stored) * slope + intercept }

    var kernelArguments: iris_quantisation {
        iris_quantisation(
            scale: Float(1 / slope), offset: Float(-intercept / slope), low: Float(Int16.min), high: Float(Int16.max))
    }
}

extension Volume where Voxel == Float {
    /// The volume in 16 bits. Not-a-number becomes the lowest value.
    public func quantised(_ quantisation: Quantisation) -> Volume<Int16> {
        let stored = [Int16](voxels: voxels.count) { stored in
            withView { $0.quantise(quantisation, into: UnsafeMutableBufferPointer(start: stored, count: voxels.count)) }
        }
        return Volume<Int16>(unchecked: grid, voxels: stored)
    }
}

extension VolumeView where Voxel == Float {
    /// Writes the volume in 16 bits to `stored`, which may be uninitialised. Not-a-number becomes the lowest value.
    ///
    /// - Precondition: there are as many places as voxels, somewhere else.
    public func quantise(_ quantisation: Quantisation, into stored: UnsafeMutableBufferPointer<Int16>) {
        precondition(stored.count == voxels.count, "\(stored.count) places for \(voxels.count) voxels")
        var arguments = quantisation.kernelArguments
        iris_quantise(voxels.baseAddress, voxels.count, &arguments, stored.baseAddress)
    }
}

extension Volume {
    /// A volume whose array is known to fill the grid.
    init(unchecked grid: Grid, voxels: [Voxel]) { self = try! Volume(grid: grid, voxels: voxels) }
}
