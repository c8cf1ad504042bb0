import Datasets
import FoundationEssentials
import NIfTI
import Volumes
import VolumeStore

/// The intensities of a case in RAS order, in the smallest type that holds them exactly.
enum SourceVoxels {
    case int16(Volume<Int16>)
    case float(Volume<Float>)

    var grid: Grid {
        switch self {
        case .int16(let volume): volume.grid
        case .float(let volume): volume.grid
        }
    }

    /// Takes one frame out of a file.
    ///
    /// - Parameter grid: the file's grid, repaired.
    init(_ image: NIfTIImage, frame: Int, grid: Grid) {
        let order = Reorientation(of: grid, to: .ras)
        if image.header.datatype == .int16, image.header.scaling == nil {
            // The voxels go from the file's buffer to their place in one step.
            let voxels = image.withUnsafeBytes(frame: frame) { order.apply($0.bindMemory(to: Int16.self)) }
            self = .int16(try! Volume(grid: order.target, voxels: voxels))
        } else if let volume = image.int16Volume(frame: frame) {
            self = .int16(Self.ordered(volume, by: order))
        } else {
            self = .float(Self.ordered(image.volume(frame: frame), by: order))
        }
    }

    private static func ordered<Voxel>(_ volume: Volume<Voxel>, by order: Reorientation) -> Volume<Voxel> {
        let voxels = order.isIdentity ? volume.voxels : volume.voxels.withUnsafeBufferPointer(order.apply)
        // A permutation keeps the number of voxels.
        return try! Volume(grid: order.target, voxels: voxels)
    }

    /// Statistics over all voxels; `nil` when none is finite.
    func statistics() -> IntensityStatistics? {
        switch self {
        case .int16(let volume): volume.statistics()
        case .float(let volume): volume.statistics()
        }
    }

    /// Puts `value` where a voxel is not finite.
    mutating func replaceNonFinite(by value: Double) {
        guard case .float(var volume) = self else { return }
        self = .int16(try! Volume(grid: Self.empty, voxels: [0]))  // so that the array is not copied
        volume.voxels.withUnsafeMutableBufferPointer { voxels in
            for n in voxels.indices where !voxels[n].isFinite { voxels[n] = Float(value) }
        }
        self = .float(volume)
    }

    private static let empty = Grid(shape: try! GridShape(1, 1, 1), affine: Affine(spacing: try! Spacing(1, 1, 1)))

    /// The volume on a grid that may be turned.
    func resampled(onto grid: Grid, _ interpolation: Interpolation) -> Volume<Float> {
        switch self {
        case .int16(let volume): volume.resampled(onto: grid, interpolation: interpolation)
        case .float(let volume): volume.resampled(onto: grid, interpolation: interpolation)
        }
    }

    /// The part of the resampled volume inside a box of its grid.
    func resampled(to spacing: Spacing, rule: ResamplingRule, box: VoxelBox) throws(GeometryError) -> Volume<Float> {
        switch self {
        case .int16(let volume): try volume.resampled(to: spacing, rule: rule, box: box)
        case .float(let volume): try volume.resampled(to: spacing, rule: rule, box: box)
        }
    }
}
