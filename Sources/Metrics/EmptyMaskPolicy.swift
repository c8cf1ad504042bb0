/// What a score is when a mask is empty, where formulas divide nothing by nothing. Printed with every result.
public struct EmptyMaskPolicy: Hashable, Sendable, Codable {
    /// The score of a class that neither reference nor prediction holds.
    public enum BothEmpty: String, Sendable, Codable, CaseIterable {
        /// No score: the case does not enter the mean.
        case exclude
        /// A perfect score: overlap 1, distance 0.
        case perfect
    }

    /// The distance when exactly one of the two masks is empty. Overlap and surface Dice are 0 then in any case.
    public enum OneEmpty: String, Sendable, Codable, CaseIterable {
        /// The diagonal of the volume in mm, the greatest distance that could be.
        case diagonal
        /// No distance: the case does not enter the mean of distances.
        case exclude
    }

    /// The score of a class that neither mask holds.
    public var bothEmpty: BothEmpty
    /// The distance when one mask is empty.
    public var oneEmpty: OneEmpty

    public init(bothEmpty: BothEmpty = .exclude, oneEmpty: OneEmpty = .diagonal) {
        (self.bothEmpty, self.oneEmpty) = (bothEmpty, oneEmpty)
    }
}

extension EmptyMaskPolicy: CustomStringConvertible {
    public var description: String {
        let both = bothEmpty == .exclude ? "no score" : "a perfect score"
        let one = oneEmpty == .diagonal ? "the volume's diagonal as distance" : "no distance"
        return "class absent from both: \(both); absent from one: overlap 0 and \(one)"
    }
}
