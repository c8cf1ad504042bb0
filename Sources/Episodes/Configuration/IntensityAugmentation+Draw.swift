import RandomNumbers
import Volumes

extension IntensityAugmentation {
    /// Draws whether the step happens and with what numbers.
    ///
    /// - Parameters:
    ///   - shape: the patch's size.
    ///   - floor: the lower end of the case's clip window in normalised units, which stands for no signal.
    func draw(shape: GridShape, floor: Double, using generator: inout Philox) -> IntensityStep? {
        guard generator.uniform() < probability else { return nil }
        switch step {
        case .brightnessMultiply(let factor):
            return .brightnessMultiply(factor: factor.draw(using: &generator))
        case .brightnessAdd(let offset):
            return .brightnessAdd(offset: offset.draw(using: &generator))
        case .brightnessAddNormal(let deviation):
            return .brightnessAdd(offset: (generator.normal() * deviation).roundedForPlans)
        case .contrast(let factor, let keepRange):
            return .contrast(factor: factor.draw(using: &generator), keepRange: keepRange)
        case .gamma(let exponent, let inverted, let retainStatistics):
            return .gamma(
                exponent: exponent.draw(using: &generator), inverted: inverted, retainStatistics: retainStatistics)
        case .biasField(let strength):
            let limit = strength.draw(using: &generator)
            let coefficients = (0..<20).map { _ in (limit * (2 * generator.uniform() - 1)).roundedForPlans }
            return .biasField(coefficients: coefficients, pivot: floor.roundedForPlans)
        case .gaussianBlur(let sigma, let anisotropic):
            return .gaussianBlur(sigma: sigma.drawAxes(anisotropic, using: &generator))
        case .gaussianNoise(let sigma):
            return .gaussianNoise(sigma: sigma.draw(using: &generator), key: RandomKey(generator.next()))
        case .ricianNoise(let sigma):
            return .ricianNoise(
                sigma: sigma.draw(using: &generator), floor: floor.roundedForPlans, key: RandomKey(generator.next()))
        case .lowResolution(let factor, let anisotropic):
            return .lowResolution(factor: factor.drawAxes(anisotropic, using: &generator))
        case .sharpening(let amount, let sigma):
            return .sharpening(
                amount: amount.draw(using: &generator), sigma: sigma.drawAxes(false, using: &generator))
        case .cutOut(let count, let side):
            let boxes = (0..<count.lowerBound + generator.index(below: count.count)).map { _ in
                VoxelBox.drawn(in: shape, side: side, using: &generator)
            }
            return .cutOut(boxes: boxes, value: 0)
        }
    }
}

extension NumberRange {
    fileprivate func drawAxes(_ anisotropic: Bool, using generator: inout Philox) -> SIMD3<Double> {
        let i = draw(using: &generator)
        return anisotropic ? SIMD3(i, draw(using: &generator), draw(using: &generator)) : SIMD3(repeating: i)
    }
}

extension VoxelBox {
    /// A box inside the patch, at least one voxel wide, whose sides are fractions of the patch's.
    fileprivate static func drawn(in shape: GridShape, side: NumberRange, using generator: inout Philox) -> VoxelBox {
        var lower = SIMD3<Int>.zero, upper = SIMD3<Int>.zero
        for axis in 0..<3 {
            let length = shape.components[axis]
            let size = min(max(Int((side.draw(using: &generator) * Double(length)).rounded()), 1), length)
            lower[axis] = generator.index(below: length - size + 1)
            upper[axis] = lower[axis] + size
        }
        return VoxelBox(lower: lower, upper: upper)
    }
}

extension EpisodeConfiguration.MaskPerturbation {
    /// Draws whether a mask is changed and how.
    func draw(mask: Int, keepAtLeast: Int, using generator: inout Philox) -> MaskChange? {
        guard generator.uniform() < probability else { return nil }
        let kinds = (radius > 0 ? 2 : 0) + (shift > 0 ? 1 : 0)
        guard kinds > 0 else { return nil }
        let kind = generator.index(below: kinds)
        if radius > 0, kind < 2 {
            let drawn = 1 + generator.index(below: radius)
            return MaskChange(
                mask: mask, kind: kind == 0 ? .grow(radius: drawn) : .shrink(radius: drawn), keepAtLeast: keepAtLeast)
        }
        func offset() -> Int { generator.index(below: 2 * shift + 1) - shift }
        let moved = SIMD3(offset(), offset(), offset())
        return MaskChange(mask: mask, kind: .shift(offset: moved), keepAtLeast: keepAtLeast)
    }
}
