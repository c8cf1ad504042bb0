import CKernels
import Glibc
import Volumes

/// Applies intensity steps to one patch with as few passes over its voxels as their formulas allow.
///
/// Brightness, contrast and the end of gamma are affine once the patch's statistics are known, and the statistics of an
/// affine map follow from those of its input. Such steps are only noted in `pending`; the next step that has to touch the
/// voxels applies them on its way.
struct IntensityRun {
    private let image: UnsafeMutablePointer<Float>
    private let shape: GridShape
    private let workspace: RenderWorkspace
    /// What is still to be done to the voxels in memory.
    private var pending = iris_pointwise.identity
    /// The statistics of the voxels in memory, where known.
    private var known: iris_intensity_statistics?

    init(image: UnsafeMutablePointer<Float>, shape: GridShape, workspace: RenderWorkspace) {
        (self.image, self.shape, self.workspace) = (image, shape, workspace)
    }

    mutating func apply(_ steps: [IntensityStep]) {
        var n = 0
        while n < steps.count {
            // Noise right after a blur is added while the blurred planes are still in the cache.
            if case .gaussianBlur(let deviation) = steps[n], n + 1 < steps.count,
                case .gaussianNoise(let sigma, let key) = steps[n + 1]
            {
                blur(deviation, keep: 0, blend: 1, noise: sigma, key: key)
                n += 2
            } else {
                apply(steps[n])
                n += 1
            }
        }
        finish()
    }

    private mutating func apply(_ step: IntensityStep) {
        switch step {
        case .brightnessMultiply(let factor): pending.multiply(by: Float(factor))
        case .brightnessAdd(let offset): pending.add(Float(offset))
        case .contrast(let factor, let keepRange): contrast(Float(factor), keepRange: keepRange)
        case .gamma(let exponent, let inverted, let retain): gamma(Float(exponent), inverted: inverted, retain: retain)
        case .biasField(let coefficients, let pivot):
            withPointer(to: shape.int32Tuple) { [image, pending] shape in
                var map = pending
                iris_apply_bias_field(image, shape, &map, coefficients, Float(pivot))
            }
            changed()
        case .gaussianBlur(let deviation): blur(deviation, keep: 0, blend: 1)
        case .gaussianNoise(let sigma, let key):
            iris_add_gaussian_noise(image, shape.count, &pending, Float(sigma), key.value)
            changed()
        case .ricianNoise(let sigma, let floor, let key):
            iris_add_rician_noise(image, shape.count, &pending, Float(sigma), Float(floor), key.value)
            changed()
        case .lowResolution(let factor): lowerResolution(factor)
        case .sharpening(let amount, let sigma): blur(sigma, keep: Float(1 + amount), blend: Float(-amount))
        case .cutOut(let boxes, let value): cutOut(boxes, Float(value))
        }
    }

    /// The voxels in memory are the result of everything so far, and nothing is known about them.
    private mutating func changed() {
        pending = .identity
        known = nil
    }

    private mutating func finish() {
        guard !pending.isIdentity else { return }
        iris_apply_pointwise(image, shape.count, &pending, nil)
        changed()
    }

    /// The statistics of the voxels in memory, counted if need be.
    private mutating func statistics() -> iris_intensity_statistics {
        if let known { return known }
        var counted = iris_intensity_statistics()
        iris_intensity_statistics_of(image, shape.count, &counted)
        known = counted
        return counted
    }

    /// The lowest and highest value after what is pending. Pending maps never change the order of values, at most its sense.
    private mutating func extremes() -> (minimum: Float, maximum: Float) {
        let s = statistics()
        let a = pending(s.minimum), b = pending(s.maximum)
        return (min(a, b), max(a, b))
    }

    private mutating func contrast(_ factor: Float, keepRange: Bool) {
        let s = statistics()
        if pending.clamps(s.minimum...s.maximum) {
            // The mean of clipped values does not follow from the sums: clip now, and count on the way.
            var counted = iris_intensity_statistics()
            iris_apply_pointwise(image, shape.count, &pending, &counted)
            pending = .identity
            known = counted
        }
        pending.unclamp()
        let limits = extremes()
        let mean = Float(statistics().sum / Double(shape.count)) * pending.multiply + pending.add
        pending.multiply(by: factor)
        pending.add(mean * (1 - factor))
        if keepRange { (pending.lower, pending.upper) = limits }
    }

