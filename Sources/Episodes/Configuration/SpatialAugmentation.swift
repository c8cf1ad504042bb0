/// How patches are turned, stretched, moved, bent and flipped.
///
/// Each step happens with its probability, independently for every patch. Angles are in degrees, distances in mm.
public struct SpatialAugmentation: Hashable, Sendable, Codable {
    /// A step that draws one number for each axis.
    public struct AxisStep: Hashable, Sendable, Codable {
        /// How often the step happens, 0 to 1.
        public var probability: Double
        /// What is drawn from, for each axis.
        public var range: AxisRanges

        public init(probability: Double, range: AxisRanges) { (self.probability, self.range) = (probability, range) }
    }

    /// Stretching. A factor above 1 takes in more of the source, so things look smaller.
    public struct Scale: Hashable, Sendable, Codable {
        /// How often the step happens, 0 to 1.
        public var probability: Double
        /// What the factors are drawn from.
        public var range: NumberRange
        /// Whether each axis draws a factor of its own.
        public var anisotropic: Bool

        public init(probability: Double, range: NumberRange, anisotropic: Bool) {
            (self.probability, self.range, self.anisotropic) = (probability, range, anisotropic)
        }
    }

    /// A smooth random displacement by cubic B-splines.
    public struct Elastic: Hashable, Sendable, Codable {
        /// How often the step happens, 0 to 1.
        public var probability: Double
        /// Control points along each axis, 4 to 32.
        public var controlPoints: Int
        /// The largest displacement of a control point, in mm; drawn once for all axes.
        public var millimetres: NumberRange

        public init(probability: Double, controlPoints: Int, millimetres: NumberRange) {
            (self.probability, self.controlPoints, self.millimetres) = (probability, controlPoints, millimetres)
        }
    }

    /// Reversing axes. Store volumes are RAS, so axis i runs from the patient's left to the right.
    public struct FlipProbabilities: Hashable, Sendable, Codable {
        /// What becomes of left and right when axis i is reversed.
        public enum Laterality: String, CaseIterable, Sendable, Codable {
            /// Each patch flips on its own; paired classes such as left and right kidney are exchanged.
            case swap
            /// All patches of an episode flip alike, and classes keep their values.
            case together
        }

        /// How often the axis is reversed, 0 to 1.
        public var i, j, k: Double
        /// What becomes of left and right when axis i is reversed.
        public var laterality: Laterality

        public init(i: Double = 0, j: Double = 0, k: Double = 0, laterality: Laterality = .swap) {
            (self.i, self.j, self.k, self.laterality) = (i, j, k, laterality)
        }
    }

    /// Angles about the axes, degrees.
    public var rotation: AxisStep?
    /// Stretching; `nil` for none.
    public var scale: Scale?
    /// Shear factors i per j, i per k and j per k.
    public var shear: AxisStep?
    /// Millimetres along the axes.
    public var translation: AxisStep?
    /// Smooth displacement; `nil` for none.
    public var elastic: Elastic?
    /// Reversing axes; `nil` for none.
    public var flips: FlipProbabilities?

    public init() {}
}
