import Volumes

/// What a model says of an image: per class, how probable it is that a voxel belongs to it.
public struct Segmentation: Sendable {
    /// The image's prepared grid.
    public let grid: Grid
    /// The classes segmented; classes asked for of which no embedding was known are not among them.
    public let classes: [TaskClass]
    /// Per class, a probability for each voxel of ``grid``. Classes are judged one by one, so they need not sum to 1.
    public let probabilities: [[Float]]
    /// Per voxel, how undecided the ensemble's members are together: the entropy in bits (0 to 1) of the mean of their
    /// probabilities, of the class where it is greatest. `nil` when not asked for.
    public let uncertainty: [Float]?

    /// - Precondition: there is a map per class, and every map fills the grid.
    public init(grid: Grid, classes: [TaskClass], probabilities: [[Float]], uncertainty: [Float]?) {
        precondition(
            probabilities.count == classes.count
                && (probabilities + [uncertainty].compactMap { $0 }).allSatisfy { $0.count == grid.shape.count },
            "the maps of a segmentation do not fit its grid and classes")
        (self.grid, self.classes, self.probabilities) = (grid, classes, probabilities)
        self.uncertainty = uncertainty
    }

    /// The most probable class of each voxel whose probability is above one half, else 0; of equally probable ones the
    /// first.
    public func labels() -> LabelMap {
        LabelMap(unchecked: grid, voxels: Self.decide(probabilities, classes, count: grid.shape.count))
    }

    /// The labels on another grid: probabilities are interpolated linearly and only then compared, so that borders are as
    /// smooth as the grid allows and no label is ever interpolated.
    ///
    /// Beyond the outermost voxel centres of the prepared grid a probability stays what it is there for one and a half
    /// voxels, which reaches to the end of any image that was resampled to it; further out there is background.
    public func labels(onto target: Grid) -> LabelMap {
        LabelMap(
            unchecked: target,
            voxels: Self.decide(count: target.shape.count, classes) { probability(of: $0, onto: target).voxels })
    }

    /// The probability of the class at `place` of ``classes`` on another grid, interpolated as for ``labels(onto:)``.
    public func probability(of place: Int, onto target: Grid) -> Volume<Float> {
        Volume(unchecked: grid, voxels: probabilities[place]).interpolated(onto: target)
    }

    /// ``uncertainty`` on another grid.
    public func uncertainty(onto target: Grid) -> Volume<Float>? {
        uncertainty.map { Volume(unchecked: grid, voxels: $0).interpolated(onto: target) }
    }

    private static func decide(_ probabilities: [[Float]], _ classes: [TaskClass], count: Int) -> [UInt8] {
        decide(count: count, classes) { probabilities[$0] }
    }

    /// Takes the classes one after the other, so that only one needs to be at hand.
    private static func decide(count: Int, _ classes: [TaskClass], _ probabilities: (Int) -> [Float]) -> [UInt8] {
        var labels = [UInt8](repeating: 0, count: count), best = [Float](repeating: 0.5, count: count)
        for (place, entry) in classes.enumerated() {
            let own = probabilities(place)
            labels.withUnsafeMutableBufferPointer { labels in
                best.withUnsafeMutableBufferPointer { best in
                    own.withUnsafeBufferPointer { own in
                        for voxel in 0..<count where own[voxel] > best[voxel] {
                            best[voxel] = own[voxel]
                            labels[voxel] = entry.value
                        }
                    }
                }
            }
        }
        return labels
    }
}

extension Volume {
    /// A volume whose array is known to fill the grid.
    init(unchecked grid: Grid, voxels: [Voxel]) { self = try! Volume(grid: grid, voxels: voxels) }
}

extension Volume where Voxel == Float {
    /// Linear interpolation on another grid; constant for one and a half voxels beyond the outermost centres, then 0.
    fileprivate func interpolated(onto target: Grid) -> Volume<Float> {
        if target == grid { return self }
        return paddedByOne().resampled(onto: target, interpolation: .linear, outside: 0)
    }

    /// The volume with its outermost voxels repeated once on either side of each axis.
    private func paddedByOne() -> Volume<Float> {
        let shape = grid.shape
        // Two voxels more overflow no size that was allocated before.
        let padded = Grid(
            shape: try! GridShape(shape.i + 2, shape.j + 2, shape.k + 2),
            affine: grid.affine.shifted(by: SIMD3(-1, -1, -1)))
        var result = [Float](repeating: 0, count: padded.shape.count)
        result.withUnsafeMutableBufferPointer { result in
            voxels.withUnsafeBufferPointer { voxels in
                for k in 0..<padded.shape.k {
                    for j in 0..<padded.shape.j {
                        let source = shape.offset(0, min(max(j - 1, 0), shape.j - 1), min(max(k - 1, 0), shape.k - 1))
                        let target = padded.shape.offset(0, j, k)
                        for i in 0..<padded.shape.i {
                            result[target + i] = voxels[source + min(max(i - 1, 0), shape.i - 1)]
                        }
                    }
                }
            }
        }
        return Volume(unchecked: padded, voxels: result)
    }
}
