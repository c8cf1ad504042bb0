import NIfTI
import Volumes

/// The intensities of a case in RAS order, in the smallest type that holds them exactly.
enum SourceVoxels {
    case int16(VolumeBuffer<Int16>)
    case float(VolumeBuffer<Float>)

    var grid: Grid {
        switch self {
        case .int16(let voxels): voxels.grid
        case .float(let voxels): voxels.grid
        }
    }

    /// Takes one frame out of a file.
    ///
    /// - Parameter grid: the file's grid, repaired.
    /// - Throws: `NIfTIError.outOfMemory`.
    init(_ image: NIfTIImage, frame: Int, grid: Grid) throws(NIfTIError) {
        let order = Reorientation(of: grid, to: .ras)
        if let voxels = try image.int16Voxels(frame: frame, order: order) {
            self = .int16(voxels)
        } else {
            self = .float(try image.floatVoxels(frame: frame, order: order))
        }
    }

    /// Statistics over all voxels; `nil` when none is finite.
    func statistics() -> IntensityStatistics? {
        switch self {
        case .int16(let voxels): voxels.withView { $0.statistics() }
        case .float(let voxels): voxels.withView { $0.statistics() }
        }
    }

    /// The same with `value` where a voxel is not finite.
    func replacingNonFinite(by value: Double) -> SourceVoxels {
        guard case .float(let voxels) = self else { return self }
        return .float(voxels.replacingNonFinite(by: Float(value)))
    }

    /// Writes the volume on a grid that may be turned.
    func resample(onto grid: Grid, _ interpolation: Interpolation, into places: UnsafeMutableBufferPointer<Float>) {
        switch self {
        case .int16(let voxels):
            voxels.withView { $0.resample(onto: grid, interpolation: interpolation, into: places) }
        case .float(let voxels):
            voxels.withView { $0.resample(onto: grid, interpolation: interpolation, into: places) }
        }
    }

    /// Writes the part of the resampled volume inside a box of its grid.
    ///
    /// - Precondition: the resampled grid fits in memory.
    func resample(
        to spacing: Spacing, rule: ResamplingRule, box: VoxelBox, into places: UnsafeMutableBufferPointer<Float>
    ) {
        switch self {
        case .int16(let voxels):
            voxels.withView { try! $0.resample(to: spacing, rule: rule, box: box, into: places) }
        case .float(let voxels):
            voxels.withView { try! $0.resample(to: spacing, rule: rule, box: box, into: places) }
        }
    }
}
