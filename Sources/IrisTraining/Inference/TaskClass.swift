/// A class to segment: the label value that references mark it with and predictions are written with, and its name.
///
/// Within one task a class is told by its value; the name is for people.
public struct TaskClass: Hashable, Sendable, Codable, CustomStringConvertible {
    /// 1 to 255.
    public let value: UInt8
    /// The class's name in its dataset.
    public let name: String

    /// - Precondition: the value is not 0, which is background.
    public init(value: UInt8, name: String) {
        precondition(value > 0, "0 is background, not a class")
        (self.value, self.name) = (value, name)
    }

    /// `liver (6)`, or only the value when the class has no other name.
    public var description: String { name == "\(value)" ? name : "\(name) (\(value))" }
}
