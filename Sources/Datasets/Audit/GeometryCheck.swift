import Glibc
import NIfTI
import Volumes

/// What a header's geometry says about itself, and about the header it should agree with.
enum GeometryCheck {
    /// The largest |cosine| between axes that counts as rounding.
    static let shearTolerance = 0.01

    /// Problems of one header alone.
    static func findings(of header: NIfTIHeader, file: String, make: (FindingCode, String, String) -> Finding)
        -> [Finding]
    {
        var found: [Finding] = []
        let affine = header.grid.affine
        if header.hasOtherUnits {
            found.append(make(.wrongUnits, "millimetres (xyzt_units 2)", "xyzt_units \(header.units)"))
        }
        if affine.shear > shearTolerance {
            found.append(
                make(.shearedAffine, "axes at right angles", "axes whose cosine is \(affine.shear.rounded(digits: 4))"))
        }
        if header.sformCode > 0, header.qformCode > 0, let sform = header.sformAffine, let qform = header.qformAffine {
            let distance = sform.largestDistance(to: qform, over: header.grid.shape)
            if distance > 0.5 * sform.spacing.components.min() {
                found.append(
                    make(
                        .formsDisagree, "sform and qform within half a voxel",
                        "corners up to \(distance.rounded(digits: 2)) mm apart"))
            }
        }
        let spacing = affine.spacing.components, extent = spacing * SIMD3<Double>(header.grid.shape.components)
        if spacing.min() < 0.01 || spacing.max() > 25 || extent.max() > 3000 {
            found.append(
                make(
                    .implausibleSpacing, "voxels of 0.01 to 25 mm and an extent below 3 m",
                    "voxels of \(spacing.inMillimetres) and an extent of \(extent.inMillimetres)"))
        }
        return found
    }

    /// How a label's header disagrees with its image's: at most one finding, the most basic difference.
    static func disagreement(
        image: Grid, label: Grid, make: (FindingCode, String, String) -> Finding
    ) -> Finding? {
        guard image.shape == label.shape else {
            return make(
                .shapeMismatch, "the image's \(image.shape.components.asSizes) voxels",
                "\(label.shape.components.asSizes)")
        }
        let a = image.affine, b = label.affine
        let ours = a.spacing.components, theirs = b.spacing.components
        if (0..<3).contains(where: { abs(ours[$0] - theirs[$0]) > 0.01 * ours[$0] }) {
            return make(.spacingMismatch, "the image's voxels of \(ours.inMillimetres)", "\(theirs.inMillimetres)")
        }
        let cosines = zip([a.columnI, a.columnJ, a.columnK], [b.columnI, b.columnJ, b.columnK]).map {
            dot($0, $1) / (length($0) * length($1))
        }
        if cosines.contains(where: { $0 < 0.9999 }) {
            return make(
                .orientationMismatch, "the image's axes \(a.orientation)",
                "\(b.orientation), up to \(degrees(cosines.min()!)) degrees off")
        }
        let distance = a.largestDistance(to: b, over: image.shape)
        guard distance > 0.1 * ours.min() else { return nil }
        let offset = b.origin - a.origin
        return make(
            .originMismatch, "the image's origin \(a.origin.asPlace) mm",
            "\(b.origin.asPlace) mm, off by \(offset.asPlace)")
    }

    private static func degrees(_ cosine: Double) -> Double {
        (acos(max(-1, min(1, cosine))) * 180 / .pi).rounded(digits: 1)
    }
}

extension Affine {
    /// The largest distance between the places that two affines give the corners of a grid, in mm.
    func largestDistance(to other: Affine, over shape: GridShape) -> Double {
        let last = SIMD3<Double>(shape.components &- 1)
        return (0..<8).map { corner in
            let voxel = SIMD3(corner & 1 == 0 ? 0 : last.x, corner & 2 == 0 ? 0 : last.y, corner & 4 == 0 ? 0 : last.z)
            return length(world(voxel) - other.world(voxel))
        }.max()!
    }

    /// Whether voxel indices are millimetres: unit steps along x, y, z from the origin.
    var isIdentity: Bool {
        let rows = rows, identity: [[Double]] = [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0]]
        return (0..<3).allSatisfy { r in (0..<4).allSatisfy { abs(rows[r][$0] - identity[r][$0]) < 1e-5 } }
    }
}

extension Double {
    /// Rounded to some digits after the point, for people to read.
    func rounded(digits: Int) -> Double {
        let scale = (0..<digits).reduce(1.0) { scale, _ in scale * 10 }
        return (self * scale).rounded() / scale
    }

    /// Three significant digits or so.
    var short: String {
        guard isFinite else { return "\(self)" }
        let value =
            abs(self) >= 100 || self == rounded()
            ? rounded() : rounded(digits: abs(self) >= 10 ? 1 : abs(self) >= 0.1 ? 2 : 4)
        return value == value.rounded() && abs(value) < 1e15 ? String(Int(value)) : String(value)
    }
}

extension SIMD3<Double> {
    var inMillimetres: String {
        "\(x.rounded(digits: 3).short) x \(y.rounded(digits: 3).short) x \(z.rounded(digits: 3).short) mm"
    }
    var asPlace: String { "(\(x.short), \(y.short), \(z.short))" }
}

extension SIMD3<Int> {
    var asSizes: String { "\(x) x \(y) x \(z)" }
    var asPlace: String { "(\(x), \(y), \(z))" }
}
