/// The name of a NIfTI file, taken apart.
struct VolumeFileName: Hashable {
    /// The name without `.nii` or `.nii.gz` (or the doubled `.nii.nii.gz` of some copies).
    let stem: String

    /// `nil` when the name has no NIfTI ending.
    init?(_ name: String) {
        var rest = Substring(name)
        let lower = name.lowercased()
        if lower.hasSuffix(".nii.gz") {
            rest = rest.dropLast(7)
        } else if lower.hasSuffix(".nii") {
            rest = rest.dropLast(4)
        } else {
            return nil
        }
        if rest.lowercased().hasSuffix(".nii") { rest = rest.dropLast(4) }
        guard !rest.isEmpty else { return nil }
        stem = String(rest)
    }

    /// The channel of an nnU-Net name (`case_0001` is channel 1 of `case`), or `nil` without such a suffix.
    var channel: (caseID: String, index: Int)? {
        let digits = stem.suffix(4)
        guard stem.utf8.count > 5, digits.utf8.allSatisfy({ (48...57).contains($0) }), stem.dropLast(4).last == "_",
            let index = Int(digits)
        else { return nil }
        return (String(stem.dropLast(5)), index)
    }

    /// The number in a stem that is `prefix` and digits alone, in any case of letters; `nil` otherwise.
    func number(after prefix: String) -> Int? { Self.number(in: stem, after: prefix) }

    static func number(in stem: String, after prefix: String) -> Int? {
        guard stem.lowercased().hasPrefix(prefix) else { return nil }
        let digits = stem.dropFirst(prefix.count)
        guard !digits.isEmpty, digits.utf8.count <= 9, digits.utf8.allSatisfy({ (48...57).contains($0) }) else {
            return nil
        }
        return Int(digits)
    }
}

/// `number` with leading zeros up to `width` digits.
func padded(_ number: Int, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
}
