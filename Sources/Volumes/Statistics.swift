import CKernels

/// What can be said of a set of intensities. Not-a-number and infinities are counted and otherwise left out.
public struct IntensityStatistics: Hashable, Sendable {
    /// The number of finite intensities.
    public var count: Int
    /// The number of intensities that are not-a-number or infinite.
    public var nonFinite: Int
    /// The extremes of the finite values.
    public var minimum, maximum: Double
    /// The mean of the finite values.
    public var mean: Double
    /// The population standard deviation: divided by `count`, not by `count - 1`.
    public var standardDeviation: Double
}

extension Volume where Voxel == Int16 {
    /// The statistics of all voxels, from exact sums.
    public func statistics() -> IntensityStatistics { withView { $0.statistics() } }
}

extension VolumeView where Voxel == Int16 {
    /// The statistics of all voxels, from exact sums.
    public func statistics() -> IntensityStatistics {
        let moments = iris_moments_int16(voxels.baseAddress, voxels.count)
        let (count, sum) = (Int128(moments.count), Int128(moments.sum))
        // count · squares - sum² is exact in 128 bits, so nothing cancels.
        let variance = Double(count * Int128(moments.squares) - sum * sum) / (Double(count) * Double(count))
        return IntensityStatistics(
            count: Int(moments.count), nonFinite: 0, minimum: Double(moments.min), maximum: Double(moments.max),
            mean: Double(sum) / Double(count), standardDeviation: variance.squareRoot())
    }
}

extension Volume where Voxel == Float {
    /// The statistics of the voxels where `mask` is not 0, or of all; `nil` when none of them is finite.
    ///
    /// - Parameters:
    ///   - mask: on the same grid; all voxels count when `nil`.
    ///   - window: when given, mean and standard deviation are those of the intensities clamped to it. Minimum and
    ///     maximum are always those found.
    /// - Precondition: the mask has the volume's shape.
    public func statistics(where mask: LabelMap? = nil, clampedTo window: ClosedRange<Float>? = nil)
        -> IntensityStatistics?
    {
        withView { $0.statistics(where: mask, clampedTo: window) }
    }
}

extension VolumeView where Voxel == Float {
    /// See ``Volume/statistics(where:clampedTo:)``.
    public func statistics(where mask: LabelMap? = nil, clampedTo window: ClosedRange<Float>? = nil)
        -> IntensityStatistics?
    {
        let window = window ?? -Float.greatestFiniteMagnitude...Float.greatestFiniteMagnitude
        // A first pass finds the mean, so that the second's squares are those of small numbers.
        let first = moments(mask, window, shift: 0)
        guard first.count > 0 else { return nil }
        let shift = Float(first.sum / Double(first.count))
        let second = moments(mask, window, shift: shift)
        let count = Double(second.count), offset = second.sum / count
        return IntensityStatistics(
            count: Int(second.count), nonFinite: Int(second.non_finite), minimum: Double(second.min),
            maximum: Double(second.max), mean: Double(shift) + offset,
            standardDeviation: max(0, second.squares / count - offset * offset).squareRoot())
    }

    private func moments(_ mask: LabelMap?, _ window: ClosedRange<Float>, shift: Float) -> iris_moments_real {
        withVoxels(and: mask) { iris_moments_float($0, $1, $2, window.lowerBound, window.upperBound, shift) }
    }
}

extension VolumeView {
    /// The voxels and the mask, if any, as the kernels take them.
    func withVoxels<Result>(
        and mask: LabelMap?, _ body: (UnsafePointer<Voxel>, UnsafePointer<UInt8>?, Int) -> Result
    ) -> Result {
        if let mask {
            precondition(
                mask.grid.shape == grid.shape,
                "the mask has \(mask.grid.shape.components) voxels, the volume \(grid.shape.components)")
        }
        guard let mask else { return body(voxels.baseAddress!, nil, voxels.count) }
        return mask.voxels.withUnsafeBufferPointer { body(voxels.baseAddress!, $0.baseAddress!, voxels.count) }
    }
}
