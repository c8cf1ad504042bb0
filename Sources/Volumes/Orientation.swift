/// The anatomical direction in which each array axis grows, such as RAS or LPS.
///
/// Each axis gets the world axis it follows most closely; no two get the same.
public struct Orientation: Hashable, Sendable, CustomStringConvertible {
    /// For array axes i, j, k: the world axis (0 x, 1 y, 2 z) that each follows.
    public let worldAxis: SIMD3<Int>
    /// For array axes i, j, k: +1 when it grows towards right, anterior or superior, -1 otherwise.
    public let sign: SIMD3<Int>

    /// Right, anterior, superior.
    public static let ras = Orientation(worldAxis: SIMD3(0, 1, 2), sign: SIMD3(1, 1, 1))

    init(worldAxis: SIMD3<Int>, sign: SIMD3<Int>) { (self.worldAxis, self.sign) = (worldAxis, sign) }

    /// Reads codes such as "RAS"; `nil` unless each of the pairs R/L, A/P, S/I occurs once.
    public init?(_ codes: String) {
        var axes = SIMD3<Int>(), signs = SIMD3<Int>()
        guard codes.count == 3 else { return nil }
        for (n, code) in codes.enumerated() {
            guard let place = ["RL", "AP", "SI"].firstIndex(where: { $0.contains(code) }) else { return nil }
            axes[n] = place
            signs[n] = "RAS".contains(code) ? 1 : -1
        }
        guard Set([axes.x, axes.y, axes.z]).count == 3 else { return nil }
        self.init(worldAxis: axes, sign: signs)
    }

    public var description: String {
        (0..<3).map { n in ["RL", "AP", "SI"][worldAxis[n]].dropFirst(sign[n] > 0 ? 0 : 1).prefix(1) }.joined()
    }
}

extension Affine {
    /// The orientation nearest to the affine's rotation part.
    ///
    /// As nibabel's `io_orientation`: the steps are scaled to unit length, the nearest orthogonal matrix is taken (polar
    /// decomposition), and the axes choose the largest component still free, the axis with the largest of all first.
    public var orientation: Orientation {
        var columns = nearestRotation
        var axes = SIMD3<Int>(), signs = SIMD3<Int>()
        let clearest = columns.map { max(abs($0.x), abs($0.y), abs($0.z)) }
        for n in [0, 1, 2].sorted(by: { clearest[$0] != clearest[$1] ? clearest[$0] > clearest[$1] : $0 < $1 }) {
            let best = (0..<3).max { abs(columns[n][$0]) < abs(columns[n][$1]) }!
            axes[n] = best
            signs[n] = columns[n][best] < 0 ? -1 : 1
            for m in 0..<3 { columns[m][best] = 0 }
        }
        return Orientation(worldAxis: axes, sign: signs)
    }

    /// The columns of the orthogonal matrix nearest to the unit steps, by Newton's iteration for the polar decomposition
    /// (Higham 1986): X becomes the mean of X and its inverse transpose until it no longer moves.
    public var nearestRotation: [SIMD3<Double>] {
        var x = [columnI / length(columnI), columnJ / length(columnJ), columnK / length(columnK)]
        for _ in 0..<64 {
            let d = dot(x[0], cross(x[1], x[2]))
            let inverseTranspose = [cross(x[1], x[2]) / d, cross(x[2], x[0]) / d, cross(x[0], x[1]) / d]
            let next = (0..<3).map { (x[$0] + inverseTranspose[$0]) * 0.5 }
            let change = (0..<3).map { length(next[$0] - x[$0]) }.max()!
            x = next
            if change < 1e-15 { break }
        }
        return x
    }
}
