import CKernels

/// What is added before the activation of a residual block.
public enum Shortcut {
    case none
    /// The block's input itself.
    case identity(Variable)
    /// A projection of it, normalised like the main path.
    case normalized(Variable, InstanceNorm)
}

extension Tape {
    /// Instance normalisation, shortcut and LeakyReLU in one: `leaky(norm(x) + shortcut)` with
    /// `norm(x) = gain * (x - mean) / sqrt(variance + epsilon) + bias`, mean and (biased) variance over the voxels of each
    /// sample and channel, and `leaky(t) = t > 0 ? t : slope * t`.
    ///
    /// One pass reads x for its statistics, one more makes the result. Backward likewise: one pass for the sums, one for
    /// the gradients; only x and the result are kept.
    ///
    /// - Parameters:
    ///   - x: N, D, H, W, C.
    ///   - norm: gain, bias and epsilon.
    ///   - shortcut: what is added before the activation.
    ///   - slope: in 0 < slope <= 1; 1 means no activation.
    public func instanceNorm(_ x: Variable, _ norm: InstanceNorm, shortcut: Shortcut = .none, slope: Float) throws
        -> Variable
    {
        let name = "instance norm with \(norm.gain.name)"
        try require(x, norm, name)
        guard slope > 0, slope <= 1 else {
            throw TensorError.differentiation("\(name): the slope \(slope) is not in 0 < slope <= 1.")
        }
        let channels = x.shape[4]
        let first = statistics(of: x.value, norm)
        var second: NormStatistics?, other: Variable?
        switch shortcut {
        case .none: break
        case .identity(let input): other = input
        case .normalized(let input, let otherNorm):
            try require(input, otherNorm, name)
            other = input
            second = statistics(of: input.value, otherNorm)
        }
        if let other, other.shape != x.shape {
            throw TensorError.shapes(
                operation: name, first: "input", firstShape: x.shape, second: "shortcut", secondShape: other.shape,
                rule: "they must be equal")
        }
        if let other { try requireType(x.value.type, of: other.value, name) }
        let y = Tensor(uninitialized: x.shape, type: x.value.type)
        engine.parallelSamples(of: x.value) { sample, voxels, at in
            let c = sample * channels
            iris_tensor_norm_apply(
                y.type.kernelType, x.value.pointer + at, first.scale + c, first.offset + c,
                other.map { UnsafeRawPointer($0.value.pointer + at) }, second.map { $0.scale + c },
                second.map { $0.offset + c },
                slope, voxels, channels, y.pointer + at)
        }
        let trains = trainsParameters
        let wanted = trains || x.slot != nil || other?.slot != nil
        return record(y, wanted: wanted) {
            [engine, x = x.value, xSlot = x.slot, other = other?.value, otherSlot = other?.slot] dy in
            let sums = engine.reduceSamples(of: x, columns: 3 * channels) { sample, voxels, at, sums in
                iris_tensor_norm_gradient_sums(
                    x.type.kernelType, dy.pointer + at, y.pointer + at, slope, x.pointer + at,
                    first.mean + sample * channels,
                    other.map { UnsafeRawPointer($0.pointer + at) }, second.map { $0.mean + sample * channels }, voxels,
                    channels, sums)
            }
            let a = first.gradient(sums: sums, products: 1, trains: trains)
            let b = second.map { $0.gradient(sums: sums, products: 2, trains: trains) }
            let dx = Tensor(uninitialized: x.shape, type: x.type)
            let dother = otherSlot == nil ? nil : Tensor(uninitialized: x.shape, type: x.type)
            engine.parallelSamples(of: x) { sample, voxels, at in
                let c = sample * channels
                let withOther = dother == nil ? nil : b
                iris_tensor_norm_gradient_apply(
                    x.type.kernelType, dy.pointer + at, y.pointer + at, slope, x.pointer + at, a.floats + c,
                    a.floats + a.shape[1] + c, a.floats + 2 * a.shape[1] + c,
                    other.map { UnsafeRawPointer($0.pointer + at) },
                    withOther.map { $0.floats + c }, withOther.map { $0.floats + $0.shape[1] + c },
                    withOther.map { $0.floats + 2 * $0.shape[1] + c }, voxels, channels, dx.pointer + at,
                    dother.map { $0.pointer + at })
            }
            xSlot?.add(dx, engine: engine)
            if let dother { otherSlot?.add(dother, engine: engine) }
        }
    }

    private func require(_ x: Variable, _ norm: InstanceNorm, _ name: String) throws {
        guard x.shape.count == 5, norm.gain.shape == [x.shape[4]], norm.bias.shape == norm.gain.shape else {
            throw TensorError.shapes(
                operation: name, first: "input", firstShape: x.shape, second: "gain", secondShape: norm.gain.shape,
                rule: "the input must be N, D, H, W, C with one gain and one bias per channel")
        }
    }

    private func statistics(of x: Tensor, _ norm: InstanceNorm) -> NormStatistics {
        let channels = x.shape[4], samples = x.shape[0], voxels = x.count / max(1, samples * channels)
        let statistics = NormStatistics(samples: samples, channels: channels, voxels: voxels, norm: norm)
        // The first voxel of each sample is near enough to the mean to keep the variance from cancelling.
        let shift = x.firstVoxels()
        let sums = engine.reduceSamples(of: x, columns: 2 * channels) { sample, voxels, at, sums in
            iris_tensor_norm_sums(
                x.type.kernelType, x.pointer + at, shift.floats + sample * channels, voxels, channels, sums)
        }
        for sample in 0..<samples {
            for channel in 0..<channels {
                let index = sample * channels + channel
                let mean = sums[sample * 2 * channels + channel] / Double(voxels)
                let square = sums[sample * 2 * channels + channels + channel] / Double(voxels)
                let variance = max(0, square - mean * mean)
                let reciprocal = 1 / (variance + Double(norm.epsilon)).squareRoot()
                statistics.set(
                    index, mean: mean + Double(shift.floats[index]), reciprocal: reciprocal,
                    gain: norm.gain.value.floats[channel],
                    bias: norm.bias.value.floats[channel])
            }
        }
        return statistics
    }
}

