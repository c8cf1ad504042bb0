import Digests
import Volumes

/// Some episodes side by side in one slot of memory. Letting go of it gives the slot back to the stream.
public final class RenderedBatch: Sendable {
    /// What decided the voxels of each episode.
    public let plans: [EpisodePlan]
    /// Where the arrays lie.
    public let layout: EpisodeLayout
    /// The number of the slot.
    public let slot: Int
    /// Continues the stream after this batch; `nil` for a batch that came from no stream.
    public let resumeToken: ResumeToken?
    private let memory: EpisodeMemory
    private let giveBack: (@Sendable (Int) -> Void)?

    init(
        plans: [EpisodePlan], memory: EpisodeMemory, slot: Int = 0, resumeToken: ResumeToken? = nil,
        giveBack: (@Sendable (Int) -> Void)? = nil
    ) {
        (self.plans, self.memory, self.slot) = (plans, memory, slot)
        (self.resumeToken, self.giveBack) = (resumeToken, giveBack)
        layout = memory.layout
    }

    deinit { giveBack?(slot) }

    /// The number of episodes; below `layout.batch` only at the end of a stream that ends.
    public var count: Int { plans.count }

    /// The episode at a place, counted from 0.
    public subscript(place: Int) -> Episode {
        precondition(plans.indices.contains(place), "the batch has \(plans.count) episodes")
        return Episode(batch: self, place: place)
    }

    /// For each episode and class of the layout, whether the class is one of the episode's; others are padding.
    public var classValidity: [[Bool]] { plans.map { plan in (0..<layout.classes).map { $0 < plan.classes.count } } }

    /// For each episode and reference of the layout, whether it is one of the episode's; others are padding.
    public var referenceValidity: [[Bool]] {
        plans.map { plan in (0..<layout.references).map { $0 < plan.references.count } }
    }

    /// Calls `body` with all query images, [B, 1, D, H, W]. The memory is valid during the call.
    public func withQueryImages<Result>(_ body: (UnsafeBufferPointer<Float>) throws -> Result) rethrows -> Result {
        try lend(layout.queryImages, layout.batch, body)
    }

    /// Calls `body` with all reference images, [B, R, 1, D, H, W].
    public func withReferenceImages<Result>(_ body: (UnsafeBufferPointer<Float>) throws -> Result) rethrows -> Result {
        try lend(layout.referenceImages, layout.batch * layout.references, body)
    }

    /// Calls `body` with all query masks, [B, K, D, H, W].
    public func withQueryMasks<Result>(_ body: (UnsafeBufferPointer<UInt8>) throws -> Result) rethrows -> Result {
        try lend(layout.queryMasks, layout.batch * layout.classes, body)
    }

    /// Calls `body` with all reference masks, [B, R, K, D, H, W].
    public func withReferenceMasks<Result>(_ body: (UnsafeBufferPointer<UInt8>) throws -> Result) rethrows -> Result {
        try lend(layout.referenceMasks, layout.batch * layout.references * layout.classes, body)
    }

    private func lend<Element, Result>(
        _ offset: Int, _ patches: Int, _ body: (UnsafeBufferPointer<Element>) throws -> Result
    ) rethrows -> Result {
        let start = (memory.slot(slot) + offset).assumingMemoryBound(to: Element.self)
        return try withExtendedLifetime(self) {
            try body(UnsafeBufferPointer(start: start, count: patches * layout.shape.count))
        }
    }

    func destination(_ place: Int) -> EpisodeDestination {
        EpisodeDestination(layout: layout, slot: memory.slot(slot), place: place)
    }
}
