/// How a value between voxel centres follows from the voxels around it.
public enum Interpolation: String, Hashable, Sendable, Codable, CaseIterable {
    /// The voxel whose centre is nearest; of two equally near, the one with the higher index.
    case nearest
    /// The straight line between the two neighbouring centres; constant beyond the outermost.
    case linear
    /// The cubic B-spline through all samples, with the line mirrored about its outermost centres.
    case cubic
}

/// Which interpolation an image gets along which of its axes. Labels always get the nearest voxel.
public struct ResamplingRule: Hashable, Sendable, Codable {
    /// Which axis runs through the plane, and what it gets instead of ``ResamplingRule/inPlane``.
    public enum ThroughPlane: Hashable, Sendable, Codable {
        /// No axis is special.
        case sameAsInPlane
        /// Every axis whose spacing exceeds `ratio` times the smallest of the three.
        case coarseAxes(Interpolation, ratio: Double = 3)
        /// The array axis with this number: 0 for i, 1 for j, 2 for k.
        case axis(Int, Interpolation)
    }

    /// Interpolation along axes that are not special.
    public var inPlane: Interpolation
    /// Which axes are special, and their interpolation.
    public var throughPlane: ThroughPlane

    public init(inPlane: Interpolation = .cubic, throughPlane: ThroughPlane = .sameAsInPlane) {
        (self.inPlane, self.throughPlane) = (inPlane, throughPlane)
    }

    /// Cubic B-splines along every axis.
    public static let cubic = ResamplingRule()
    /// Linear along every axis.
    public static let linear = ResamplingRule(inPlane: .linear)
    /// The nearest voxel along every axis.
    public static let nearest = ResamplingRule(inPlane: .nearest)
    /// The rule of the paper's public code: cubic B-splines along i and j, the nearest slice along k.
    public static let paperCode = ResamplingRule(inPlane: .cubic, throughPlane: .axis(2, .nearest))

    /// The interpolation along i, j and k for an image of this spacing.
    public func interpolations(for spacing: Spacing) -> [Interpolation] {
        let smallest = spacing.components.min()
        return (0..<3).map { axis in
            switch throughPlane {
            case .coarseAxes(let interpolation, let ratio) where spacing.components[axis] > ratio * smallest:
                interpolation
            case .axis(axis, let interpolation): interpolation
            default: inPlane
            }
        }
    }
}
