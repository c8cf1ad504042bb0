import VolumeStore
import Volumes

/// Everything that decides the voxels of one patch, resolved to numbers: replaying a plan against the same store gives the
/// same bits on the same instruction set.
public struct PatchPlan: Hashable, Sendable, Codable {
    /// The prepared case that is read.
    public var source: CaseKey
    /// The patch's size along i, j and k.
    public var shape: GridShape
    /// Where each patch voxel comes from: crop, rotation, scale, shear, translation and flips in one map.
    public var map: VoxelMap
    /// A smooth displacement added to the mapped places.
    public var elastic: ElasticDeformation?
    /// What voxels outside the source hold. Their label is 0.
    public var padding: Padding = .windowMinimum
    /// The axes that `map` reverses: for the reader of a plan, since the map already does it.
    public var flips = Flips()
    /// Label values that are exchanged, because a flip turned left into right. Empty when nothing is.
    public var labelSwaps: [LabelSwap] = []
    /// Changes of the intensities, first to last.
    public var intensity: [IntensityStep] = []
    /// The label values, after swaps, that become masks, in this order.
    public var maskValues: [UInt8] = []

    public init(source: CaseKey, shape: GridShape, map: VoxelMap) {
        (self.source, self.shape, self.map) = (source, shape, map)
    }

    /// What voxels outside the source hold, in normalised units.
    public enum Padding: Hashable, Sendable, Codable {
        /// The lower end of the case's clip window.
        case windowMinimum
        /// A value, held within the clip window and rounded to the source's quantisation step.
        case constant(value: Double)
    }
}

/// Two label values that change places.
public struct LabelSwap: Hashable, Sendable, Codable {
    /// The two label values that change places.
    public var first, second: UInt8

    public init(_ first: UInt8, _ second: UInt8) { (self.first, self.second) = (first, second) }
}

extension GridShape: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let sizes = try container.decode([Int].self)
        guard sizes.count == 3, let shape = try? GridShape(sizes[0], sizes[1], sizes[2]) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "expected three sizes of at least 1 but found \(sizes)")
        }
        self = shape
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode([i, j, k])
    }
}
