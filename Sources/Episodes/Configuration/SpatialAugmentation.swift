import Configuration

/// How patches are turned, stretched, moved, bent and flipped.
///
/// Each step happens with its probability, independently for every patch. Angles are in degrees, distances in mm.
public struct SpatialAugmentation: Hashable, Sendable, Codable {
    /// A step that draws one number for each axis.
    public struct AxisStep: Hashable, Sendable, Codable {
        public var probability: Double
        public var range: AxisRanges

        public init(probability: Double, range: AxisRanges) { (self.probability, self.range) = (probability, range) }
    }

    /// Stretching. A factor above 1 takes in more of the source, so things look smaller.
    public struct Scale: Hashable, Sendable, Codable {
        public var probability: Double
        public var range: NumberRange
        /// Whether each axis draws a factor of its own.
        public var anisotropic: Bool

        public init(probability: Double, range: NumberRange, anisotropic: Bool) {
            (self.probability, self.range, self.anisotropic) = (probability, range, anisotropic)
        }
    }

    /// A smooth random displacement by cubic B-splines.
    public struct Elastic: Hashable, Sendable, Codable {
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

        public var i, j, k: Double
        public var laterality: Laterality

        public init(i: Double = 0, j: Double = 0, k: Double = 0, laterality: Laterality = .swap) {
            (self.i, self.j, self.k, self.laterality) = (i, j, k, laterality)
        }
    }

    /// Angles about the axes, degrees.
    public var rotation: AxisStep?
    public var scale: Scale?
    /// Shear factors i per j, i per k and j per k.
    public var shear: AxisStep?
    /// Millimetres along the axes.
    public var translation: AxisStep?
    public var elastic: Elastic?
    public var flips: FlipProbabilities?

    public init() {}
}

extension SpatialAugmentation {
    init(_ value: YAMLValue) throws(ConfigurationError) {
        self = try value.mapping { (settings) throws(ConfigurationError) in
            var result = SpatialAugmentation()
            result.rotation = try settings.optional("rotation") { (item) throws(ConfigurationError) in
                try AxisStep(item, key: "degrees", within: -180...180)
            }
            result.scale = try settings.optional("scale", Scale.init)
            result.shear = try settings.optional("shear") { (item) throws(ConfigurationError) in
                try AxisStep(item, key: "factor", within: -1...1)
            }
            result.translation = try settings.optional("translation") { (item) throws(ConfigurationError) in
                try AxisStep(item, key: "millimetres", within: -1000...1000)
            }
            result.elastic = try settings.optional("elastic", Elastic.init)
            result.flips = try settings.optional("flips", FlipProbabilities.init)
            return result
        }
    }
}

extension SpatialAugmentation.AxisStep {
    fileprivate init(_ value: YAMLValue, key: String, within bounds: ClosedRange<Double>) throws(ConfigurationError) {
        self = try value.mapping { (step) throws(ConfigurationError) in
            Self(probability: try step.probability(), range: try AxisRanges(step.required(key), within: bounds))
        }
    }
}

extension SpatialAugmentation.Scale {
    fileprivate init(_ value: YAMLValue) throws(ConfigurationError) {
        self = try value.mapping { (scale) throws(ConfigurationError) in
            Self(
                probability: try scale.probability(),
                range: try NumberRange(scale.required("factor"), within: 0.1...10),
                anisotropic: try scale.flag("anisotropic", default: false))
        }
    }
}

extension SpatialAugmentation.Elastic {
    fileprivate init(_ value: YAMLValue) throws(ConfigurationError) {
        self = try value.mapping { (elastic) throws(ConfigurationError) in
            Self(
                probability: try elastic.probability(),
                controlPoints: try elastic.required("controlPoints").int(in: 4...32),
                millimetres: try NumberRange(elastic.required("millimetres"), within: 0...100))
        }
    }
}

extension SpatialAugmentation.FlipProbabilities {
    fileprivate init(_ value: YAMLValue) throws(ConfigurationError) {
        self = try value.mapping { (flips) throws(ConfigurationError) in
            Self(
                i: try flips.number("i", in: 0...1, default: 0), j: try flips.number("j", in: 0...1, default: 0),
                k: try flips.number("k", in: 0...1, default: 0),
                laterality: try flips.choice("laterality", default: .swap))
        }
    }
}
