import Tensors

/// One episode as the network takes it. This is the place where voxel axes (i, j, k) become tensor axes (W, H, D).
public struct EpisodeTensors: Sendable {
    /// The episode's classes; masks and targets come in this order.
    public let classes: [ClassKey]
    /// 1, D, H, W.
    public let query: Tensor
    /// R, 1, D, H, W.
    public let references: Tensor
    /// R, K, D, H, W, values 0 and 1.
    public let masks: Tensor
    /// K, D, H, W, values 0 and 1.
    public let targets: Tensor

    /// - Precondition: the shapes are as documented.
    public init(classes: [ClassKey], query: Tensor, references: Tensor, masks: Tensor, targets: Tensor) {
        let size = Array(query.shape.dropFirst())
        precondition(
            query.shape.count == 4 && query.shape[0] == 1
                && references.shape == [references.shape[0], 1] + size
                && masks.shape == [references.shape[0], classes.count] + size
                && targets.shape == [classes.count] + size,
            "the tensors of an episode do not fit each other")
        self.classes = classes
        (self.query, self.references, self.masks, self.targets) = (query, references, masks, targets)
    }
}

/// Several episodes side by side. Fewer classes or references than the most are filled up with empty masks, which the
/// network leaves out and the loss does not count.
public struct EpisodeBatch: Sendable {
    /// Per episode, its classes in order.
    public let classes: [[ClassKey]]
    /// B, 1, D, H, W.
    public let query: Tensor
    /// B, R, 1, D, H, W.
    public let references: Tensor
    /// B, R, K, D, H, W.
    public let masks: Tensor
    /// B, K, D, H, W.
    public let targets: Tensor

    /// - Precondition: there is an episode, and all patches have one size.
    public init(_ episodes: [EpisodeTensors]) {
        let size = Array(episodes[0].query.shape.dropFirst()), voxels = size.reduce(1, *)
        precondition(
            episodes.allSatisfy { Array($0.query.shape.dropFirst()) == size }, "patches of one batch differ in size")
        let count = episodes.count
        let shots = episodes.map { $0.references.shape[0] }.max()!, classCount = episodes.map(\.classes.count).max()!
        classes = episodes.map(\.classes)
        query = Tensor(zeros: [count, 1] + size)
        references = Tensor(zeros: [count, shots, 1] + size)
        masks = Tensor(zeros: [count, shots, classCount] + size)
        targets = Tensor(zeros: [count, classCount] + size)
        for (b, episode) in episodes.enumerated() {
            copy(episode.query, 0, to: query, b * voxels, voxels)
            copy(episode.targets, 0, to: targets, b * classCount * voxels, episode.targets.count)
            for r in 0..<episode.references.shape[0] {
                copy(episode.references, r * voxels, to: references, (b * shots + r) * voxels, voxels)
                let own = episode.classes.count * voxels
                copy(episode.masks, r * own, to: masks, (b * shots + r) * classCount * voxels, own)
            }
        }
    }

    /// Per episode and class, whether it is one of the episode's own.
    public var counted: [[Bool]] { classes.map { own in (0..<targets.shape[1]).map { $0 < own.count } } }

    /// How many (episode, class) pairs count.
    public var pairCount: Int { classes.reduce(0) { $0 + $1.count } }
}

private func copy(_ source: Tensor, _ from: Int, to target: Tensor, _ place: Int, _ count: Int) {
    source.withFloats { source in
        target.withMutableFloats { target in
            target[place..<place + count].withContiguousMutableStorageIfAvailable {
                $0.baseAddress!.update(from: source.baseAddress! + from, count: count)
            }
        }
    }
}
