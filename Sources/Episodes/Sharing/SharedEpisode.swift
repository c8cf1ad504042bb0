/// An episode that lies in a slot of memory that a consumer has mapped.
public struct SharedEpisode: Sendable {
    /// The number of the slot that holds the voxels.
    public let slot: Int
    /// The episode's index.
    public let index: UInt64
    /// Where in the slot each array lies.
    public let arrays: [SharedArray]
    /// The plan's canonical JSON.
    public let plan: String
    /// Continues after this episode.
    public let resumeToken: String
    /// Kept until the consumer releases the slot.
    public let content: any Sendable

    public init(
        slot: Int, index: UInt64, arrays: [SharedArray], plan: String, resumeToken: String, content: any Sendable
    ) {
        (self.slot, self.index, self.arrays) = (slot, index, arrays)
        (self.plan, self.resumeToken, self.content) = (plan, resumeToken, content)
    }

    /// The episode of a batch of one that a stream with shared memory delivered. Holds the batch, and so its slot.
    ///
    /// - Precondition: the batch comes from a stream and holds one episode.
    public init(_ batch: RenderedBatch) {
        precondition(batch.count == 1, "a slot of the stream protocol holds one episode")
        let plan = batch.plans[0]
        self.init(
            slot: batch.slot, index: plan.index, arrays: batch.layout.arrays(of: plan), plan: plan.json,
            resumeToken: batch.resumeToken!.description, content: batch)
    }
}

extension EpisodeLayout {
    /// The parts of the four arrays that an episode fills when its batch has no other.
    func arrays(of plan: EpisodePlan) -> [SharedArray] {
        let voxels = [shape.k, shape.j, shape.i]
        let (references, classes) = (plan.references.count, plan.classes.count)
        let voxelSteps = [shape.j * shape.i, shape.i, 1]
        let floatSteps = voxelSteps.map { 4 * $0 }
        return [
            SharedArray(
                name: "query", type: "float32", shape: [1] + voxels, strides: [4 * shape.count] + floatSteps,
                offset: queryImages),
            SharedArray(
                name: "references", type: "float32", shape: [references, 1] + voxels,
                strides: [4 * shape.count, 4 * shape.count] + floatSteps, offset: referenceImages),
            // The layout has room for the most classes of any episode, so this one's references may lie apart.
            SharedArray(
                name: "reference_masks", type: "uint8", shape: [references, classes] + voxels,
                strides: [self.classes * shape.count, shape.count] + voxelSteps, offset: referenceMasks),
            SharedArray(
                name: "query_masks", type: "uint8", shape: [classes] + voxels, strides: [shape.count] + voxelSteps,
                offset: queryMasks),
        ]
    }
}
