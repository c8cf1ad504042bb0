import Glibc
import RandomNumbers
import Volumes

/// One patient's heart through the beat, on a short-axis stack: slices across the left ventricle's long axis.
struct HeartAnatomy: Sendable {
    /// From the base to the apex: towards left, front and feet.
    private static let longAxis = normalized(SIMD3<Double>(-0.62, 0.58, -0.53))
    /// From the left ventricle to the right one: across the long axis, towards right and front.
    private static let septalAxis: SIMD3<Double> = {
        let towards = SIMD3<Double>(0.80, 0.58, 0.10)
        return normalized(towards - longAxis * (towards * longAxis).sum())
    }()

    private let cavity, wall, length: Float
    private let blood: Float
    /// The chest around the heart: its size and place, and the brightness of fat, lung and the heart's other chambers.
    private let chest: (radii: SIMD3<Float>, shift: SIMD3<Float>, fat: Float, lung: Float, atria: Float)
    private let endSystole: Double

    /// - Parameter endSystole: the frame of the smallest ventricle as a share of the beat; the largest is at 0.
    init(endSystole: Double, using generator: inout Philox) {
        cavity = Float(generator.uniform(in: 22...27))
        wall = Float(generator.uniform(in: 8...10.5))
        length = Float(generator.uniform(in: 72...86))
        blood = Float(generator.uniform(in: 620...760))
        self.endSystole = endSystole
        func number(_ range: ClosedRange<Double>) -> Float { Float(generator.uniform(in: range)) }
        chest = (
            [number(130...165), number(90...115), 500], [number(-10...30), number(-10...15), 0], number(380...620),
            number(50...120), number(240...360)
        )
    }

    /// A stack of slices across the long axis, turned within its plane by `angle`, its third axis from apex to base.
    static func grid(size: Int, slices: Int, spacing: Double, sliceStep: Double, angle: Double, center: SIMD3<Double>)
        throws(GeometryError) -> Grid
    {
        let third = cross(longAxis, septalAxis)
        let i = septalAxis * cos(angle) + third * sin(angle)
        // The third axis points from apex to base.
        let k = longAxis * -1
        let j = cross(k, i)
        let half = Double(size - 1) / 2 * spacing, depth = Double(slices - 1) / 2 * sliceStep
        return Grid(
            shape: try GridShape(size, size, slices),
            affine: try Affine(
                columnI: i * spacing, columnJ: j * spacing, columnK: k * sliceStep,
                origin: center - i * half - j * half - k * depth))
    }

    /// Paints one moment. Labels 1 cavity of the left ventricle, 2 myocardium, 3 cavity of the right ventricle.
    ///
    /// - Parameters:
    ///   - phase: the moment as a share of the beat, 0 at the end of diastole.
    ///   - center: of the left ventricle, mm.
    func paint(on canvas: inout PhantomCanvas, phase: Double, center: SIMD3<Double>) {
        // From 0 at end diastole to 1 at end systole and back, by two half waves of different length.
        let share = phase < endSystole ? phase / endSystole : 1 - (phase - endSystole) / (1 - endSystole)
        let squeeze = Float(0.5 - 0.5 * cos(.pi * share))
        let inner = cavity * (1 - 0.32 * squeeze), outer = inner + wall * (1 + 0.35 * squeeze)
        let long = length * (1 - 0.10 * squeeze)
        let origin = SIMD3<Float>(center), axis = SIMD3<Float>(Self.longAxis), septal = SIMD3<Float>(Self.septalAxis)
        let base = origin - axis * (long * 0.45), apex = origin + axis * (long * 0.55)
        func at(_ share: Float) -> SIMD3<Float> { base + (apex - base) * share }

        canvas.paint(.ellipsoid(chest.shift, chest.radii), intensity: chest.fat)
        canvas.paint(.ellipsoid(chest.shift, chest.radii - 18), intensity: chest.lung)
        canvas.paint(.ellipsoid([0, 20, -20] + origin * 0.3, [75, 62, 62]), intensity: chest.atria)
        canvas.paint(.tube([[10, -75, -300], [10, -75, 300]], radii: [19, 19]), intensity: 260)
        canvas.paint(.tube([[-18, -58, -300], [-18, -58, 300]], radii: [12, 12]), intensity: blood)
        // The right ventricle wraps around the septum; the left one's wall is painted over it.
        let right = PhantomShape([
            .tube([
                (at(0.02) + septal * (outer + 11), 21 - 5 * squeeze),
                (at(0.40) + septal * (outer + 8), 18 - 5 * squeeze),
                (at(0.75) + septal * (outer * 0.55 + 4), 10 - 3 * squeeze),
            ])
        ])
        canvas.paint(right, intensity: blood * 0.95, label: 3)
        canvas.paint(
            .tube([base, at(0.55), apex], radii: [outer, outer * 0.95, outer * 0.42]), intensity: 230, label: 2)
        canvas.paint(
            .tube([base, at(0.55), at(0.86)], radii: [inner, inner * 0.92, inner * 0.30]), intensity: blood, label: 1)
        // Two papillary muscles stay in the cavity's label, as experts draw it.
        let across = SIMD3<Float>(cross(Self.longAxis, Self.septalAxis))
        for side in [Float(-1), 1] {
            let start = at(0.30) + across * (side * inner * 0.62), end = at(0.62) + across * (side * inner * 0.55)
            canvas.paint(.tube([start, end], radii: [2.5, 3]), intensity: 250)
        }
    }
}

private func normalized(_ a: SIMD3<Double>) -> SIMD3<Double> { a / (a * a).sum().squareRoot() }
private func cross(_ a: SIMD3<Double>, _ b: SIMD3<Double>) -> SIMD3<Double> {
    SIMD3(a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x)
}
