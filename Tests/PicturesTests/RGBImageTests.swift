import Foundation
import Pictures
import TestData
import Testing

@Suite struct RGBImageTests {
    static func pattern(width: Int, height: Int) -> RGBImage {
        var image = RGBImage(width: width, height: height)
        for y in 0..<height {
            for x in 0..<width { image[x, y] = RGB(UInt8(x * 7 % 256), UInt8(y * 13 % 256), UInt8((x + 3 * y) % 256)) }
        }
        return image
    }

    @Test func drawingLeavesOutWhatIsOutside() {
        let stamp = Self.pattern(width: 5, height: 4)
        for (x, y) in [(-3, -2), (8, 7), (2, 3), (-9, 0), (0, 30)] {
            var image = RGBImage(width: 10, height: 9, fill: .white)
            image.draw(stamp, x: x, y: y)
            for row in 0..<9 {
                for column in 0..<10 {
                    let inside = (0..<5).contains(column - x) && (0..<4).contains(row - y)
                    #expect(image[column, row] == (inside ? stamp[column - x, row - y] : .white))
                }
            }
        }
    }

    /// 100 laid over 200 with opacity 1/4 is 200 - 25 = 175.
    @Test func coveringMixes() {
        #expect(RGB(grey: 200).covered(by: RGB(100, 200, 40), opacity: 0.25) == RGB(175, 200, 160))
        #expect(RGB.black.covered(by: RGB(9, 8, 7), opacity: 1) == RGB(9, 8, 7))
    }

    /// The file's structure is checked against the PNG specification with a CRC-32 of our own: signature, header, chunks in
    /// order, nothing after the end.
    @Test func pngIsWellFormed() throws {
        let image = Self.pattern(width: 37, height: 21)
        let data = try image.pngData()
        #expect(Array(data.prefix(8)) == [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])
        func number(_ place: Int) -> Int { data[place..<place + 4].reduce(0) { $0 << 8 | Int($1) } }
        var place = 8, chunks: [String] = []
        while place + 12 <= data.count {
            let length = number(place)
            try #require(place + 12 + length <= data.count)
            let body = data[(place + 4)..<(place + 8 + length)]
            chunks.append(String(decoding: body.prefix(4), as: UTF8.self))
            #expect(crc32(body) == number(place + 8 + length))
            if chunks.last == "IHDR" {
                #expect(number(place + 8) == 37 && number(place + 12) == 21)
                // 8 bits per channel, red green blue, deflate, adaptive filters, not interlaced.
                #expect(Array(data[(place + 16)..<(place + 21)]) == [8, 2, 0, 0, 0])
            }
            place += 12 + length
        }
        #expect(place == data.count)
        #expect(chunks.first == "IHDR" && chunks.last == "IEND" && chunks.contains("IDAT"))
        #expect(try RGBImage(pngData: data) == image)
    }

    /// Written by Python's zlib and struct alone (record_png.py): an RGB picture with each of the five row filters.
    @Test func readsAPictureOfAnotherWriter() throws {
        let url = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Recorded/python.png")
        #expect(try RGBImage(pngData: Array(Data(contentsOf: url))) == Self.pattern(width: 37, height: 21))
    }

    @Test func noiseFitsTheBuffer() throws {
        var state: UInt32 = 1
        var image = RGBImage(width: 200, height: 100)
        for y in 0..<100 {
            for x in 0..<200 {
                state = state &* 1_664_525 &+ 1_013_904_223
                image[x, y] = RGB(UInt8(state >> 24), UInt8(state >> 16 & 255), UInt8(state >> 8 & 255))
            }
        }
        #expect(try RGBImage(pngData: image.pngData()) == image)
    }

    @Test func damagedPicturesAreRefused() throws {
        let data = try Self.pattern(width: 8, height: 8).pngData()
        #expect(throws: PictureError.self) { try RGBImage(pngData: Array(data.prefix(40))) }
        #expect(throws: PictureError.self) { try RGBImage(pngData: [1, 2, 3]) }
        let error = PictureError.cannotWrite(path: "/x/y.png", reason: "no such folder")
        #expect(
            "\(error)"
                == "/x/y.png: cannot write the picture: no such folder. Check that the folder exists and is writable.")
        #expect(throws: PictureError.self) {
            try Self.pattern(width: 2, height: 2).writePNG(to: "/no/such/folder/x.png")
        }
    }

    @Test func writesAFile() throws {
        let folder = try TemporaryFolder()
        let image = Self.pattern(width: 9, height: 5), path = folder.path("a.png")
        try image.writePNG(to: path)
        #expect(try RGBImage(pngData: Array(Data(contentsOf: URL(filePath: path)))) == image)
    }

    /// Letters are drawn where asked, differ from one another, and an unknown character looks like a question mark.
    @Test func textIsDrawnInItsPlace() {
        func draw(_ text: String, scale: Int = 1) -> RGBImage {
            var image = RGBImage(width: 40, height: 30)
            image.drawText(text, x: 4, y: 6, scale: scale)
            return image
        }
        let characters = (33..<127).map { String(UnicodeScalar(UInt8($0))) }
        #expect(Set(characters.map { draw($0).bytes }).count == characters.count)
        #expect(draw("é") == draw("?"))
        // L is its left column and the seventh row, 5 pixels wide.
        var expected = RGBImage(width: 40, height: 30)
        expected.fill(x: 4, y: 6, width: 2, height: 14, .white)
        expected.fill(x: 4, y: 18, width: 10, height: 2, .white)
        #expect(draw("L", scale: 2) == expected)
        #expect(RGBImage.textWidth("LR") == 11 && RGBImage.textWidth("") == 0)
    }

    private func crc32(_ bytes: ArraySlice<UInt8>) -> Int {
        var crc: UInt32 = 0xFFFF_FFFF
        for byte in bytes {
            crc ^= UInt32(byte)
            for _ in 0..<8 { crc = crc >> 1 ^ (crc & 1 == 1 ? 0xEDB8_8320 : 0) }
        }
        return Int(~crc)
    }
}
