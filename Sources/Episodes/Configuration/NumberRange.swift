import Configuration
import RandomNumbers

/// A closed range that augmentation parameters are drawn from uniformly. Written in YAML and JSON as `[lower, upper]`.
public struct NumberRange: Hashable, Sendable, Codable {
    /// The ends, which belong to the range.
    public let lower, upper: Double

    /// - Precondition: `lower <= upper`, both finite.
    public init(_ lower: Double, _ upper: Double) {
        precondition(lower.isFinite && upper.isFinite && lower <= upper, "a range needs finite ends in order")
        (self.lower, self.upper) = (lower, upper)
    }

    func draw(using generator: inout Philox) -> Double {
        (lower + (upper - lower) * generator.uniform()).roundedForPlans
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let ends = try container.decode([Double].self)
        guard ends.count == 2, ends[0] <= ends[1] else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "expected [lower, upper] but found \(ends)")
        }
        self.init(ends[0], ends[1])
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode([lower, upper])
    }
}

/// One range for each of the axes i, j and k.
public struct AxisRanges: Hashable, Sendable, Codable {
    /// The range of one axis.
    public var i, j, k: NumberRange

    public init(i: NumberRange, j: NumberRange, k: NumberRange) { (self.i, self.j, self.k) = (i, j, k) }

    /// The same range for every axis.
    public init(_ lower: Double, _ upper: Double) {
        let range = NumberRange(lower, upper)
        self.init(i: range, j: range, k: range)
    }

    func draw(using generator: inout Philox) -> SIMD3<Double> {
        SIMD3(i.draw(using: &generator), j.draw(using: &generator), k.draw(using: &generator))
    }
}

extension SettingKind where Value == NumberRange {
    /// `[lower, upper]`, or one number for a range of no extent.
    static func range(within bounds: ClosedRange<Double>) -> Self {
        Self(
            "[lower, upper], or one number for both, from \(bounds.lowerBound.plainText) to \(bounds.upperBound.plainText)",
            write: { $0.lower == $0.upper ? $0.lower.plainText : "[\($0.lower.plainText), \($0.upper.plainText)]" }
        ) { (value) throws(ConfigurationError) in
            guard let items = try? value.list() else {
                let only = try value.double(in: bounds)
                return NumberRange(only, only)
            }
            guard items.count == 2 else {
                throw value.error("expected [lower, upper] but found a list of \(items.count).")
            }
            let lower = try items[0].double(in: bounds), upper = try items[1].double(in: bounds)
            guard lower <= upper else {
                throw value.error("expected the lower end first but found \(lower) before \(upper). Exchange the two.")
            }
            return NumberRange(lower, upper)
        }
    }
}

extension SettingKind where Value == AxisRanges {
    /// One range for all axes, or a mapping with the keys i, j and k.
    static func axisRanges(within bounds: ClosedRange<Double>) -> Self {
        let range = SettingKind<NumberRange>.range(within: bounds)
        return Self(
            "[lower, upper], or one number for both, or {i: , j: , k: } of such, from \(bounds.lowerBound.plainText) to \(bounds.upperBound.plainText)",
            write: { _ in "" }
        ) { (value) throws(ConfigurationError) in
            guard (try? value.pairs()) != nil else {
                let all = try range.read(value)
                return AxisRanges(i: all, j: all, k: all)
            }
            return try value.mapping { (axes) throws(ConfigurationError) in
                AxisRanges(
                    i: try range.read(axes.required("i")), j: try range.read(axes.required("j")),
                    k: try range.read(axes.required("k")))
            }
        }
    }
}

extension Double {
    /// The nearest multiple of 2^-30.
    ///
    /// Every real number in a plan is rounded so. Sines, exponentials and logarithms may differ in their last bit between
    /// processors and libraries; without rounding that bit would change the plan.
    var roundedForPlans: Double {
        // Adding zero turns -0 into 0, which prints otherwise.
        (self * 0x1p30).rounded(.toNearestOrEven) * 0x1p-30 + 0
    }
}

extension SIMD3<Double> {
    var roundedForPlans: SIMD3<Double> { SIMD3(x.roundedForPlans, y.roundedForPlans, z.roundedForPlans) }
}
