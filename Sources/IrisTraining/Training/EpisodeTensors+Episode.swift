import Episodes
import Tensors

extension EpisodeTensors {
    /// Copies a rendered episode into tensors. Voxels (i, j, k) with i fastest are (W, H, D) with W fastest, so the order
    /// in memory stays.
    public init(_ episode: Episode) {
        let plan = episode.plan, shape = episode.shape
        let size = [shape.k, shape.j, shape.i], voxels = shape.count
        let shots = plan.references.count, count = plan.classes.count
        let query = Tensor(uninitialized: [1] + size), targets = Tensor(uninitialized: [count] + size)
        let references = Tensor(uninitialized: [shots, 1] + size), masks = Tensor(uninitialized: [shots, count] + size)
        episode.withQueryImage { source in query.withMutableFloats { _ = $0.update(from: source) } }
        episode.withQueryMasks { source in targets.withMutableFloats { expand(source, into: $0, at: 0) } }
        for number in 0..<shots {
            episode.withReferenceImage(number) { source in
                references.withMutableFloats {
                    $0.baseAddress!.advanced(by: number * voxels).update(from: source.baseAddress!, count: voxels)
                }
            }
            episode.withReferenceMasks(number) { source in
                masks.withMutableFloats { expand(source, into: $0, at: number * count * voxels) }
            }
        }
        self.init(
            classes: plan.classes.map { ClassKey(dataset: plan.dataset, value: $0.value) }, query: query,
            references: references,
            masks: masks, targets: targets)
    }
}

private func expand(_ source: UnsafeBufferPointer<UInt8>, into target: UnsafeMutableBufferPointer<Float>, at start: Int)
{
    for index in source.indices { target[start + index] = Float(source[index]) }
}
