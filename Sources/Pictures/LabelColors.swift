import Glibc

/// A color for each label value, the same in every picture.
///
/// Value by value, the color farthest from all before it is taken, by distance in the OKLab space (Ottosson 2020), in which
/// equal distances look equally different. Greys, and colors too dark or too pale to be told from an image, are left out.
public enum LabelColors {
    /// The color of a label value. Value 0, background, is black.
    public static subscript(value: UInt8) -> RGB { table[Int(value)] }

    private static let table: [RGB] = {
        let levels: [UInt8] = [0, 32, 64, 96, 128, 160, 192, 224, 255]
        let candidates = levels.flatMap { r in levels.flatMap { g in levels.map { RGB(r, g, $0) } } }
            .map { (color: $0, place: oklab($0)) }
            .filter { candidate in
                let (l, a, b) = (candidate.place.x, candidate.place.y, candidate.place.z)
                return l > 0.55 && l < 0.93 && (a * a + b * b).squareRoot() > 0.09
            }
        var chosen = [RGB(230, 30, 30)]
        var distances = candidates.map { distance($0.place, oklab(chosen[0])) }
        while chosen.count < 255 {
            let farthest = distances.indices.max { distances[$0] < distances[$1] }!
            chosen.append(candidates[farthest].color)
            for index in candidates.indices {
                distances[index] = min(distances[index], distance(candidates[index].place, candidates[farthest].place))
            }
        }
        return [.black] + chosen
    }()

    private static func distance(_ a: SIMD3<Double>, _ b: SIMD3<Double>) -> Double { ((a - b) * (a - b)).sum() }

    /// Lightness and the two color axes.
    package static func oklab(_ color: RGB) -> SIMD3<Double> {
        func linear(_ channel: UInt8) -> Double {
            let c = Double(channel) / 255
            return c <= 0.04045 ? c / 12.92 : pow((c + 0.055) / 1.055, 2.4)
        }
        let (r, g, b) = (linear(color.red), linear(color.green), linear(color.blue))
        let l = cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b)
        let m = cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b)
        let s = cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b)
        return SIMD3(
            0.2104542553 * l + 0.7936177850 * m - 0.0040720468 * s,
            1.9779984951 * l - 2.4285922050 * m + 0.4505937099 * s,
            0.0259040371 * l + 0.7827717662 * m - 0.8086757660 * s)
    }
}
