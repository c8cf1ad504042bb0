import Configuration

extension SpatialAugmentation {
    static let settings = SettingTable<SpatialAugmentation>([
        Setting("rotation", \.rotation, .step("degrees", within: -180...180, unit: "°"), "Turning about the axes."),
        Setting(
            "scale", \.scale,
            .mapping(
                Scale.settings, defaults: Scale(probability: 1, range: NumberRange(1, 1), anisotropic: false)),
            "Stretching."),
        Setting("shear", \.shear, .step("factor", within: -1...1, unit: nil), "Shearing i per j, i per k and j per k."),
        Setting(
            "translation", \.translation, .step("millimetres", within: -1000...1000, unit: "mm"),
            "Moving along the axes."),
        Setting(
            "elastic", \.elastic,
            .mapping(
                Elastic.settings, defaults: Elastic(probability: 1, controlPoints: 4, millimetres: NumberRange(0, 0))),
            "A smooth random displacement by cubic B-splines."),
        Setting(
            "flips", \.flips, .mapping(FlipProbabilities.settings, defaults: FlipProbabilities()),
            "Reversing axes. Store volumes are RAS, so axis i runs from the patient's left to the right."),
    ])
}

extension SettingKind where Value == SpatialAugmentation.AxisStep {
    /// A step that draws one number for each axis, its range under `key`.
    fileprivate static func step(_ key: String, within bounds: ClosedRange<Double>, unit: String?) -> Self {
        .mapping(
            SettingTable([
                .probability(\.probability),
                Setting(
                    required: key, \.range, .axisRanges(within: bounds), unit: unit, "Drawn for each axis by itself."),
            ]), defaults: SpatialAugmentation.AxisStep(probability: 1, range: AxisRanges(0, 0)))
    }
}

extension SpatialAugmentation.Scale {
    fileprivate static let settings = SettingTable<Self>([
        .probability(\.probability),
        Setting(
            required: "factor", \.range, .range(within: 0.1...10),
            "Above 1 it takes in more of the source, so things look smaller."),
        Setting("anisotropic", \.anisotropic, .flag, "Whether each axis draws a factor of its own."),
    ])
}

extension SpatialAugmentation.Elastic {
    fileprivate static let settings = SettingTable<Self>([
        .probability(\.probability),
        Setting(
            required: "controlPoints", \.controlPoints, .wholeNumber(in: 4...32), "Control points along each axis."),
        Setting(
            required: "millimetres", \.millimetres, .range(within: 0...100), unit: "mm",
            "The largest displacement of a control point; drawn once for all axes."),
    ])
}

extension SpatialAugmentation.FlipProbabilities {
    fileprivate static let settings = SettingTable<Self>([
        Setting("i", \.i, .number(in: 0...1), "How often axis i is reversed."),
        Setting("j", \.j, .number(in: 0...1), "How often axis j is reversed."),
        Setting("k", \.k, .number(in: 0...1), "How often axis k is reversed."),
        Setting(
            "laterality", \.laterality, .choice,
            """
            What becomes of left and right when axis i is reversed: each patch flips on its own and paired classes such as \
            left and right kidney are exchanged, or all patches of an episode flip alike and classes keep their values.
            """),
    ])
}
