/// An array in a slot, little-endian, as the stream protocol announces it.
public struct SharedArray: Hashable, Sendable, Encodable {
    /// What the array holds, such as `query`.
    public let name: String
    /// `float32` or `uint8`.
    public let type: String
    /// The lengths of its axes, slowest first.
    public let shape: [Int]
    /// Bytes from one element to the next along each axis.
    public let strides: [Int]
    /// Bytes from the slot's start.
    public let offset: Int

    public init(name: String, type: String, shape: [Int], strides: [Int], offset: Int) {
        (self.name, self.type, self.shape, self.strides, self.offset) = (name, type, shape, strides, offset)
    }
}
