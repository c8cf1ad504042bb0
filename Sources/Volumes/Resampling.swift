import CKernels

/// The number types that images are resampled from and to: `Int16` and `Float`.
public protocol ResampledVoxel: VoxelScalar {
    /// For the kernels.
    static var sampleType: iris_sample_type { get }
}

extension Int16: ResampledVoxel { public static var sampleType: iris_sample_type { IRIS_SAMPLE_INT16 } }
extension Float: ResampledVoxel { public static var sampleType: iris_sample_type { IRIS_SAMPLE_FLOAT } }

extension Volume where Voxel: ResampledVoxel {
    /// The image at another spacing, on `grid.resampled(to: spacing)`. docs/resampling.md states grid and boundary rules.
    ///
    /// - Parameters:
    ///   - spacing: the voxel size of the new grid, in mm.
    ///   - rule: how intensities between voxels are found.
    ///   - box: the part of the new grid that is wanted; all of it by default. The result is the same as cropping
    ///     afterwards, but only what the box needs is computed.
    /// - Throws: `GeometryError.invalidShape` when the new grid does not fit in memory.
    public func resampled(to spacing: Spacing, rule: ResamplingRule = .cubic, box: VoxelBox? = nil)
        throws(GeometryError)
        -> Volume<Float>
    {
        try withView { (view) throws(GeometryError) in
            try view.resampled(to: spacing, rule: rule, box: box, quantisation: nil)
        }
    }

    /// The same in 16 bits, rounded once, from the interpolated float: ties to even, beyond 16 bits the nearest end.
    public func resampledAndQuantised(
        to spacing: Spacing, _ quantisation: Quantisation, rule: ResamplingRule = .cubic, box: VoxelBox? = nil
    ) throws(GeometryError) -> Volume<Int16> {
        try withView { (view) throws(GeometryError) in
            try view.resampled(to: spacing, rule: rule, box: box, quantisation: quantisation)
        }
    }
}

extension VolumeView where Voxel: ResampledVoxel {
    /// Writes the image at another spacing to `output`, which may be uninitialised; see ``Volume/resampled(to:rule:box:)``.
    ///
    /// - Precondition: `output` has as many places as `box` voxels, outside of this volume.
    public func resample(
        to spacing: Spacing, rule: ResamplingRule = .cubic, box: VoxelBox,
        into output: UnsafeMutableBufferPointer<Float>
    ) throws(GeometryError) {
        let shape = try grid.resampled(to: spacing).cropped(to: box).shape
        precondition(output.count == shape.count, "\(output.count) places for the shape \(shape.components)")
        passes(to: spacing, rule: rule, box: box, quantisation: nil).run(voxels.baseAddress!, output.baseAddress!)
    }

    fileprivate func resampled<Output: ResampledVoxel>(
        to spacing: Spacing, rule: ResamplingRule, box: VoxelBox?, quantisation: Quantisation?
    ) throws(GeometryError) -> Volume<Output> {
        let target = try grid.resampled(to: spacing)
        let box = box ?? VoxelBox(target.shape)
        let passes = passes(to: spacing, rule: rule, box: box, quantisation: quantisation)
        let result = target.cropped(to: box)
        let resampled = [Output](voxels: result.shape.count) { passes.run(voxels.baseAddress!, $0) }
        return Volume<Output>(unchecked: result, voxels: resampled)
    }

    private func passes(to spacing: Spacing, rule: ResamplingRule, box: VoxelBox, quantisation: Quantisation?)
        -> ResamplingPasses
    {
        let interpolations = rule.interpolations(for: grid.spacing)
        let axes = (0..<3).map { axis in
            ResamplingAxis(
                size: grid.shape.components[axis], spacing: grid.spacing.components[axis],
                target: spacing.components[axis], outputs: box.lower[axis]..<box.upper[axis],
                interpolation: interpolations[axis])
        }
        return ResamplingPasses(axes: axes, shape: grid.shape, quantisation: quantisation)
    }
}
