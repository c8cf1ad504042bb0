/// How an image was acquired, as far as it changes what its numbers mean.
public enum Modality: String, CaseIterable, Hashable, Sendable, Comparable {
    /// Computed tomography: calibrated Hounsfield units (HU).
    case ct = "CT"
    /// Magnetic resonance: an arbitrary scale that differs from scan to scan.
    case mr = "MR"
    /// Positron emission tomography: uptake.
    case pet = "PET"
    /// Anything else, treated like an arbitrary scale.
    case other

    /// By name, for stable orders.
    public static func < (a: Modality, b: Modality) -> Bool { a.rawValue < b.rawValue }

    /// Reads the free text of `dataset.json` (`modality`, `channel_names`): "CT", "MRI", "FLAIR", "T1w", "SUV", ...
    public init(channelName name: String) {
        let words = name.lowercased().split { !$0.isLetter && !$0.isNumber }.map(String.init)
        func has(_ names: Set<String>) -> Bool { words.contains { names.contains($0) } }
        if has(["ct", "cect", "ncct", "cbct", "cta"]) {
            self = .ct
        } else if has(["pet", "suv", "fdg", "psma"]) {
            self = .pet
        } else if has([
            "mr", "mri", "mra", "t1", "t1w", "t1c", "t1ce", "t1gd", "t1n", "t2", "t2w", "t2f", "flair", "adc", "dwi",
            "swi", "pd",
            "cine", "bold", "dce",
        ]) {
            self = .mr
        } else {
            self = .other
        }
    }
}
