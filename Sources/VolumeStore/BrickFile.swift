import CKernels
import Digests
import NIfTI
import Volumes

/// `voxels.bricks`: the voxels of a prepared case once more, in the order in which slanted boxes of them are read fastest.
///
/// The file follows from `image.nii` and `label.nii`, which stay the truth, and may be deleted at any time. One page of text
/// names what it was made from; then come the image's bricks, the labels' bricks and the labels' blocks, as
/// `iris_bricks.h` lays them out.
struct BrickFile {
    static let name = "voxels.bricks"
    /// What the text before the voxels takes; bricks begin at multiples of it.
    static let headerBytes = 4096

    let shape: GridShape
    let isLabelled: Bool
    /// The token of the preparation, as in the headers of the volumes.
    let token: String

    /// What a file of this case begins with, before the digests of the volumes.
    private var opening: String {
        "iris bricks 1\ntoken \(token)\nshape \(shape.i) \(shape.j) \(shape.k)\nlabels \(isLabelled)\n"
    }

    var imageBytes: Int { withShape(iris_image_bricks_size) }
    var labelBytes: Int { isLabelled ? withShape(iris_label_bricks_size) : 0 }
    var blockBytes: Int { isLabelled ? withShape(iris_label_blocks_size) : 0 }
    var byteCount: Int { Self.headerBytes + imageBytes + labelBytes + blockBytes }

    /// Whether a file's first page says that it belongs to this preparation, and its size is right.
    func accepts(_ bytes: UnsafeRawBufferPointer) -> Bool {
        bytes.count == byteCount && bytes.starts(with: opening.utf8)
    }

    /// The whole file.
    ///
    /// - Parameters:
    ///   - image, labels: `shape.count` voxels each, i fastest.
    ///   - digests: of `image.nii` and `label.nii`.
    func content(
        image: UnsafePointer<Int16>, labels: UnsafePointer<UInt8>?, digests: (image: SHA256Digest, label: SHA256Digest?)
    ) -> BrickBuffer {
        let buffer = BrickBuffer(count: byteCount)
        let text = opening + "image \(digests.image)\nlabel \(digests.label?.hexadecimal ?? "-")\n"
        buffer.bytes.copyBytes(from: text.utf8)
        let base = buffer.bytes.baseAddress! + Self.headerBytes
        withShape { iris_make_image_bricks(image, $0, base.assumingMemoryBound(to: Int16.self)) }
        if let labels {
            let bricks = (base + imageBytes).assumingMemoryBound(to: UInt8.self)
            withShape { iris_make_label_bricks(labels, $0, bricks, bricks + labelBytes) }
        }
        return buffer
    }

    private func withShape<T>(_ body: (UnsafePointer<Int32>) -> T) -> T {
        let sizes = [Int32(shape.i), Int32(shape.j), Int32(shape.k)]
        return sizes.withUnsafeBufferPointer { body($0.baseAddress!) }
    }
}

/// Memory for the content of a brick file. The page of text is zero at first; the kernels write every byte behind it.
final class BrickBuffer {
    let bytes: UnsafeMutableRawBufferPointer

    init(count: Int) {
        bytes = .allocate(byteCount: count, alignment: 64)
        UnsafeMutableRawBufferPointer(rebasing: bytes[..<BrickFile.headerBytes])
            .initializeMemory(as: UInt8.self, repeating: 0)
    }

    deinit { bytes.deallocate() }
}

/// The brick file of a prepared case, mapped into memory. Its pointers are valid while this object lives.
public final class MappedBricks: @unchecked Sendable {
    /// Bricks of 32 x 8 x 8 voxels.
    public let image: UnsafePointer<Int16>
    /// Bricks of 32 x 16 x 8 voxels, and the label of every block of 4 x 4 x 4; `nil` for cases without labels.
    public let labels, labelBlocks: UnsafePointer<UInt8>?
    private let mapping: FileMapping
    private let file: BrickFile

    /// - Returns: `nil` when the file is absent or of another preparation: the volumes are read instead.
    init?(path: String, file: BrickFile) {
        guard let mapping = try? FileMapping(path: path), file.accepts(mapping.bytes) else { return nil }
        (self.mapping, self.file) = (mapping, file)
        let base = mapping.base + BrickFile.headerBytes
        image = base.assumingMemoryBound(to: Int16.self)
        labels = file.isLabelled ? (base + file.imageBytes).assumingMemoryBound(to: UInt8.self) : nil
        labelBlocks = labels.map { $0 + file.labelBytes }
    }

    /// The parts of the file that hold the planes `planes` of the volume.
    public func parts(holding planes: Range<Int>) -> [UnsafeRawBufferPointer] {
        let layers = planes.lowerBound / 8..<(planes.upperBound + 7) / 8, count = (file.shape.k + 7) / 8
        guard !planes.isEmpty else { return [] }
        return [(UnsafeRawPointer(image), file.imageBytes), (labels.map { UnsafeRawPointer($0) }, file.labelBytes)]
            .compactMap { base, bytes in
                base.map {
                    UnsafeRawBufferPointer(
                        start: $0 + layers.lowerBound * (bytes / count), count: layers.count * (bytes / count))
                }
            }
    }
}
