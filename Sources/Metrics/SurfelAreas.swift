import Volumes

/// The surface area, in mm², that passes through a 2x2x2 neighbourhood of voxels, for each of its 256 patterns.
///
/// The surface is that of marching cubes with vertices at the middle of the edges. Up to the 48 symmetries of the cube
/// there are 22 patterns; each is listed once with the area vectors of its triangles, and the others follow by
/// symmetry. The triangulation of each pattern is the one that DeepMind's `surface-distance` uses, so that areas, and
/// all metrics weighted by them, agree with it (Nikolov et al., "Deep learning to achieve clinically applicable
/// segmentation of head and neck anatomy for radiotherapy", 2018).
struct SurfelAreas {
    /// By pattern: bit a + 2b + 4c is set when the neighbour at offset (a, b, c) along (i, j, k) is in the mask.
    let area: [Double]

    init(spacing: Spacing) {
        // A triangle's area vector in voxel units scales by the product of the other two spacings along each axis.
        let scale = SIMD3(spacing.j * spacing.k, spacing.i * spacing.k, spacing.i * spacing.j) / 8
        area = Self.triangles.map { triangles in
            triangles.reduce(0.0) { sum, triangle in
                let vector = SIMD3(Double(triangle.x), Double(triangle.y), Double(triangle.z)) * scale
                return sum + (vector * vector).sum().squareRoot()
            }
        }
    }

    /// A pattern that stands for all its mirror images and rotations: the neighbours in the mask, and the absolute area
    /// vectors of its triangles in eighths of a voxel face.
    private struct Pattern {
        let neighbours: [SIMD3<Int>]
        let triangles: [SIMD3<Int>]

        /// Corners are written as the digits of (a, b, c), triangles as the digits of their components.
        init(_ corners: String, _ triangles: String) {
            func digits(_ word: Substring) -> SIMD3<Int> {
                let values = word.map { $0.wholeNumberValue! }
                return SIMD3(values[0], values[1], values[2])
            }
            neighbours = corners.split(separator: " ").map(digits)
            self.triangles = triangles.split(separator: " ").map(digits)
        }
    }

    private static let patterns = [
        Pattern("", ""),
        Pattern("111", "111"),
        Pattern("110 111", "220 220"),
        Pattern("101 110", "111 111"),
        Pattern("101 110 111", "111 222 400"),
        Pattern("100 101 110 111", "400 400"),
        Pattern("011 101 110", "111 111 111"),
        Pattern("011 101 110 111", "111 111 222 222"),
        Pattern("011 100", "111 111"),
        Pattern("011 100 111", "022 022 111"),
        Pattern("011 100 110 111", "022 111 202 333"),
        Pattern("011 100 101 110", "111 111 222 400"),
        Pattern("011 100 101 110 111", "111 222 400"),
        Pattern("010 011 100 101", "220 220 220 220"),
        Pattern("010 011 100 101 111", "111 220 220"),
        Pattern("010 011 100 101 110 111", "220 220"),
        Pattern("001 010 100 111", "111 111 111 111"),
        Pattern("001 010 100 110 111", "111 111 111"),
        Pattern("001 010 100 101 110 111", "111 111"),
        Pattern("001 010 011 100 101 110", "111 111"),
        Pattern("001 010 011 100 101 110 111", "111"),
        Pattern("000 001 010 011 100 101 110 111", ""),
    ]

    /// The triangles of every pattern, in eighths.
    private static let triangles: [[SIMD3<Int>]] = {
        var result = [[SIMD3<Int>]?](repeating: nil, count: 256)
        let permutations = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]]
        for pattern in patterns {
            for permutation in permutations {
                for mirror in 0..<8 {
                    var code = 0
                    for corner in pattern.neighbours {
                        let place = (0..<3).map { corner[permutation[$0]] ^ (mirror >> $0 & 1) }
                        code |= 1 << (place[0] + 2 * place[1] + 4 * place[2])
                    }
                    result[code] = pattern.triangles.map { triangle in
                        SIMD3(triangle[permutation[0]], triangle[permutation[1]], triangle[permutation[2]])
                    }
                }
            }
        }
        return result.map { $0! }
    }()
}
