/// The letters that captions are drawn with: ASCII from space to tilde, 5 x 8 pixels, the lowest row for descenders.
enum BitmapFont {
    static let width = 5, height = 8

    /// Whether the pixel in column x and row y of a character is set. Characters that are not ASCII look like a question mark.
    static func isSet(_ character: Character, _ x: Int, _ y: Int) -> Bool {
        let code = character.asciiValue.map(Int.init).flatMap { (32..<127).contains($0) ? $0 : nil } ?? 63
        return glyphs[code - 32] >> UInt64((height - 1 - y) * width + width - 1 - x) & 1 == 1
    }

    /// One number per character: the rows from top to bottom, 5 bits each, the highest on the left.
    private static let glyphs: [UInt64] = [
        0x0000000000, 0x2108420080, 0x5280000000, 0x52beafa940, 0x23e8e2f880, 0xc644444c60, 0x64a88ac9a0, 0x2100000000,
        0x1110841040, 0x4104211100, 0x012aea9000, 0x0109f21000, 0x0000003088, 0x0001f00000, 0x0000003180, 0x0844444200,
        0x74675cc5c0, 0x23084211c0, 0x74422223e0, 0xf88820c5c0, 0x11952f8840, 0xfc3c10c5c0, 0x3221e8c5c0, 0xf844442100,
        0x7462e8c5c0, 0x7462f08980, 0x0318063000, 0x0318061100, 0x1111041040, 0x003e0f8000, 0x4104111100, 0x7442220080,
        0x746f5b41c0, 0x7463f8c620, 0xf463e8c7c0, 0x74610845c0, 0xf46318c7c0, 0xfc21e843e0, 0xfc21e84200, 0x746178c5e0,
        0x8c63f8c620, 0x71084211c0, 0x3884214980, 0x8ca98a4a20, 0x84210843e0, 0x8eeb58c620, 0x8c7359c620, 0x746318c5c0,
        0xf463e84200, 0x74631ac9a0, 0xf463ea4a20, 0x7c20e087c0, 0xf908421080, 0x8c6318c5c0, 0x8c6318a880, 0x8c635aee20,
        0x8c54454620, 0x8c54421080, 0xf8444443e0, 0x72108421c0, 0x8410410420, 0x70842109c0, 0x22a2000000, 0x00000003e0,
        0x4100000000, 0x001c17c5e0, 0x843d18c7c0, 0x001f0841e0, 0x085f18c5e0, 0x001d1fc1e0, 0x323c842100, 0x001f18bc2e,
        0x843d18c620, 0x20184211c0, 0x100c210a4c, 0x84254c5240, 0x61084211c0, 0x00355ad6a0, 0x003d18c620, 0x001d18c5c0,
        0x003d18fa10, 0x001f18bc21, 0x002d884200, 0x001f0707c0, 0x423c8420c0, 0x002318c5e0, 0x002318a880, 0x00235ad540,
        0x0022a22a20, 0x002318bc2e, 0x003e2223e0, 0x1908821060, 0x2108421080, 0xc108221300, 0x0013590000,
    ]
}

extension RGBImage {
    /// The width in pixels of a line of text.
    public static func textWidth(_ text: String, scale: Int = 1) -> Int {
        max(0, text.count * (BitmapFont.width + 1) - 1) * scale
    }

    /// The height in pixels of a line of text.
    public static func textHeight(scale: Int = 1) -> Int { BitmapFont.height * scale }

    /// Draws a line of text whose upper left corner is (x, y). What would lie outside is left out.
    public mutating func drawText(_ text: String, x: Int, y: Int, color: RGB = .white, scale: Int = 1) {
        for (n, character) in text.enumerated() {
            for row in 0..<BitmapFont.height {
                for column in 0..<BitmapFont.width where BitmapFont.isSet(character, column, row) {
                    fill(
                        x: x + (n * (BitmapFont.width + 1) + column) * scale, y: y + row * scale, width: scale,
                        height: scale,
                        color)
                }
            }
        }
    }
}