/// Mean and reciprocal deviation of each sample and channel, and the affine map they amount to.
private final class NormStatistics {
    let samples: Int, channels: Int, voxels: Int
    let norm: InstanceNorm
    private let memory: Tensor

    init(samples: Int, channels: Int, voxels: Int, norm: InstanceNorm) {
        (self.samples, self.channels, self.voxels, self.norm) = (samples, channels, voxels, norm)
        memory = Tensor(uninitialized: [4, samples * channels])
    }

    var mean: UnsafeMutablePointer<Float> { memory.floats }
    var reciprocal: UnsafeMutablePointer<Float> { memory.floats + samples * channels }
    var scale: UnsafeMutablePointer<Float> { memory.floats + 2 * samples * channels }
    var offset: UnsafeMutablePointer<Float> { memory.floats + 3 * samples * channels }

    func set(_ index: Int, mean m: Double, reciprocal r: Double, gain: Float, bias: Float) {
        mean[index] = Float(m)
        reciprocal[index] = Float(r)
        scale[index] = Float(Double(gain) * r)
        offset[index] = Float(Double(bias) - m * Double(gain) * r)
    }

    /// Adds the gradients by gain and bias, and returns the factors p, q, r of `dx = p g + q x + r`, one row each.
    ///
    /// - Parameters:
    ///   - sums: per sample, three rows of `channels`: sums of g, and of g times the centred inputs.
    ///   - products: which of the rows belongs to this input.
    func gradient(sums: [Double], products: Int, trains: Bool) -> Tensor {
        let factors = Tensor(uninitialized: [3, samples * channels])
        let (p, q, r) = (factors.floats, factors.floats + samples * channels, factors.floats + 2 * samples * channels)
        var dgain = [Float](repeating: 0, count: channels), dbias = dgain
        for sample in 0..<samples {
            for channel in 0..<channels {
                let index = sample * channels + channel, at = sample * 3 * channels + channel
                let g = sums[at], product = sums[at + products * channels] * Double(reciprocal[index])
                dgain[channel] += Float(product)
                dbias[channel] += Float(g)
                // dx = scale (g - mean(g) - xhat mean(g xhat)), xhat = (x - mean) * reciprocal.
                let slope = Double(scale[index]) * Double(reciprocal[index]) * product / Double(voxels)
                p[index] = scale[index]
                q[index] = Float(-slope)
                r[index] = Float(slope * Double(mean[index]) - Double(scale[index]) * g / Double(voxels))
            }
        }
        if trains {
            norm.gain.addGradient(dgain)
            norm.bias.addGradient(dbias)
        }
        return factors
    }
}

extension Tensor {
    /// The channels of the first voxel of each sample, as float32.
    fileprivate func firstVoxels() -> Tensor {
        let channels = shape[4], samples = shape[0], result = Tensor(uninitialized: [samples, channels])
        for sample in 0..<samples {
            let row = Tensor(
                shape: [channels], type: type, storage: storage, offset: offset + sample * (byteCount / samples))
            let values = row.values
            for channel in 0..<channels { result.floats[sample * channels + channel] = values[channel] }
        }
        return result
    }
}

extension Engine {
    /// Runs `body` for a run of voxels of each sample on every thread; `at` is where the run begins, in bytes.
    func parallelSamples(of x: Tensor, _ body: (_ sample: Int, _ voxels: Int, _ at: Int) -> Void) {
        let channels = x.shape[4], samples = x.shape[0], voxels = x.count / max(1, samples * channels)
        guard x.count > 0 else { return }
        let row = channels * x.type.size
        parallel(voxels, grain: max(64, 4096 / max(1, channels))) { _, range in
            for sample in 0..<samples { body(sample, range.count, (sample * voxels + range.lowerBound) * row) }
        }
    }

    /// Sums over the voxels of each sample: `body` adds to `sums`, `columns` values of its own; the threads' sums are then
    /// added in order.
    func reduceSamples(
        of x: Tensor, columns: Int,
        _ body: (_ sample: Int, _ voxels: Int, _ at: Int, _ sums: UnsafeMutablePointer<Double>) -> Void
    ) -> [Double] {
        let channels = x.shape[4], samples = x.shape[0], voxels = x.count / max(1, samples * channels)
        let row = channels * x.type.size, width = samples * columns
        var total = [Double](repeating: 0, count: width)
        var partial = [Double](repeating: 0, count: width * threadCount)
        partial.withUnsafeMutableBufferPointer { buffer in
            let base = UncheckedSendablePointer(buffer.baseAddress!)
            parallel(voxels, grain: max(64, 4096 / max(1, channels))) { part, range in
                for sample in 0..<samples {
                    body(
                        sample, range.count, (sample * voxels + range.lowerBound) * row,
                        base.pointer + part * width + sample * columns)
                }
            }
        }
        for part in 0..<threadCount { for index in 0..<width { total[index] += partial[part * width + index] } }
        return total
    }
}

/// A pointer that threads may share because each writes to its own part.
struct UncheckedSendablePointer<Value>: @unchecked Sendable {
    let pointer: UnsafeMutablePointer<Value>
    init(_ pointer: UnsafeMutablePointer<Value>) { self.pointer = pointer }
}
