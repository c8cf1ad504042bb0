/// A color with 8 bits per channel, sRGB.
public struct RGB: Hashable, Sendable {
    /// The amount of each color, 0 to 255.
    public var red, green, blue: UInt8

    public init(_ red: UInt8, _ green: UInt8, _ blue: UInt8) { (self.red, self.green, self.blue) = (red, green, blue) }

    /// A grey of this brightness.
    public init(grey: UInt8) { self.init(grey, grey, grey) }

    /// No light.
    public static let black = RGB(grey: 0)
    /// All light.
    public static let white = RGB(grey: 255)

    /// This color with `cover` laid over it; `opacity` 0 leaves it, 1 hides it.
    public func covered(by cover: RGB, opacity: Double) -> RGB {
        func mix(_ below: UInt8, _ above: UInt8) -> UInt8 {
            UInt8((Double(below) + (Double(above) - Double(below)) * opacity).rounded())
        }
        return RGB(mix(red, cover.red), mix(green, cover.green), mix(blue, cover.blue))
    }
}

/// A picture: rows of pixels from top to bottom, each from left to right.
public struct RGBImage: Hashable, Sendable {
    /// Pixels across and down.
    public let width, height: Int
    /// Red, green, blue of pixel (x, y) at `3 * (x + width * y)`.
    public private(set) var bytes: [UInt8]

    /// - Precondition: both sizes are at least 1.
    public init(width: Int, height: Int, fill: RGB = .black) {
        precondition(width > 0 && height > 0, "\(width) x \(height) pixels")
        (self.width, self.height) = (width, height)
        bytes = [UInt8](unsafeUninitializedCapacity: 3 * width * height) { bytes, count in
            for pixel in 0..<width * height {
                (bytes[3 * pixel], bytes[3 * pixel + 1], bytes[3 * pixel + 2]) = (fill.red, fill.green, fill.blue)
            }
            count = 3 * width * height
        }
    }

    /// - Precondition: there are three bytes for each pixel.
    init(width: Int, height: Int, bytes: [UInt8]) {
        precondition(bytes.count == 3 * width * height)
        (self.width, self.height, self.bytes) = (width, height, bytes)
    }

    /// The pixel `x` from the left and `y` from the top.
    public subscript(x: Int, y: Int) -> RGB {
        get {
            let place = 3 * (x + width * y)
            return RGB(bytes[place], bytes[place + 1], bytes[place + 2])
        }
        set {
            let place = 3 * (x + width * y)
            (bytes[place], bytes[place + 1], bytes[place + 2]) = (newValue.red, newValue.green, newValue.blue)
        }
    }

    /// Copies `image` so that its upper left pixel comes to (x, y). What would lie outside is left out.
    public mutating func draw(_ image: RGBImage, x: Int, y: Int) {
        for row in max(0, -y)..<max(0, -y, min(image.height, height - y)) {
            let columns = max(0, -x)..<max(0, -x, min(image.width, width - x))
            guard !columns.isEmpty else { return }
            let source = 3 * (columns.lowerBound + image.width * row)
            let target = 3 * (x + columns.lowerBound + width * (y + row))
            bytes.replaceSubrange(
                target..<target + 3 * columns.count, with: image.bytes[source..<source + 3 * columns.count])
        }
    }

    /// Fills a rectangle. What would lie outside is left out.
    public mutating func fill(x: Int, y: Int, width: Int, height: Int, _ color: RGB) {
        for row in max(0, y)..<max(0, y, min(self.height, y + height)) {
            for column in max(0, x)..<max(0, x, min(self.width, x + width)) { self[column, row] = color }
        }
    }
}
