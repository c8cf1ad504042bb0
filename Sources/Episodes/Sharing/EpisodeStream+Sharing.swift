extension SharedSlots {
    /// The memory of a stream whose settings ask for sharing. The stream must outlive the server.
    ///
    /// - Precondition: the memory is shared.
    public init(_ memory: EpisodeMemory) {
        self.init(descriptor: memory.descriptor!, slots: memory.slots, slotBytes: memory.layout.byteCount)
    }
}

extension StreamIdentity {
    /// What a consumer is told of a stream when it connects.
    public init(_ stream: EpisodeStream, program: String) {
        let (sampler, shard) = (stream.sampler, stream.settings.shard)
        self.init(
            program: program, store: sampler.catalogue.digest.hexadecimal,
            configuration: sampler.configurationDigest.hexadecimal,
            seed: sampler.seed, rank: shard.rank, world: shard.world)
    }
}
