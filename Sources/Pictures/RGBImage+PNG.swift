import CPNG
import FoundationEssentials

/// Why a picture cannot be written or read.
public enum PictureError: Error, Equatable, Sendable, CustomStringConvertible {
    case cannotEncode(width: Int, height: Int, reason: String)
    case cannotDecode(reason: String)
    case cannotWrite(path: String, reason: String)

    public var description: String {
        switch self {
        case .cannotEncode(let width, let height, let reason):
            "expected to encode \(width) x \(height) pixels as PNG but libpng says: \(reason). Make the picture smaller."
        case .cannotDecode(let reason):
            "expected a PNG picture but libpng says: \(reason). Check that the file is complete."
        case .cannotWrite(let path, let reason):
            "\(path): cannot write the picture: \(reason). Check that the folder exists and is writable."
        }
    }
}

extension RGBImage {
    /// The picture as a PNG file, through libpng.
    public func pngData() throws(PictureError) -> [UInt8] {
        var image = png_image()
        image.version = UInt32(PNG_IMAGE_VERSION)
        (image.width, image.height) = (UInt32(width), UInt32(height))
        image.format = UInt32(PNG_FORMAT_FLAG_COLOR)
        // Noise does not compress; deflate then adds a few bytes per block, and PNG one per row and its chunks.
        let capacity = bytes.count + bytes.count / 100 + height + 4096
        var succeeded = false
        let encoded = [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
            var size = png_alloc_size_t(capacity)
            succeeded =
                png_image_write_to_memory(&image, buffer.baseAddress, &size, 0, bytes, Int32(3 * width), nil) != 0
            count = succeeded ? Int(size) : 0
        }
        guard succeeded else { throw .cannotEncode(width: width, height: height, reason: Self.message(of: image)) }
        return encoded
    }

    /// Writes the picture as a PNG file, replacing one that is there.
    public func writePNG(to path: String) throws(PictureError) {
        let data = Data(try pngData())
        do { try data.write(to: URL(filePath: path), options: .atomic) } catch {
            throw .cannotWrite(path: path, reason: "\(error)")
        }
    }

    /// Reads a PNG picture of any kind; transparent pixels are laid over black.
    public init(pngData: [UInt8]) throws(PictureError) {
        var image = png_image()
        image.version = UInt32(PNG_IMAGE_VERSION)
        // The library keeps the pointer from the first call to the second, so both are made while it is valid.
        let decoded = pngData.withUnsafeBufferPointer { data -> (width: Int, height: Int, bytes: [UInt8])? in
            guard png_image_begin_read_from_memory(&image, data.baseAddress, data.count) != 0 else { return nil }
            image.format = UInt32(PNG_FORMAT_FLAG_COLOR)
            let (width, height) = (Int(image.width), Int(image.height))
            var bytes = [UInt8](repeating: 0, count: 3 * width * height)
            var background = png_color(red: 0, green: 0, blue: 0)
            guard png_image_finish_read(&image, &background, &bytes, Int32(3 * width), nil) != 0 else { return nil }
            return (width, height, bytes)
        }
        guard let decoded else { throw .cannotDecode(reason: Self.message(of: image)) }
        self.init(width: decoded.width, height: decoded.height, bytes: decoded.bytes)
    }

    private static func message(of image: png_image) -> String {
        withUnsafeBytes(of: image.message) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
}
