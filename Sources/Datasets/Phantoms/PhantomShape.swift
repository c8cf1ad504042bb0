import Glibc

/// A body of simple geometry in world millimetres, known by the signed distance to its surface: negative inside. Distances
/// to ellipsoids are approximate, good near the surface.
struct PhantomShape: Sendable {
    enum Primitive: Sendable {
        case ellipsoid(center: SIMD3<Float>, radii: SIMD3<Float>)
        /// A chain of cone frustums with round ends through points with radii.
        case tube([(point: SIMD3<Float>, radius: Float)])
        /// An elliptic cylinder along the body's axis without end.
        case column(x: Float, y: Float, radiusX: Float, radiusY: Float)
        /// A round cylinder along the body's axis.
        case disc(center: SIMD3<Float>, radius: Float, halfHeight: Float)
        /// Tilted hoops around an elliptic cylinder, every `step` from `low` to `high`.
        case ribs(x: Float, y: Float, radiusX: Float, radiusY: Float, low: Float, high: Float, step: Float)
    }

    /// Their union is the shape.
    var primitives: [Primitive]

    init(_ primitives: [Primitive]) { self.primitives = primitives }

    static func ellipsoid(_ center: SIMD3<Float>, _ radii: SIMD3<Float>) -> PhantomShape {
        PhantomShape([.ellipsoid(center: center, radii: radii)])
    }

    static func tube(_ points: [SIMD3<Float>], radii: [Float]) -> PhantomShape {
        PhantomShape([.tube(zip(points, radii).map { ($0, $1) })])
    }

    func distance(_ p: SIMD3<Float>) -> Float {
        var least = Float.infinity
        for primitive in primitives { least = min(least, primitive.distance(p)) }
        return least
    }

    /// A box around the shape; `nil` when it has no end.
    var bounds: (low: SIMD3<Float>, high: SIMD3<Float>)? {
        var low = SIMD3<Float>(repeating: .infinity), high = SIMD3<Float>(repeating: -.infinity)
        for primitive in primitives {
            guard let (a, b) = primitive.bounds else { return nil }
            low = pointwiseMin(low, a)
            high = pointwiseMax(high, b)
        }
        return (low, high)
    }

    /// The shape with every part scaled about the origin and moved, and its thickness multiplied: one patient's version.
    func varied(scale: SIMD3<Float>, shift: SIMD3<Float>, thickness: Float) -> PhantomShape {
        PhantomShape(
            primitives.map { primitive in
                switch primitive {
                case .ellipsoid(let center, let radii):
                    .ellipsoid(center: center * scale + shift, radii: radii * scale * thickness)
                case .tube(let points):
                    .tube(points.map { ($0.point * scale + shift, $0.radius * thickness) })
                case .column(let x, let y, let radiusX, let radiusY):
                    .column(
                        x: x * scale.x + shift.x, y: y * scale.y + shift.y, radiusX: radiusX * scale.x * thickness,
                        radiusY: radiusY * scale.y * thickness)
                case .disc(let center, let radius, let halfHeight):
                    .disc(center: center * scale + shift, radius: radius * thickness, halfHeight: halfHeight * scale.z)
                case .ribs(let x, let y, let radiusX, let radiusY, let low, let high, let step):
                    .ribs(
                        x: x * scale.x + shift.x, y: y * scale.y + shift.y, radiusX: radiusX * scale.x,
                        radiusY: radiusY * scale.y,
                        low: low * scale.z, high: high * scale.z, step: step * scale.z)
                }
            })
    }
}

extension PhantomShape.Primitive {
    func distance(_ p: SIMD3<Float>) -> Float {
        switch self {
        case .ellipsoid(let center, let radii):
            let q = (p - center) / radii, g = q / radii
            let k0 = (q * q).sum().squareRoot(), k1 = (g * g).sum().squareRoot()
            return k1 > 0 ? k0 * (k0 - 1) / k1 : -radii.min()
        case .tube(let points):
            var least = Float.infinity
            for (a, b) in zip(points, points.dropFirst()) {
                let ab = b.point - a.point, ap = p - a.point
                let t = max(0, min(1, (ap * ab).sum() / max(1e-6, (ab * ab).sum())))
                let d = ap - ab * t
                least = min(least, (d * d).sum().squareRoot() - (a.radius + (b.radius - a.radius) * t))
            }
            return least
        case .column(let x, let y, let radiusX, let radiusY):
            let qx = (p.x - x) / radiusX, qy = (p.y - y) / radiusY
            return ((qx * qx + qy * qy).squareRoot() - 1) * min(radiusX, radiusY)
        case .disc(let center, let radius, let halfHeight):
            let q = p - center
            return max((q.x * q.x + q.y * q.y).squareRoot() - radius, abs(q.z) - halfHeight)
        case .ribs(let x, let y, let radiusX, let radiusY, let low, let high, let step):
            guard p.z > low - step, p.z < high + step else { return step }
            let qx = (p.x - x) / radiusX, qy = (p.y - y) / radiusY
            let wall = ((qx * qx + qy * qy).squareRoot() - 1) * min(radiusX, radiusY)
            // Ribs fall towards the front.
            let along = (p.z + 0.35 * (p.y - y) - low) / step
            let between = (along - along.rounded(.down) - 0.5) * step
            return (wall * wall + between * between).squareRoot() - 4.5
        }
    }

    var bounds: (low: SIMD3<Float>, high: SIMD3<Float>)? {
        switch self {
        case .ellipsoid(let center, let radii): return (center - radii, center + radii)
        case .tube(let points):
            var low = SIMD3<Float>(repeating: .infinity), high = SIMD3<Float>(repeating: -.infinity)
            for (point, radius) in points {
                low = pointwiseMin(low, point - radius)
                high = pointwiseMax(high, point + radius)
            }
            return (low, high)
        case .disc(let center, let radius, let halfHeight):
            let half = SIMD3(radius, radius, halfHeight)
            return (center - half, center + half)
        case .column, .ribs: return nil
        }
    }
}
