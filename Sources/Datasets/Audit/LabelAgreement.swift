import Volumes

/// How well a label's boundaries fit its image, and where they would fit better. See `LabelProbe`.
public struct LabelAgreement: Hashable, Sendable {
    /// The contrast where the label lies, or one voxel beside it if that is better: many labels are off by half a voxel.
    public let here: Double
    /// The best contrast found further away, and the move in voxels; 0 when no search was needed.
    public let bestShifted: Double
    /// The move of ``bestShifted`` in voxels along i, j and k; 0 when no search was needed.
    public let shift: SIMD3<Int>
    /// The contrast there of the boundaries that face the array axis where it is weakest; 0 when no search was needed.
    ///
    /// Moved onto some other edge, such as the skin, a label fits along the axes across that edge only; where it belongs, it
    /// fits along all.
    public let shiftedWeakest: Double
    /// The best contrast found by mirroring the label along one array axis, and that axis.
    public let bestMirrored: Double
    /// The array axis of ``bestMirrored``.
    public let mirroredAxis: Int

    /// A label whose contrast reaches this fits well enough for no question to arise.
    static let goodContrast = 1.4
    /// What a better place must reach, and the factor by which it must be better, for a verdict.
    static let (convincing, betterBy) = (1.9, 1.5)
    /// How far the search goes, in voxels.
    private static let reach = 12

    /// `nil` when there are too few boundaries.
    init?(_ probe: LabelProbe, image: FrameVoxels, window: ClosedRange<Float>) {
        func contrast(_ shift: SIMD3<Int>, every step: Int = 1) -> Double {
            probe.contrast(in: image, window: window, placed: .init(shift: shift), every: step) ?? 0
        }
        guard var here = probe.contrast(in: image, window: window) else { return nil }
        if here < Self.goodContrast {
            for axis in 0..<3 {
                for sign in [-1, 1] {
                    var step = SIMD3<Int>.zero
                    step[axis] = sign
                    here = max(here, contrast(step))
                }
            }
        }
        self.here = here
        guard here < Self.goodContrast else {
            (bestShifted, shift, shiftedWeakest, bestMirrored, mirroredAxis) = (0, .zero, 0, 0, 0)
            return
        }
        let mirrored = (0..<3).map { axis -> Double in
            var flags = SIMD3<Int>.zero
            flags[axis] = 1
            return probe.contrast(in: image, window: window, placed: .init(mirrored: flags)) ?? 0
        }
        (bestMirrored, mirroredAxis) = (mirrored.max()!, mirrored.firstIndex(of: mirrored.max()!)!)
        (bestShifted, shift) = Self.search(contrast, thinning: max(1, probe.places.count / 320))
        let there = LabelProbe.Placement(shift: shift)
        shiftedWeakest =
            (0..<3).compactMap { probe.facing($0).contrast(in: image, window: window, placed: there) }.min()
            ?? bestShifted
    }

    /// A coarse search of every second place on part of the triples, then uphill from the best six on all of them.
    private static func search(_ contrast: (SIMD3<Int>, Int) -> Double, thinning: Int) -> (Double, SIMD3<Int>) {
        var coarse: [(value: Double, shift: SIMD3<Int>)] = []
        for z in stride(from: -reach, through: reach, by: 2) {
            for y in stride(from: -reach, through: reach, by: 2) {
                for x in stride(from: -reach, through: reach, by: 2) where (x, y, z) != (0, 0, 0) {
                    let shift = SIMD3(x, y, z)
                    coarse.append((contrast(shift, thinning), shift))
                }
            }
        }
        var best = (value: 0.0, shift: SIMD3<Int>.zero)
        for start in coarse.sorted(by: { $0.value > $1.value }).prefix(6) {
            var current = (value: contrast(start.shift, 1), shift: start.shift)
            for _ in 0..<16 {
                var next = current
                for n in 0..<27 where n != 13 {
                    let candidate = current.shift &+ SIMD3(n % 3 - 1, n / 3 % 3 - 1, n / 9 - 1)
                    let value = contrast(candidate, 1)
                    if value > next.value { next = (value, candidate) }
                }
                if next.shift == current.shift { break }
                current = next
            }
            if current.value > best.value { best = current }
        }
        return (best.value, best.shift)
    }

    /// Whether a move of at least two voxels fits convincingly better.
    public var isShifted: Bool {
        max(abs(shift.x), abs(shift.y), abs(shift.z)) >= 2 && bestShifted >= Self.convincing
            && bestShifted >= Self.betterBy * here && bestShifted >= bestMirrored
            && shiftedWeakest >= Self.goodContrast
    }

    /// Whether a mirrored label fits convincingly better.
    public var isMirrored: Bool {
        bestMirrored >= Self.convincing && bestMirrored >= Self.betterBy * here && bestMirrored > bestShifted
    }
}
