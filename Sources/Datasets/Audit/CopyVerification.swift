import CKernels
import NIfTI
import Volumes

/// A second look at two scans whose coarse pictures are alike: do they agree down to the noise?
///
/// Scans of different patients may have much the same shape, phantoms above all; their noise differs. Both are sampled at
/// the same places of their boxes; what is compared is each sample less the mean of its surroundings, cut off where edges
/// of organs would outweigh the texture.
struct CopyVerification {
    let first, second: SourceImage
    /// Which of ``CubeSymmetries/tables`` takes cells of the first picture to those of the second.
    let symmetry: Int

    private static let places = 12_000

    /// The correlation of the detail, from -1 to 1; `nil` when a file cannot be read any more or has no texture.
    func correlation() -> Double? {
        guard let a = try? NIfTIFile.read(at: first.file.path), let b = try? NIfTIFile.read(at: second.file.path) else {
            return nil
        }
        let (flips, order) = (symmetry % 8, CubeSymmetries.axisOrders[symmetry / 8])
        let x = a.header.grid.shape.components, y = b.header.grid.shape.components
        // The distance of a sample's surroundings, as a fraction of the box: 1.5 voxels of the coarser scan.
        var reach = SIMD3<Double>.zero
        for axis in 0..<3 { reach[axis] = 1.5 / Double(min(x[order[axis]], y[axis])) }
        var ours: [Int64] = [], theirs: [Int64] = []
        for n in 0..<Self.places {
            // Halton's sequence in the middle of the box; borders are where cropping and padding show.
            let place = SIMD3(Self.halton(n + 1, 2), Self.halton(n + 1, 3), Self.halton(n + 1, 5)) * 0.7 + 0.15
            for step in 0..<7 {
                var q = place
                if step > 0 { q[(step - 1) / 2] += step % 2 == 1 ? reach[(step - 1) / 2] : -reach[(step - 1) / 2] }
                theirs.append(Self.index(q, y))
                var p = SIMD3<Double>.zero
                for axis in 0..<3 { p[order[axis]] = flips >> axis & 1 == 1 ? 1 - q[axis] : q[axis] }
                ours.append(Self.index(p, x))
            }
        }
        return Self.correlation(Self.detail(a, first.frame ?? 0, ours), Self.detail(b, second.frame ?? 0, theirs))
    }

    private static func halton(_ n: Int, _ base: Int) -> Double {
        var (n, factor, value) = (n, 1.0, 0.0)
        while n > 0 {
            factor /= Double(base)
            value += factor * Double(n % base)
            n /= base
        }
        return value
    }

    private static func index(_ place: SIMD3<Double>, _ size: SIMD3<Int>) -> Int64 {
        let i = min(size.x - 1, Int(place.x * Double(size.x))), j = min(size.y - 1, Int(place.y * Double(size.y)))
        let k = min(size.z - 1, Int(place.z * Double(size.z)))
        return Int64(i + size.x * (j + size.y * k))
    }

    /// Each sample less the mean of the six around it, cut off at three times the median amount.
    private static func detail(_ image: NIfTIImage, _ frame: Int, _ indices: [Int64]) -> [Float] {
        let values = image.withUnsafeBytes(frame: frame) {
            FrameVoxels(bytes: $0, datatype: image.header.datatype).values(at: indices)
        }
        var detail = stride(from: 0, to: values.count, by: 7).map { n -> Float in
            let value = values[n] - values[n + 1...n + 6].reduce(0, +) / 6
            return value.isFinite ? value : 0
        }
        let amounts = detail.map(abs).sorted()
        let cut = 3 * amounts[amounts.count / 2]
        for n in detail.indices { detail[n] = min(max(detail[n], -cut), cut) }
        return detail
    }

    private static func correlation(_ a: [Float], _ b: [Float]) -> Double? {
        var (ab, aa, bb) = (0.0, 0.0, 0.0)
        for n in a.indices {
            ab += Double(a[n] * b[n])
            aa += Double(a[n] * a[n])
            bb += Double(b[n] * b[n])
        }
        return aa > 0 && bb > 0 ? ab / (aa * bb).squareRoot() : nil
    }
}
