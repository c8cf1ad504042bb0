import Configuration
import Datasets
import Volumes

extension PreparationConfiguration {
    static let throughPlaneKind = SettingKind<ResamplingRule.ThroughPlane>(
        "`same` as in the plane, or a mapping with interpolation and either axis or coarserThan",
        settings: ThroughPlaneDraft.settings.descriptions(defaults: ThroughPlaneDraft()),
        write: { _ in "same" }
    ) { (value) throws(ConfigurationError) in
        if (try? value.string()) == "same" { return .sameAsInPlane }
        return try ThroughPlaneDraft.settings.read(value, into: ThroughPlaneDraft()).rule(value)
    }

    static let cropKind = SettingKind<Crop>.mapping(
        CropDraft.settings, draft: CropDraft(), write: { _ in "as below" }
    ) { (draft, _) in draft.to == .nothing ? .nothing : .labels(context: draft.context) }
}

private struct ThroughPlaneDraft {
    enum WorldAxis: String, CaseIterable {
        case x, y, z
        var number: Int { self == .x ? 0 : self == .y ? 1 : 2 }
    }

    var interpolation = Interpolation.cubic
    var axis: WorldAxis?
    var coarserThan: Double?

    static let settings = SettingTable<ThroughPlaneDraft>([
        Setting(required: "interpolation", \.interpolation, .choice, "The interpolation along those axes."),
        Setting(
            "axis", \.axis, .choice,
            "One axis of the prepared volume; `{axis: z, interpolation: nearest}` is the paper's public code."),
        Setting(
            "coarserThan", \.coarserThan, .number(in: 1...100),
            "Every axis whose source spacing is more than this many times the smallest."),
    ])

    func rule(_ value: YAMLValue) throws(ConfigurationError) -> ResamplingRule.ThroughPlane {
        switch (axis, coarserThan) {
        case (let axis?, nil): return .axis(axis.number, interpolation)
        case (nil, let ratio?): return .coarseAxes(interpolation, ratio: ratio)
        default: throw value.error("expected `same`, or interpolation with either axis or coarserThan.")
        }
    }
}

private struct CropDraft {
    enum Target: String, CaseIterable { case labels, nothing }

    var to = Target.labels
    /// `nil` for the manifest's.
    var context: CropContext?

    static let settings = SettingTable<CropDraft>([
        Setting("to", \.to, .choice, "The box around everything labelled, with some context; or the whole volume."),
        Setting(
            "context", \.context, contextKind, unit: "voxels",
            "Voxels of the prepared grid kept on either side along x, y and z; `manifest` takes the dataset's own numbers."
        ),
    ])

    private static let contextKind = SettingKind<CropContext?>(
        "`manifest`, or {x: , y: , z: } with whole numbers from 0 to 1000", write: { _ in "manifest" }
    ) { (value) throws(ConfigurationError) in
        guard (try? value.string()) != "manifest" else { return nil }
        return try value.mapping { (keys) throws(ConfigurationError) in
            CropContext(
                x: try keys.required("x").int(in: 0...1000), y: try keys.required("y").int(in: 0...1000),
                z: try keys.required("z").int(in: 0...1000))
        }
    }
}
