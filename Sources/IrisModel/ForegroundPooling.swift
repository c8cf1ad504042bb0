import Tensors

/// The weights with which the voxels of a coarse feature map enter the mean of its upsampling over a mask.
///
/// Upsampling U is linear, so the mean over a mask y of U(F) is F weighted by the adjoint of U applied to y and divided by
/// the sum of y: a table of coarse size and one matrix product, instead of features at full resolution.
struct ForegroundPooling {
    /// M, d, h, w; each map sums to 1, or to the sum of its mask where that is below 1.
    let weights: Tensor
    /// The sum of each mask.
    let sums: [Float]

    /// - Parameters:
    ///   - masks: M, D, H, W in whole multiples of `size`.
    ///   - size: d, h, w of the features.
    init(masks: Tensor, to size: [Int]) throws {
        weights = try Engine.shared.upsamplingAdjoint(of: masks, to: size)
        let length = size.reduce(1, *)
        sums = weights.withMutableFloats { values in
            (0..<masks.shape[0]).map { index in
                let map = index * length..<(index + 1) * length
                let sum = values[map].reduce(0, +), scale = 1 / max(sum, 1)
                for place in map { values[place] *= scale }
                return sum
            }
        }
    }

    /// Weights of the mean over each mask minus the mean over the whole map; M, d, h, w.
    ///
    /// What the features have in common everywhere says nothing about a structure. It would make the embeddings of all
    /// classes nearly the same, and a network that is shown nearly the same thing for each class learns their union first.
    var contrast: Tensor {
        let voxels = weights.shape[1...].reduce(1, *), share = 1 / Float(voxels)
        return Tensor(weights.values.map { $0 - share }, shape: weights.shape)
    }
}
