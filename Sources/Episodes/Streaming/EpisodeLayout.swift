import Volumes

/// Where the patches of a batch lie in one block of memory.
///
/// Four arrays follow each other, each beginning on a multiple of 4096 bytes: query images [B, 1, D, H, W] and reference
/// images [B, R, 1, D, H, W] as float32, query masks [B, K, D, H, W] and reference masks [B, R, K, D, H, W] as bytes 0 and
/// 1. D, H, W = k, j, i, so that i runs fastest. Episodes with fewer references or classes leave zeros.
public struct EpisodeLayout: Hashable, Sendable, Codable {
    /// Episodes in a batch (B).
    public let batch: Int
    /// The most references of an episode (R).
    public let references: Int
    /// The most classes of an episode (K).
    public let classes: Int
    /// The patch's size along i, j and k.
    public let shape: GridShape

    /// - Precondition: all counts are at least 1.
    public init(batch: Int = 1, references: Int, classes: Int, shape: GridShape) {
        precondition(
            batch > 0 && references > 0 && classes > 0, "a layout needs at least one episode, reference and class")
        (self.batch, self.references, self.classes, self.shape) = (batch, references, classes, shape)
    }

    /// Room for every episode of a configuration.
    public init(_ configuration: EpisodeConfiguration, batch: Int = 1) {
        self.init(
            batch: batch, references: configuration.shots.upperBound,
            classes: configuration.classes.perEpisode.upperBound,
            shape: configuration.patch.size)
    }

    /// The smallest layout that holds one plan.
    public init(_ plan: EpisodePlan) {
        self.init(
            references: max(1, plan.references.count), classes: max(1, plan.classes.count), shape: plan.query.shape)
    }

    private static func aligned(_ bytes: Int) -> Int { (bytes + 4095) / 4096 * 4096 }

    /// Byte offsets of the four arrays.
    public var queryImages: Int { 0 }
    /// The byte at which reference images begin.
    public var referenceImages: Int { Self.aligned(4 * batch * shape.count) }
    /// The byte at which query masks begin.
    public var queryMasks: Int { referenceImages + Self.aligned(4 * batch * references * shape.count) }
    /// The byte at which reference masks begin.
    public var referenceMasks: Int { queryMasks + Self.aligned(batch * classes * shape.count) }
    /// The size of the block, a multiple of 4096.
    public var byteCount: Int { referenceMasks + Self.aligned(batch * references * classes * shape.count) }
}
