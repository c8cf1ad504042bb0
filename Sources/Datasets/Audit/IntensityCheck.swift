import Volumes

/// Whether an image's numbers fit its modality.
enum IntensityCheck {
    /// What a sample of an image's values says about its scale.
    enum Scale: Equatable {
        /// Air, fat and soft tissue where Hounsfield units put them.
        case hounsfield
        /// The same picture, but shifted by about this much.
        case shiftedHounsfield(by: Double)
        /// Not negative: a scan of another kind, or a CT of which nothing but soft tissue is left.
        case arbitrary
        /// Neither.
        case unclear
    }

    /// Soft tissue crowds into 100 HU, anywhere from -20 to 130 HU depending on contrast; air lies 900 to 1150 below.
    static func scale(of sample: IntensitySample, minimum: Double, maximum: Double) -> Scale {
        guard maximum > minimum else { return .unclear }
        // Less than 500 units from end to end hold no air and tissue both.
        guard let tissue = tissueMode(sample, minimum: minimum) else { return minimum >= 0 ? .arbitrary : .unclear }
        if minimum < -200, (-160...300).contains(tissue.centre) { return .hounsfield }
        let offset = offset(sample, tissue: tissue, minimum: minimum)
        if let offset { return .shiftedHounsfield(by: offset) }
        // Without noise, reconstruction filters leave a small undershoot in scans of other kinds.
        if minimum >= -0.02 * maximum { return .arbitrary }
        return .unclear
    }

    /// The most crowded 100 units above the air.
    private static func tissueMode(_ sample: IntensitySample, minimum: Double) -> (centre: Double, fraction: Double)? {
        if minimum < -500 { return sample.mode(above: -300, width: 100) }
        return sample.mode(above: Float(minimum) + 500, width: 100)
    }

    /// By how much a scan without negative values must have been moved up, if air and soft tissue are both in it.
    private static func offset(_ sample: IntensitySample, tissue: (centre: Double, fraction: Double), minimum: Double)
        -> Double?
    {
        // An offset of 1000 or 1024 puts soft tissue between 950 and 1200 and leaves nothing far below 0.
        guard minimum > -300, (900...1250).contains(tissue.centre), tissue.fraction > 0.1 else { return nil }
        // Between fat and air there is little in a body; in an arbitrary scale there is as much as anywhere.
        let gap = sample.fraction(in: Float(tissue.centre) - 650...Float(tissue.centre) - 300)
        let air = sample.fraction(from: Float(minimum), to: Float(tissue.centre) - 700)
        guard gap < 0.5 * tissue.fraction, air > 0.02 || minimum > tissue.centre - 400 else { return nil }
        let airMode = sample.mode(above: Float(minimum), width: 60)?.centre ?? minimum
        let byAir =
            airMode < tissue.centre - 850 && airMode > tissue.centre - 1250 ? airMode + 1000 : tissue.centre - 40
        return byAir
    }

    static func findings(
        modality: Modality, sample: IntensitySample, minimum: Double, maximum: Double,
        make: (FindingCode, String, String) -> Finding
    ) -> Finding? {
        switch (modality, scale(of: sample, minimum: minimum, maximum: maximum)) {
        case (.ct, .shiftedHounsfield(let offset)):
            make(
                .hounsfieldOffset, "air near -1000 and soft tissue near 50 HU",
                "both about \(offset.short) higher, from \(minimum.short) to \(maximum.short)")
        case (.ct, .arbitrary):
            make(
                .wrongModality, "a CT scale in Hounsfield units, with air or fat below 0",
                "values from \(minimum.short) to \(maximum.short), as in MR")
        // Air in the lungs and around the body, well below any value that other scans hold.
        case (.mr, _)
        where minimum < -500 && sample.fraction(in: -1200 ... -500) > 0.02 && sample.fraction(in: -200...300) > 0.1,
            (.pet, _)
        where minimum < -500 && sample.fraction(in: -1200 ... -500) > 0.02 && sample.fraction(in: -200...300) > 0.1:
            make(
                .wrongModality, "the arbitrary scale of \(modality.rawValue)",
                "a CT scale in Hounsfield units, from \(minimum.short) to \(maximum.short)")
        default: nil
        }
    }
}
