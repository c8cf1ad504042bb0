import Digests
import Volumes

/// One episode: references with masks and a query with masks. Holds its batch, and so its memory.
public struct Episode: Sendable {
    /// The batch that holds the voxels.
    public let batch: RenderedBatch
    /// The episode's place in its batch.
    public let place: Int

    /// What decided the voxels.
    public var plan: EpisodePlan { batch.plans[place] }
    /// The patch's size along i, j and k.
    public var shape: GridShape { batch.layout.shape }

    /// Calls `body` with the query image, [D, H, W]. The memory is valid during the call.
    public func withQueryImage<Result>(_ body: (UnsafeBufferPointer<Float>) throws -> Result) rethrows -> Result {
        try lend(batch.destination(place).queryImage, shape.count, body)
    }

    /// Calls `body` with the query's masks, [classes of the plan, D, H, W].
    public func withQueryMasks<Result>(_ body: (UnsafeBufferPointer<UInt8>) throws -> Result) rethrows -> Result {
        try lend(batch.destination(place).queryMasks, plan.classes.count * shape.count, body)
    }

    /// Calls `body` with the image of a reference, [D, H, W].
    public func withReferenceImage<Result>(_ number: Int, _ body: (UnsafeBufferPointer<Float>) throws -> Result)
        rethrows -> Result
    {
        precondition(plan.references.indices.contains(number), "the episode has \(plan.references.count) references")
        return try lend(batch.destination(place).referenceImage(number), shape.count, body)
    }

    /// Calls `body` with the masks of a reference, [classes of the plan, D, H, W].
    public func withReferenceMasks<Result>(_ number: Int, _ body: (UnsafeBufferPointer<UInt8>) throws -> Result)
        rethrows -> Result
    {
        precondition(plan.references.indices.contains(number), "the episode has \(plan.references.count) references")
        return try lend(batch.destination(place).referenceMasks(number), plan.classes.count * shape.count, body)
    }

    private func lend<Element, Result>(
        _ start: UnsafeMutablePointer<Element>, _ count: Int, _ body: (UnsafeBufferPointer<Element>) throws -> Result
    ) rethrows -> Result {
        try withExtendedLifetime(batch) { try body(UnsafeBufferPointer(start: start, count: count)) }
    }

    /// SHA-256 over each reference's image and masks, then the query's image and masks, as they lie in memory: little-endian
    /// float32 and bytes, without padding.
    public var digest: SHA256Digest {
        let hasher = SHA256Hasher()
        for number in plan.references.indices {
            withReferenceImage(number) { hasher.update(UnsafeRawBufferPointer($0)) }
            withReferenceMasks(number) { hasher.update(UnsafeRawBufferPointer($0)) }
        }
        withQueryImage { hasher.update(UnsafeRawBufferPointer($0)) }
        withQueryMasks { hasher.update(UnsafeRawBufferPointer($0)) }
        return hasher.finish()
    }
}
