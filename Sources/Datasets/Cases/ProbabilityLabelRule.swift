/// How the probabilities of grey matter, white matter and cerebrospinal fluid at a voxel become one label: 0 background,
/// 1 grey matter, 2 white matter, 3 CSF.
///
/// A probability that is not a number, or is negative, counts as 0.
public enum ProbabilityLabelRule: Equatable, Sendable {
    /// The rule of the paper's author: background only where all three are 0, else the largest; ties go to grey matter
    /// before white matter before CSF. The brain's edge grows outwards, for any positive probability makes tissue.
    case largestPositive
    /// The largest when it reaches the threshold, else background.
    case threshold(Float)
    /// The largest of the three and of the remainder 1 - (GM + WM + CSF), which is background and wins ties.
    case remainder

    /// The label of one voxel.
    @inlinable public func label(grayMatter: Float, whiteMatter: Float, csf: Float) -> UInt8 {
        // The comparison is false for not-a-number, so this also cleans it.
        let gray = grayMatter > 0 ? grayMatter : 0
        let white = whiteMatter > 0 ? whiteMatter : 0
        let fluid = csf > 0 ? csf : 0
        var label: UInt8 = 1, largest = gray
        if white > largest { (label, largest) = (2, white) }
        if fluid > largest { (label, largest) = (3, fluid) }
        let background: Bool
        switch self {
        case .largestPositive: background = largest == 0
        case .threshold(let threshold): background = largest < threshold || largest == 0
        case .remainder: background = 1 - (gray + white + fluid) >= largest
        }
        return background ? 0 : label
    }
}