    private mutating func gamma(_ exponent: Float, inverted: Bool, retain: Bool) {
        let limits = extremes()
        // A constant patch has no range to bend; its values stay as they are.
        guard limits.maximum > limits.minimum, 1 / (limits.maximum - limits.minimum) < .infinity else { return }
        var before = iris_intensity_statistics(), after = iris_intensity_statistics()
        iris_apply_gamma(
            image, shape.count, &pending, limits.minimum, limits.maximum, exponent, inverted, &before, &after)
        pending = .identity
        known = after
        guard retain else { return }
        let count = Double(shape.count)
        let (oldMean, oldDeviation) = before.meanAndDeviation(count),
            (newMean, newDeviation) = after.meanAndDeviation(count)
        let factor = newDeviation > 0 ? oldDeviation / newDeviation : 1
        pending.multiply(by: Float(factor))
        pending.add(Float(oldMean - newMean * factor))
    }

    /// keep · x + blend · blurred(x), with Gaussian noise on top where `noise` is not 0.
    private mutating func blur(
        _ deviation: SIMD3<Double>, keep: Float, blend: Float, noise: Double = 0, key: RandomKey = RandomKey(0)
    ) {
        if pending.hasLimits { finish() }
        withPointer(to: shape.int32Tuple) { [image, pending, workspace] shape in
            withPointer(to: deviation.tuple) { deviation in
                var map = pending
                let scratch = workspace.scratch(bytes: iris_blur_workspace(shape, deviation))
                iris_blur(image, shape, &map, deviation, keep, blend, Float(noise), key.value, scratch)
            }
        }
        changed()
    }

    private mutating func lowerResolution(_ factor: SIMD3<Double>) {
        let coarse = (coarseSize(shape.i, factor.x), coarseSize(shape.j, factor.y), coarseSize(shape.k, factor.z))
        withPointer(to: shape.int32Tuple) { [image, pending, workspace] shape in
            withPointer(to: coarse) { coarse in
                var map = pending
                let scratch = workspace.scratch(bytes: iris_low_resolution_workspace(shape, coarse))
                iris_lower_resolution(image, shape, &map, coarse, scratch)
            }
        }
        changed()
    }

    private func coarseSize(_ size: Int, _ factor: Double) -> Int32 { Int32(max(1, (Double(size) * factor).rounded())) }

    private mutating func cutOut(_ boxes: [VoxelBox], _ value: Float) {
        finish()
        for box in boxes {
            withPointer(to: shape.int32Tuple) { [image] shape in
                withPointer(to: box.lower.int32Tuple) { lower in
                    withPointer(to: box.upper.int32Tuple) { upper in iris_fill_box(image, shape, lower, upper, value) }
                }
            }
        }
        changed()
    }
}

/// Calls `body` with three values as a C array.
private func withPointer<T>(to values: (T, T, T), _ body: (UnsafePointer<T>) -> Void) {
    withUnsafePointer(to: values) { $0.withMemoryRebound(to: T.self, capacity: 3, body) }
}

extension iris_pointwise {
    static let identity = iris_pointwise(multiply: 1, add: 0, lower: -.infinity, upper: .infinity)

    var hasLimits: Bool { lower > -.infinity || upper < .infinity }
    var isIdentity: Bool { multiply == 1 && add == 0 && !hasLimits }

    /// The value of one voxel, rounded as the kernels round it.
    func callAsFunction(_ x: Float) -> Float {
        let y = x * multiply + add
        let raised = y > lower ? y : lower
        return raised < upper ? raised : upper
    }

    /// Whether the limits change any value that comes from `range`.
    func clamps(_ range: ClosedRange<Float>) -> Bool {
        let a = range.lowerBound * multiply + add, b = range.upperBound * multiply + add
        return min(a, b) < lower || max(a, b) > upper
    }

    mutating func unclamp() { (lower, upper) = (-.infinity, .infinity) }

    mutating func multiply(by factor: Float) {
        multiply *= factor
        add *= factor
        let ends = (lower * factor, upper * factor)
        // A factor of 0 would make 0 · infinity; the result is the constant `add` whatever the limits were.
        (lower, upper) = factor > 0 ? ends : factor < 0 ? (ends.1, ends.0) : (-.infinity, .infinity)
    }

    mutating func add(_ offset: Float) {
        add += offset
        lower += offset
        upper += offset
    }
}

extension iris_intensity_statistics {
    /// The mean and the standard deviation (of the population) of `count` voxels.
    func meanAndDeviation(_ count: Double) -> (mean: Double, deviation: Double) {
        let mean = sum / count
        return (mean, max(0, sum_of_squares / count - mean * mean).squareRoot())
    }
}
